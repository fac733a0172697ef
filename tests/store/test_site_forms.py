"""What all processes know of the site's forms: each taken once, a sender's count, and how it is forgotten."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from sqlalchemy import func, select

from agent_console.web.public.limits import HOUR, RateLimit, TooOften
from agent_console.web.public.models import FormCount, SiteForm
from agent_console.web.public.seals import MOST
from agent_console.web.public.sendings import Sendings, forget_old
from gridline.clock import SetClock
from gridline.db import Database

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


async def how_many(db: Database) -> tuple[int, int]:
    """Counts and forms that are stored."""
    async with db.read() as session:
        counted = [await session.scalar(select(func.count()).select_from(one)) for one in (FormCount, SiteForm)]
    return counted[0] or 0, counted[1] or 0


async def test_a_limit_ends_and_what_is_too_old_is_forgotten(db: Database) -> None:
    clock = SetClock(NOW)
    limit = RateLimit("report", 2, "secret", clock)

    async def admitted(key: str) -> bool:
        async with db.write() as session:
            return await limit.admits(session, key)

    assert [await admitted(key) for key in "aaab"] == [True, True, False, True]
    assert [limit.passes("c") for _ in range(3)] == [True, True, False]
    clock.advance(HOUR)
    assert [await admitted(key) for key in "aaa"] == [True, True, False]
    await Sendings("report", limit, db, clock).count("f" * 32, "c")
    await forget_old(db, clock.now())
    assert await how_many(db) == (2, 1)
    clock.advance(MOST + HOUR)
    await forget_old(db, clock.now())
    assert await how_many(db) == (0, 0)


async def test_a_burst_in_two_processes_is_counted_as_one(db: Database) -> None:
    clock = SetClock(NOW)
    both = [Sendings("appeal", RateLimit("appeal", 5, "secret", clock), db, clock) for _ in range(2)]
    sent = [(f"{number // 2:032}", both[number % 2]) for number in range(40)]  # each form to both
    answers = await asyncio.gather(*(to.count(key, "192.0.2.1") for key, to in sent), return_exceptions=True)
    assert {type(one) for one in answers} == {type(None), TooOften}
    assert await how_many(db) == (1, 5)
    async with db.read() as session:
        assert await session.scalar(select(FormCount.count)) == 5
