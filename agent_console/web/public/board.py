"""The public board of outages: read from the store every few seconds, rendered when it changed, served from memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import structlog
from aiohttp import web

from agent_console.console import Console
from agent_console.web.public.answers import ReadyAnswer
from agent_console.web.public.calendar import calendar
from agent_console.web.render import Templates
from grid import feeds, places
from grid.outages import published
from grid.outages.published import PublicOutage
from grid.places import districts
from gridline.clock import happens
from gridline.companies import Company
from gridline.errors import Unavailable
from gridline.log import contained

LOOK_EVERY_S: Final = 3.0
ANEW: Final = timedelta(minutes=5)
"""Names of places change by imports, which no outage tells of."""
SILENT: Final = timedelta(minutes=2)
"""A store that could not be read for so long is told as old."""
HTML, JSON, ICS = "text/html; charset=utf-8", "application/json", "text/calendar; charset=utf-8"

log = structlog.get_logger(__name__)


@dataclass
class Shown:
    """What a company's readers are shown, and every answer made of it so far."""

    outages: Sequence[PublicOutage]
    changed_at: datetime
    silent_since: datetime | None
    """Since when what is known is not renewed; None while it is."""
    known: tuple[Any, ...] = ()
    """What it was made of: the same again changes nothing."""
    answers: dict[tuple[str, tuple[str, ...] | None], ReadyAnswer] = field(default_factory=dict)
    """By media type and keys of settlements (None for all): one for every name without an outage fills no memory."""

    def __post_init__(self) -> None:
        self.settlements = {place.key: place.settlement for one in self.outages for place in one.places}
        self._names = {name: {key} for key, name in self.settlements.items()}
        self._meant: dict[str, set[str]] = {}
        for key, name in self.settlements.items():
            here = districts.apart(name)[0]
            for written in {key, places.key(here), places.bare(here)} - {""}:
                self._meant.setdefault(written, set()).add(key)

    def meant(self, written: str) -> tuple[str, ...]:
        """The keys of the settlements with outages that go by this name; without kind or district it may be several."""
        return tuple(sorted(self._names.get(written) or self._meant.get(_key(written)) or ()))

    def names(self, keys: Sequence[str]) -> list[str]:
        """These settlements as they are written."""
        return sorted(self.settlements[key] for key in keys)

    def common(self, keys: Sequence[str]) -> str:
        """The name by which exactly these settlements are found again; empty for none."""
        names = self.names(keys)
        here = sorted({districts.apart(name)[0] for name in names})
        return names[0] if len(names) == 1 else here[0] if len(here) == 1 else places.bare(here[0]) if here else ""


class PublicBoard:
    """One for the process; `running` must be entered for anything to be shown."""

    def __init__(self, console: Console, templates: Templates) -> None:
        self._console = console
        self._templates = templates
        self._shown: dict[str, Shown] = {}
        self._read_at: dict[str, datetime] = {}
        self._news = asyncio.Event()
        self.front = ReadyAnswer.of(
            self._page("public/companies.html", company=None, companies=list(console.companies)), HTML
        )
        console.outage_desk.listeners.append(lambda _company_id: self._news.set())

    async def running(self, _app: web.Application) -> AsyncIterator[None]:
        """Keep what is shown up to date while the application runs."""
        task = asyncio.create_task(self._run())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def answer(self, company: Company, kind: str, place: str = "") -> ReadyAnswer:
        """The company's outages as HTML, JSON or iCalendar; where a `place` is written, of what goes by that name.

        Raises Unavailable before the store was read for the first time.
        """
        shown = self._shown.get(company.id)
        if shown is None:
            raise Unavailable("Сведения об отключениях ещё не прочитаны. Обновите страницу через минуту.")
        keys = shown.meant(place.strip()) if place.strip() else None
        made = shown.answers.get((kind, keys))
        if made is None:
            made = shown.answers[kind, keys] = self._made(company, shown, kind, keys)
        return made

    async def look(self, company: Company) -> None:
        """Read the store once, and make what is shown anew where it differs. Raises Unavailable."""
        console, now = self._console, self._console.clock.now()
        before = self._shown.get(company.id)
        async with console.db.read() as session:
            found = await published.current(session, company.id, now)
            silent = await feeds.age(session, company, now)
            since = None if silent is None else now - silent
            known = (*((id, one.version, state) for id, (one, state) in found.items()), since)
            self._read_at[company.id] = now
            if before is not None and before.known == known and now - before.changed_at < ANEW:
                return
            outages = await published.told(session, company.id, found)
        self._show(company, Shown(outages, now, since, known))

    def _show(self, company: Company, shown: Shown) -> None:
        before = self._shown.get(company.id)
        if before is not None and (before.outages, before.silent_since) == (shown.outages, shown.silent_since):
            before.known = shown.known
            return
        self._shown[company.id] = shown

    async def _run(self) -> None:
        while True:
            self._news.clear()
            for company in self._console.companies:
                with contained("public", "public-board-failed", company=company.id):
                    try:
                        await self.look(company)
                    except Unavailable:
                        self._silent(company)
            await happens(self._news, within_s=LOOK_EVERY_S)

    def _silent(self, company: Company) -> None:
        """The store is away: what was read last is shown, and from some minute on as old."""
        shown, read_at = self._shown.get(company.id), self._read_at.get(company.id)
        if shown is None or read_at is None or shown.silent_since is not None:
            return
        if self._console.clock.now() - read_at > SILENT:
            self._show(company, Shown(shown.outages, shown.changed_at, read_at))

    def _made(self, company: Company, shown: Shown, kind: str, keys: tuple[str, ...] | None) -> ReadyAnswer:
        outages = [one for one in shown.outages if keys is None or any(at.key in keys for at in one.places)]
        if kind == JSON:
            return ReadyAnswer.of(_json(company, outages, shown), JSON)
        if kind == ICS:
            return ReadyAnswer.of(calendar(company, outages, shown.changed_at, "gridline"), ICS)
        context = {"company": company, "shown": shown, "outages": outages, "keys": keys}
        return ReadyAnswer.of(self._page("public/outages.html", **context, zone=company.zone), HTML)

    def _page(self, template: str, **context: Any) -> bytes:
        return self._templates.page(template, context).encode()


@lru_cache(maxsize=4096)
def _key(name: str) -> str:
    """The settlement's key; for a name without a letter an empty one, which nothing has."""
    return places.key(name)


def _json(company: Company, outages: Sequence[PublicOutage], shown: Shown) -> bytes:
    told = {
        "company": {"id": company.id, "name": company.name, "time_zone": company.time_zone},
        "changed_at": shown.changed_at.isoformat(),
        "silent_since": shown.silent_since.isoformat() if shown.silent_since else None,
        "outages": [
            {
                "number": one.number,
                "service": one.service,
                "planned": one.planned,
                "state": one.state,
                "cause": one.cause or None,
                "starts_at": one.starts_at.isoformat(),
                "expected_end": one.expected_end.isoformat() if one.expected_end else None,
                "places": [
                    {"settlement": at.settlement, "street": at.street or None, "houses": at.houses or None}
                    for at in one.places
                ],
            }
            for one in outages
        ],
    }
    return json.dumps(told, ensure_ascii=False).encode()


BOARD: web.AppKey[PublicBoard] = web.AppKey("public_board")
