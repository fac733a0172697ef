"""What `/storm` shows of a company, and its live updates: at once when something is switched, or every few seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from aiohttp import web

from agent_console.console import CONSOLE, Console
from agent_console.people import people
from agent_console.push import MORPH, NEXT
from agent_console.web.render import TEMPLATES
from gridline.clock import happens
from gridline.companies import Company
from gridline.log import contained
from gridline.scope import Scope
from ivr.live.view import LiveQueue
from ivr.storm import announcements, events, pictures
from ivr.storm.mode import BY_RATE, StormMode
from ivr.storm.models import Announcement, StormEvent
from ivr.storm.pictures import SLICE, StormPicture

STORM: Final = "storm"
LOOKED_BACK: Final = timedelta(hours=3)
REMEMBERED: Final = timedelta(days=7)
"""How far back switches and announcements are listed."""
COUNT_S: Final = 5.0
BLOCKS: Final = ("mode", "figures", "points", "announced", "events")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StormLine:
    """The mode of the company or of one of its branches."""

    branch: str
    name: str
    mode: StormMode
    rate: float
    limit: float


@dataclass(frozen=True, slots=True)
class StormBoard:
    """Everything the page shows that changes by itself."""

    lines: tuple[StormLine, ...]
    """The whole company first, then those branches of it that have calls or a mode of their own."""
    hotline: LiveQueue | None
    picture: StormPicture
    announced: Sequence[Announcement]
    events: Sequence[StormEvent]
    names: Mapping[str, str]

    @property
    def points(self) -> list[tuple[int, float, float, int | None]]:
        """Calls a minute by people and by the line, and the share of the line, as the chart's script reads them."""
        minutes = SLICE.total_seconds() / 60
        return [
            (one.at, round((one.calls - one.to_people) / minutes, 1), round(one.to_people / minutes, 1), share)
            for one in self.picture.slices
            for share in [one.by_the_line_share]
        ]

    @property
    def danger_points(self) -> list[tuple[int, float, int, None]]:
        """The longest wait of danger in each slice, in seconds."""
        return [(one.at, round(one.danger_wait_s or 0, 1), 0, None) for one in self.picture.slices]

    def spelled(self, actor: str) -> str:
        """Who: a person's name, or what decided by itself."""
        return "по числу звонков" if actor == BY_RATE else people.spelled(actor, self.names)


async def storm_board(console: Console, company: Company, visible_to: Scope) -> StormBoard:
    """The board now. Raises Unavailable while the database is away."""
    now = console.clock.now()
    async with console.db.read() as session:
        told = await announcements.of_company(session, company.id, now - REMEMBERED, visible_to=visible_to, most=20)
        switched = await events.of_company(session, company.id, now - REMEMBERED, visible_to=visible_to, most=30)
        picture = await pictures.picture(session, company.id, now - LOOKED_BACK, now, visible_to=visible_to)
        actors = {one.actor for one in switched} | {by for one in told for by in (one.made_by, one.withdrawn_by)}
        names = await people.names(session, sorted(actors - {BY_RATE, ""}))
    return StormBoard(
        tuple(_lines(console, company, visible_to)),
        console.board.queue(company.hotline),
        picture,
        told,
        switched,
        names,
    )


def _lines(console: Console, company: Company, visible_to: Scope) -> Sequence[StormLine]:
    storm = console.storm
    own = [branch for branch in company.branches if visible_to.holds(company.id, branch.id)]
    scopes = [("", "Вся компания"), *((branch.id, branch.name) for branch in own)]
    lines = [
        StormLine(id, name, storm.own_mode(company.id, id), storm.rate(company.id, id), storm.limit(company.id, id))
        for id, name in scopes
    ]
    return [one for one in lines if not one.branch or one.mode.on or one.rate or one.mode.stands_until is not None]


def context(console: Console, company: Company, board: StormBoard) -> dict[str, Any]:
    """What every block of the template needs."""
    return {"company": company, "zone": company.zone, "board": board, "is_over": _is_over, "BY_RATE": BY_RATE}


def _is_over(one: Announcement, now: datetime) -> bool:
    return one.withdrawn_at is not None or one.ends_at <= now


def topic(company_id: str, branch: str) -> str:
    """The topic of those who see this branch (or all of them)."""
    return f"{STORM}:{company_id}/{branch}"


async def running(app: web.Application) -> AsyncIterator[None]:
    """Tell changes while the application runs."""
    console, news = app[CONSOLE], asyncio.Event()
    for teller in (console.storm, console.announcer):
        teller.listeners.append(lambda _company: news.set())

    async def run() -> None:
        while True:
            await happens(news, within_s=COUNT_S)
            news.clear()
            for company in console.companies:
                for branch in ("", *(branch.id for branch in company.branches)):
                    await _tell(app, company, branch)

    task = asyncio.create_task(run())
    yield
    task.cancel()


async def _tell(app: web.Application, company: Company, branch: str) -> None:
    console, name = app[CONSOLE], topic(company.id, branch)
    if not console.push.listening(name):
        return
    with contained("storm", "storm-not-shown", company=company.id):
        board = await storm_board(console, company, Scope(company.id, branch))
        told = context(console, company, board)
        html = NEXT.join(app[TEMPLATES].part("storm.html", block, **told) for block in BLOCKS)
        console.push.publish(name, MORPH, html)
