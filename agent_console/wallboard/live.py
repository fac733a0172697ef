"""Live boards: a change of the board becomes new HTML on every open page, rendered once per company and not per page.

The first change goes out at once; those that follow within TOGETHER_S go together, so that a storm of 20 calls a
second costs some sixteen messages. What was told is kept: a page is made of it, and a later message holds only what
differs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from aiohttp import web

from agent_console.console import Console
from agent_console.push import MORPH, NEXT
from agent_console.wallboard.today import ServiceLevel, Today, today
from agent_console.wallboard.wall import DOING, DOTS, Wall, wall
from agent_console.web.render import Templates
from gridline.companies import Company
from gridline.errors import Unavailable
from gridline.log import contained
from ivr.live.view import Changes

TOGETHER_S: Final = 0.05
"""At 20 calls a second: some 16 messages a second to each page; a change waits 25 ms for the next one on the mean."""
TODAY_S: Final = 5.0
"""How often the stored figures are counted anew while somebody looks at them."""
WALLBOARD: Final = "wallboard"
QUEUE: Final = "queue"
TEMPLATE: Final = "wallboard.html"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """What the pages of a company show."""

    wall: Wall = field(default_factory=Wall)
    today: Today | None = None
    """None while the database is away."""


class Live:
    """One for the process; `running` must be entered for anything to be told."""

    def __init__(self, console: Console, templates: Templates) -> None:
        self._console = console
        self._templates = templates
        self._told: dict[str, Told] = {company.id: Told() for company in console.companies}
        self._today: dict[str, Today | None] = {}
        self._news = asyncio.Event()
        self.rule = ServiceLevel.of(console.settings)

    def changed(self, changes: Changes) -> None:
        """The board has changed; returns at once."""
        if changes.queues or changes.agents:
            self._news.set()

    def shift_changed(self) -> None:
        """Somebody's shift has changed; returns at once."""
        self._news.set()

    async def look(self, company: Company) -> Told:
        """What a page of this company shows from now on; whoever has one open is shown the same."""
        await self._count(company)
        self.tell(company)
        return self._told[company.id]

    def context(self, company: Company) -> dict[str, Any]:
        """What every block of the template needs besides what it shows."""
        return {"company": company, "zone": company.zone, "rule": self.rule, "DOING": DOING, "dots": DOTS}

    async def running(self, _app: web.Application) -> AsyncIterator[None]:
        """Tell changes while the application runs."""
        jobs = [asyncio.create_task(self._run()), asyncio.create_task(self._run_today())]
        yield
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            for company in self._console.companies:
                with contained("live", "live-update-failed", company=company.id):
                    self.tell(company)
            await asyncio.sleep(TOGETHER_S)

    async def _run_today(self) -> None:
        while True:
            await asyncio.sleep(TODAY_S)
            for company in self._console.companies:
                if self._console.push.listening(f"{WALLBOARD}:{company.id}"):
                    with contained("today", "today-not-counted", company=company.id):
                        await self._count(company)
                    self._news.set()

    async def _count(self, company: Company) -> None:
        try:
            self._today[company.id] = await today(self._console, company)
        except Unavailable as error:
            self._today[company.id] = None
            log.warning("today-not-counted", company=company.id, reason=error.message)

    def tell(self, company: Company) -> None:
        """Publish what differs from what was told last, in one message a topic.

        Called before a page is made of the board as well: what it shows was then told, and what is told next is news.
        """
        console, before = self._console, self._told[company.id]
        now = Told(
            wall(company, console.board, console.desk.shifts(), before.wall, console.clock.now()),
            self._today.get(company.id),
        )
        self._told[company.id] = now
        html = NEXT.join(
            self._templates.part(TEMPLATE, block, **self.context(company), **context)
            for block, context in _differences(before, now)
        )
        if html:
            console.push.publish(f"{WALLBOARD}:{company.id}", MORPH, html)
        known = {one.queue: one for one in before.wall.queues}
        for one in now.wall.queues:
            if one != known.get(one.queue):
                part = self._templates.part("parts/queue_cells.html", "cells", queue=one.queue, state=one.live)
                console.push.publish(f"{QUEUE}:{one.queue}", MORPH, part)


LIVE: web.AppKey[Live] = web.AppKey("live")


def _differences(before: Told, now: Told) -> Iterator[tuple[str, dict[str, object]]]:
    """The blocks of the template to be rendered anew, each with what it is made of."""
    old, new = before.wall, now.wall
    if (old.danger, old.danger_since) != (new.danger, new.danger_since):
        yield "danger", {"wall": new}
    if (old.waiting, old.longest_since) != (new.waiting, new.longest_since):
        yield "waiting", {"wall": new}
    last, today = before.today, now.today
    for block, was, shown in (
        ("figures", last and (last.recent, last.whole), today and (today.recent, today.whole)),
        ("points", last and last.half_hours, today and today.half_hours),
        ("promises", last and last.owed, today and today.owed),
        ("feeds", last and last.feeds, today and today.feeds),
    ):
        if was != shown:
            yield block, {"today": today}
    queues = {one.queue: one for one in old.queues}
    for queue in new.queues:
        name = queue.queue
        if queue != queues.get(name) or (last and last.queues.get(name)) != (today and today.queues.get(name)):
            yield "queue", {"row": queue, "today": today}
    if old.states != new.states:
        yield "states", {"wall": new}
    if [one.agent for one in old.agents] != [one.agent for one in new.agents]:
        yield "agents", {"wall": new}
        return
    for agent, known in zip(new.agents, old.agents, strict=True):
        if agent != known:
            yield "agent", {"one": agent}
