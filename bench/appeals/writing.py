"""Registrations per second, against a bare INSERT of the same row and a table numbered by a plain sequence."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import Column, Identity, Integer, MetaData, Table, insert

from appeals.deadlines.deadlines import for_intake
from appeals.deadlines.rules import shipped
from appeals.intake.entry import Registration, rows
from appeals.models import Appeal, Counter
from appeals.register import Register
from bench.appeals.past import made_intake
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SystemClock
from gridline.companies import Companies, Company
from gridline.db import Database, new_id
from gridline.errors import Unavailable

WRITERS = (1, 8, 50)
ROUNDS = 5
Write = Callable[[], Awaitable[object]]


async def rates(db: Database, companies: Companies, company: Company, seconds: float) -> dict[str, dict[str, float]]:
    """Per number of writers: `bare`, `sequence` and `register` in rows per second, and `ratio` (register to bare).

    Each write is a transaction of its own through the same sessions: what differs is the register.
    """
    calendar, chance = ProductionCalendar(), random.Random(1)
    register = Register(db, SystemClock(), companies, calendar)
    row = _one_row(company, calendar, chance)
    bare, numbered = await _plain_tables(db)
    intakes = [made_intake(chance, company.id) for _ in range(1_000)]

    async def insert_bare() -> None:
        async with db.write() as session:
            await session.execute(insert(bare), [row | {"id": new_id()}])

    async def insert_numbered() -> None:
        async with db.write() as session:
            await session.execute(insert(numbered).returning(numbered.c.serial), row | {"id": new_id()})

    async def register_one() -> None:
        await register.register(chance.choice(intakes))

    writes: dict[str, Write] = {"bare": insert_bare, "sequence": insert_numbered, "register": register_one}
    return {str(writers): await _compared(writes, writers, seconds) for writers in WRITERS}


async def _compared(writes: dict[str, Write], writers: int, seconds: float) -> dict[str, float]:
    """Medians over ROUNDS short rounds, each measuring all three: a machine's hiccup hits them alike."""
    rounds = [
        {name: await _rate(write, writers, seconds / ROUNDS) for name, write in writes.items()} for _ in range(ROUNDS)
    ]
    found = {name: round(statistics.median(each[name] for each in rounds), 1) for name in writes}
    ratio = statistics.median(each["register"] / each["bare"] for each in rounds)
    return found | {"ratio": round(ratio, 3)}


async def _rate(write: Write, writers: int, seconds: float) -> float:
    await asyncio.gather(*(_done(write) for _ in range(writers)))  # connections and caches are warm
    done = 0
    begins = time.monotonic()

    async def writer() -> None:
        nonlocal done
        while time.monotonic() - begins < seconds:
            stored = await _done(write)  # `done += await …` would read `done` before the others add to it
            done += stored

    await asyncio.gather(*(writer() for _ in range(writers)))
    return done / (time.monotonic() - begins)


async def _done(write: Write) -> bool:
    """Whether it was stored: on a busy machine the last of 50 writers waits for their turn longer than anybody may."""
    try:
        await write()
    except Unavailable:
        return False
    return True


def _one_row(company: Company, calendar: ProductionCalendar, chance: random.Random) -> dict[str, Any]:
    intake, at = made_intake(chance, company.id), SystemClock().now()
    deadline = for_intake(
        company=company, channel=intake.channel, kind=intake.kind, received_at=at, calendar=calendar, rules=shipped()
    )
    counter = Counter(company_id=company.id, year=at.year, last_sequence=0, journal_no=0, journal_hash="")
    return rows(Registration(intake, company, deadline, at, None, new_id(), new_id()), counter, at).appeal


async def _plain_tables(db: Database) -> tuple[Table, Table]:
    """The appeal's columns with a primary key and nothing else; the second one with a sequence of the database."""
    made = MetaData()
    columns = [(column.name, column.type, column.nullable) for column in Appeal.__table__.columns]

    def copied(*, key: str) -> list[Column[Any]]:
        return [Column(name, kind, primary_key=name == key, nullable=empty) for name, kind, empty in columns]

    bare = Table("bench_bare", made, *copied(key="id"))
    serial = Column("serial", Integer, Identity(), primary_key=True)
    numbered = Table("bench_numbered", made, serial, *copied(key=""), sqlite_autoincrement=True)
    async with db.engine.begin() as connection:
        await connection.run_sync(made.create_all)
    return bare, numbered
