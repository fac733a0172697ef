"""The live worklist: a change becomes new HTML once per audience, and not once per page (as `wallboard.live` does).

What was told last is kept per audience and the next message holds what differs. Other processes change items too: each
list that somebody looks at is read again with the news of it (`gridline.processes.news`), and every few seconds.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any, Final

import structlog
from aiohttp import web

from agent_console.console import Console
from agent_console.people.permissions import GRANTED, Actor, Permission
from agent_console.push import MORPH, NEXT
from agent_console.web.render import Templates
from agent_console.worklist.audience import Audience
from agent_console.worklist.bell import Bell
from agent_console.worklist.rows import MOST, WorkRow, open_rows
from gridline.clock import happens
from gridline.log import contained
from worklist.codes import ENDING_TITLES, KIND_TITLES, ItemKind
from worklist.worklist import Changed

TOGETHER_S: Final = 0.1
"""The first change goes out at once, those within this time go together: a storm is ten messages a second."""
AGAIN_S: Final = 5.0
TEMPLATE: Final = "work.html"
BASE: Final = "base.html"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WorkShown:
    """What the pages of an audience show."""

    rows: tuple[WorkRow, ...] = ()

    def bell(self, audience: Audience) -> Bell:
        """What rings on their other pages."""
        return Bell(
            audience.topic,
            tuple(row for row in self.rows if row.rings),
            sum(row.late for row in self.rows),
            ItemKind.DANGER in audience.kinds,
        )

    def counts(self) -> dict[ItemKind, int]:
        """How many of each kind there are."""
        found: dict[ItemKind, int] = {}
        for row in self.rows:
            found[row.kind] = found.get(row.kind, 0) + 1
        return found


class WorkLive:
    """One for the process; `running` must be entered for anything to be told."""

    def __init__(self, console: Console, templates: Templates) -> None:
        self._console = console
        self._templates = templates
        self._told: dict[Audience, WorkShown] = {}
        self._news = asyncio.Event()
        self._turn = asyncio.Lock()
        """What was read first is told first."""

    def changed(self, _changed: Changed) -> None:
        """An item has changed; returns at once."""
        self._news.set()

    def bell(self, actor: Actor) -> Bell | None:
        """What rings for this person as far as it is known; what has changed since is told to their page at once."""
        if actor.company_id is None or not actor.may(Permission.WORK_READ):
            return None
        audience = Audience.of(actor, actor.company_id)
        if audience not in self._told or not self._console.push.listening(audience.topic):
            self._news.set()
        return self._told.setdefault(audience, WorkShown()).bell(audience)

    async def look(self, audience: Audience) -> WorkShown:
        """What a page of this audience shows from now on; whoever has one open is shown the same."""
        await self._tell(audience)
        return self._told[audience]

    def context(self, audience: Audience) -> dict[str, Any]:
        """What every block of the template needs besides what it shows."""
        company = self._console.companies.by_id(audience.company_id)
        branches = {one.id: one.name for one in company.branches} if not audience.branch else {}
        return {
            "of_company": company,
            "zone": company.zone,
            "branches": branches,
            "kinds": audience.kinds,
            "kind_titles": KIND_TITLES,
            "ending_titles": ENDING_TITLES,
            "most": MOST,
            "ended": False,
            "calls_back": Permission.DESK_WORK in GRANTED[audience.role],
        }

    async def running(self, _app: web.Application) -> AsyncIterator[None]:
        """Tell changes while the application runs."""
        self._console.worklist.listeners.append(self.changed)
        job = asyncio.create_task(self._run())
        yield
        self._console.worklist.listeners.remove(self.changed)
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await happens(self._news, within_s=AGAIN_S)
            self._news.clear()
            for audience in list(self._told):
                # Nobody is there: what is told later is told as a difference from what was told last.
                if self._console.push.listening(audience.topic):
                    with contained("worklist-live", "worklist-not-told", company=audience.company_id):
                        await self._tell(audience)
            await asyncio.sleep(TOGETHER_S)

    async def _tell(self, audience: Audience) -> None:
        async with self._turn:
            async with self._console.db.read() as session:
                now = WorkShown(await open_rows(session, audience))
            before = self._told.get(audience, WorkShown())
            self._told[audience] = now
            self._publish(audience, before, now)

    def _publish(self, audience: Audience, before: WorkShown, now: WorkShown) -> None:
        html = NEXT.join(
            self._templates.part(template, block, **self.context(audience), **context)
            for template, block, context in _differences(before, now, audience)
        )
        if html:
            self._console.push.publish(audience.topic, MORPH, html)
        old = {row.id: row for row in before.rows}
        fresh = {row.id: row for row in now.rows}
        if changed := [id for id in old | fresh if old.get(id) != fresh.get(id)]:
            self._console.push.publish(audience.topic, "work", json.dumps({"items": changed}))


WORK: web.AppKey[WorkLive] = web.AppKey("work")


def _differences(before: WorkShown, now: WorkShown, audience: Audience) -> Iterator[tuple[str, str, dict[str, object]]]:
    """The blocks to be rendered anew: template, block, and what it is made of."""
    if before.bell(audience) != now.bell(audience):
        yield BASE, "work_bell", {"bell": now.bell(audience)}
    if before.counts() != now.counts():
        yield TEMPLATE, "counts", {"counts": now.counts()}
    if [row.id for row in before.rows] != [row.id for row in now.rows]:
        yield TEMPLATE, "rows", {"rows": now.rows}
        return
    for row, known in zip(now.rows, before.rows, strict=True):
        if row != known:
            yield TEMPLATE, "row", {"row": row}
