"""Fifty writers at once, rolled-back and abandoned registrations: no gap, no duplicate, the history complete."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select, text

from appeals.models import Appeal, Counter
from appeals.proof.verify import verify
from appeals.register import Register, Registered
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SetClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import Unavailable
from tests.store.appeals.made import intake

WRITERS = 50
POISON = {
    "sqlite": [
        "CREATE TRIGGER poison BEFORE INSERT ON promises WHEN NEW.call_id = 'poison'"
        " BEGIN SELECT RAISE(ABORT, 'poisoned'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF NEW.call_id = 'poison' THEN RAISE EXCEPTION 'poisoned'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER poison BEFORE INSERT ON promises FOR EACH ROW EXECUTE FUNCTION poison()",
    ],
}


async def assert_gapless(db: Database, numbers: list[str]) -> None:
    """Every confirmed number exists once, and the series runs from 1 to the counter without a gap."""
    async with db.read() as session:
        stored = (await session.execute(select(Appeal.number).order_by(Appeal.sequence))).scalars().all()
        sequences = (await session.execute(select(Appeal.sequence).order_by(Appeal.sequence))).scalars().all()
        counter = (await session.execute(select(Counter))).scalar_one()
        assert not (await verify(session)).faults
    assert list(sequences) == list(range(1, counter.last_sequence + 1))
    assert len(set(numbers)) == len(numbers)
    assert set(numbers) <= set(stored)


async def test_fifty_writers_in_one_process(db: Database, register: Register) -> None:
    done = await asyncio.gather(*(register.register(intake()) for _ in range(WRITERS * 2)))
    await assert_gapless(db, [one.number for one in done])


async def test_fifty_writers_of_different_processes(
    db: Database, clock: SetClock, companies: Companies, calendar: ProductionCalendar
) -> None:
    """Five databases with ten registers each: nobody shares a turn, a connection pool or a lock with another."""
    others = [Database(db.url.render_as_string(hide_password=False), pool_size=2) for _ in range(5)]
    try:
        registers = [Register(others[n % 5], clock, companies, calendar) for n in range(WRITERS)]
        done = await asyncio.gather(*(one.register(intake(), within_s=20) for one in registers), return_exceptions=True)
    finally:
        for one in others:
            await one.close()
    # A store that is too busy may say so within its budget; it must not lose or duplicate a number.
    assert all(isinstance(outcome, Registered | Unavailable) for outcome in done)
    numbers = [outcome.number for outcome in done if isinstance(outcome, Registered)]
    assert len(numbers) >= WRITERS // 2
    await assert_gapless(db, numbers)


async def test_a_rolled_back_registration_leaves_no_hole(db: Database, register: Register) -> None:
    async with db.write() as session:
        for statement in POISON["sqlite" if db.is_sqlite else "postgresql"]:
            await session.execute(text(statement))
    tries = [register.register(intake(call_id="poison" if n % 3 == 0 else f"call-{n}")) for n in range(30)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert [isinstance(outcome, Registered) for outcome in outcomes] == [n % 3 != 0 for n in range(30)]
    assert all("poisoned" in str(outcome) for outcome in outcomes if not isinstance(outcome, Registered))
    await assert_gapless(db, [outcome.number for outcome in outcomes if isinstance(outcome, Registered)])


@pytest.mark.parametrize("steps", range(0, 60, 12))
async def test_callers_who_hang_up_in_the_middle_harm_nobody(db: Database, register: Register, steps: int) -> None:
    """Some of the writers are cancelled after so many turns of the event loop, wherever that finds them."""
    tasks = [asyncio.create_task(register.register(intake(idempotency_key=f"k{n}"))) for n in range(12)]
    for _ in range(steps):
        await asyncio.sleep(0)
    for task in tasks[::3]:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    survivors = [outcome for n, outcome in enumerate(outcomes) if n % 3]
    assert all(isinstance(outcome, Registered) for outcome in survivors)
    again = await asyncio.gather(*(register.register(intake(idempotency_key=f"k{n}")) for n in range(12)))
    assert {one.number for one in again} >= {one.number for one in survivors if isinstance(one, Registered)}
    await assert_gapless(db, [one.number for one in again])
    async with db.read() as session:
        assert len((await session.execute(select(Appeal.id))).all()) == 12


async def test_a_locked_store_is_said_within_the_budget_and_the_key_finds_the_appeal_later(
    db: Database, register: Register
) -> None:
    await register.register(intake())
    async with db.write() as session:
        await session.execute(text("UPDATE appeal_counters SET year = year"))
        with pytest.raises(Unavailable):
            await register.register(intake(idempotency_key="late"), within_s=0.3)
    late = await register.register(intake(idempotency_key="late"))
    await assert_gapless(db, [late.number])
