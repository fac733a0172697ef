"""How long the pages of judging take over many talks and reviews, and how long their report holds the event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls import recordings
from bench.recordings.past import AGENTS, ENDS, REVIEWERS, id_of
from bench.recordings.timing import Ask, TimedAsk, timed, told
from gridline.calendar import days
from gridline.companies import Company
from gridline.db import Database
from gridline.scope import Scope
from ivr.figures import surveys
from ivr.figures.surveys import SurveyedBy
from quality.reviews import calibrations, candidates, figures, report, seen
from quality.reviews.figures import JudgedBy, JudgedPeriod
from quality.reviews.report import JudgedView

MOST: Final = 25
PERIODS: Final = {"4_weeks": 28, "year": 366}
LOOK_S: Final = 0.002


async def measured(db: Database, company: Company, rows: int) -> dict[str, Any]:
    """Of each kind of question the 95th of a hundred (ms), and the milliseconds that a year's report held the loop."""
    found: dict[str, Any] = {}
    for name, questions in _kinds(company, rows):
        asked = [await timed(db, what, ask) for what, ask in questions]
        _proved(name, asked)
        found |= {key: value for key, value in told(name, asked).items() if key.endswith("_ms")}
    found["report_holds_loop_ms"] = round(await _held_ms(db, company), 1)
    return found


def _proved(name: str, asked: list[TimedAsk]) -> None:
    if not any(one.found for one in asked):
        raise AssertionError(f"{name}: nothing was found, so nothing was measured")


def _kinds(company: Company, rows: int) -> Iterator[tuple[str, list[tuple[str, Ask]]]]:
    scopes = (Scope(company.id), Scope(company.id, "kemerovo"))
    yield (
        "review_queue",
        [(f"{scope}", _queue(company, reviewer, scope)) for scope in scopes for reviewer in REVIEWERS[:3]],
    )
    yield "reviewers_day", [(reviewer, _day(reviewer, scopes[0])) for reviewer in REVIEWERS]
    yield "own_reviews", [(agent, _own(agent)) for agent in AGENTS[::10]]
    yield "reviews_listed", [(agent, _listed(company, agent, scopes[0])) for agent in ("", *AGENTS[::10])]
    yield "recording_found", [(f"{at}", _recording(at, scopes[0])) for at in range(1, rows, max(1, rows // 50))]
    for period, length in PERIODS.items():
        yield f"trends_{period}", [(f"{by}", _trend(company, length, by, scopes[0])) for by in JudgedBy]
        yield f"weak_points_{period}", [(f"{scope}", _weak(company, length, scope)) for scope in scopes]
        yield f"surveys_{period}", [(f"{by}", _surveys(company, length, by, scopes[0])) for by in SurveyedBy]


def _queue(company: Company, reviewer: str, scope: Scope) -> Ask:
    """As the page asks."""

    async def ask(session: AsyncSession) -> int:
        risky = await candidates.risky(session, company.id, ENDS, visible_to=scope, most=MOST)
        await calibrations.waiting(session, company.id, reviewer, ENDS, visible_to=scope, most=MOST)
        return len(risky) + len(await candidates.by_lot(session, company.id, ENDS, visible_to=scope, most=MOST))

    return ask


def _day(reviewer: str, scope: Scope) -> Ask:
    async def ask(session: AsyncSession) -> int:
        mine = await seen.in_hands(session, reviewer, visible_to=scope)
        return len(mine) + len(await seen.finished_by(session, reviewer, ENDS - timedelta(hours=12), visible_to=scope))

    return ask


def _own(agent: str) -> Ask:
    async def ask(session: AsyncSession) -> int:
        return len(await seen.own(session, id_of("agent", int(agent)), most=50))

    return ask


def _listed(company: Company, agent: str, scope: Scope) -> Ask:
    async def ask(session: AsyncSession) -> int:
        since = ENDS - timedelta(days=28)
        return len(await seen.finished(session, company.id, since, ENDS, visible_to=scope, agent=agent, most=200))

    return ask


def _recording(at: int, scope: Scope) -> Ask:
    async def ask(session: AsyncSession) -> int:
        found = await recordings.find_playable(session, id_of("recording", at // 1000 * 1000), visible_to=scope)
        return len(await recordings.of_call(session, found.call_id))

    return ask


def period_of(company: Company, length: int) -> JudgedPeriod:
    """The last so many days."""
    since, until = days.last(length, days.day_of(ENDS, company.zone))
    return JudgedPeriod(since, until, company.zone)


def _trend(company: Company, length: int, by: JudgedBy, scope: Scope) -> Ask:
    async def ask(session: AsyncSession) -> int:
        return len(await figures.trend(session, company.id, period_of(company, length), by, visible_to=scope))

    return ask


def _weak(company: Company, length: int, scope: Scope) -> Ask:
    async def ask(session: AsyncSession) -> int:
        return len(await figures.weak_points(session, company.id, period_of(company, length), visible_to=scope)) + 1

    return ask


def _surveys(company: Company, length: int, by: SurveyedBy, scope: Scope) -> Ask:
    async def ask(session: AsyncSession) -> int:
        period = period_of(company, length)
        return len(await surveys.means(session, company.id, period.begins, period.ends, by, visible_to=scope))

    return ask


async def _held_ms(db: Database, company: Company) -> float:
    """The longest time the loop did not turn while a year's reports were made and written as files."""
    period, scope = period_of(company, PERIODS["year"]), Scope(company.id)
    async with _watched() as longest:
        for by in (JudgedBy.AGENT, JudgedBy.POINT):
            async with db.read() as session:
                rows = await figures.trend(session, company.id, period, by, visible_to=scope)
            table = report.trend_table(JudgedView(by), rows, {}, {}, period, company.name)
            for kind in ("xlsx", "csv"):
                await report.as_file(table, f"quality.{kind}")
        async with db.read() as session:
            await figures.weak_points(session, company.id, period, visible_to=scope)
    return max(longest)


@asynccontextmanager
async def _watched() -> AsyncIterator[list[float]]:
    """Milliseconds between the turns of the event loop, one long one after another, beyond what was asked for."""
    longest = [0.0]

    async def look() -> None:
        while True:
            begins = time.perf_counter()
            await asyncio.sleep(LOOK_S)
            longest[0] = max(longest[0], (time.perf_counter() - begins - LOOK_S) * 1000)

    looking = asyncio.create_task(look())
    try:
        yield longest
    finally:
        looking.cancel()
        await asyncio.wait([looking])
