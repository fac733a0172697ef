"""A caller's look-up and the journal's batches by the driver itself: a session's answers, a session's errors."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import Table, bindparam, func, select, text, update

from grid import outages, premises
from grid.models import Premise, PremisePhone, Subscriber, SubscriberKind
from grid.outages.models import Outage, OutageScope, OutageStatus, Service
from gridline.db import Database, Refused
from gridline.driver import direct
from gridline.errors import Unavailable
from ivr.journal.models import CallRecord, CallStep
from tests.postgres import PostgresServer

NOW = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)
PHONE = "+79131203401"
CALLS, STEPS = cast("Table", CallRecord.__table__), cast("Table", CallStep.__table__)
COUNT = select(func.count(CallRecord.id).label("calls"))


async def with_an_outage(db: Database) -> None:
    """One premise on one line that is off, and a planned outage of another line."""
    async with db.write() as session:
        session.add(Subscriber(id="s" * 32, company_id="skek", account="1", name="Иванов", kind=SubscriberKind.PERSON))
        await session.flush()
        place = {"settlement": "Кемерово", "street": "Весенняя", "house": "5", "building": "", "flat": "10"}
        keys = {"settlement_key": "кемерово", "street_key": "весенняя", "line": "Ф-7", "address": "Весенняя, 5"}
        own = {"id": "p" * 32, "company_id": "skek", "code": "1", "subscriber_id": "s" * 32, "branch": ""}
        session.add(Premise(**own, **place, **keys))
        await session.flush()
        session.add(PremisePhone(premise_id="p" * 32, phone=PHONE))
        for id, planned, line in (("a" * 32, False, "Ф-7"), ("b" * 32, True, "Ф-8")):
            session.add(
                Outage(
                    **{"id": id, "company_id": "skek", "code": id[:4], "service": Service.ELECTRICITY},
                    **{"planned": planned, "status": OutageStatus.ACTIVE, "cause": "обрыв", "starts_at": NOW},
                )
            )
            await session.flush()
            session.add(OutageScope(id=id[::-1], outage_id=id, line=line, settlement_key="", street_key=""))


def call_row(id: str, linkedid: str) -> Mapping[str, Any]:
    names = {
        "id": id,
        "node": "n",
        "boot": "b",
        "linkedid": linkedid,
        "dialled": "1",
        "caller_raw": "2",
        "called_by": "",
    }
    return names | {"company_id": None, "caller": None, "branch": "", "flow_version": "", "started_at": NOW}


async def count(db: Database) -> int:
    async with db.glance(within_s=5) as look:
        (row,) = await look.execute(COUNT, {})
    return int(row.calls)


async def test_a_look_up_gives_what_a_session_gives(db: Database) -> None:
    await with_an_outage(db)
    found: list[Sequence[Any]] = []
    for reading in (db.read(), db.glance(within_s=5)):
        async with reading as session:
            (place,) = await premises.by_phone(session, "skek", PHONE)
            (outage,) = await outages.current_for(session, place, NOW + timedelta(hours=1))
            assert await outages.current_for(session, place, NOW, service=Service.WATER) == []
            columns = [getattr(one, column.key) for one in (place, outage) for column in one.__table__.columns]
            found.append(columns)
            assert await premises.by_phone(session, "mrsk", PHONE) == []
    assert found[0] == found[1]
    assert NOW in found[1]


async def test_a_batch_is_stored_whole_or_not_at_all(db: Database) -> None:
    new, change = db.insert_missing(CALLS), update(CALLS).where(CALLS.c.id == bindparam("of_call"))
    ended = [{"of_call": "1" * 32, "outcome": "finished", "ended_at": NOW}]
    await db.store([(new, [call_row("1" * 32, "1.1")]), (change, ended)], within_s=5)
    step = {"id": "9" * 32, "call_id": "f" * 32, "ordinal": 0, "place": "", "prompt_ids": [], "prompt_text": ""}
    step |= {"sound": "", "key": "", "exit": "", "leads_to": "", "flow_version": "", "started_at": NOW, "ended_at": NOW}
    for wrong in (step, step | {"call_id": "1" * 32, "started_at": NOW.replace(tzinfo=None)}):
        with pytest.raises(Refused):
            await db.store([(new, [call_row("2" * 32, "1.2")]), (db.insert_missing(STEPS), [wrong])], within_s=5)
    assert await count(db) == 1
    async with db.read() as session:
        (stored,) = await session.scalars(select(CallRecord))
    assert (stored.outcome, stored.ended_at) == ("finished", NOW)


async def test_a_look_up_that_turns_out_long_leaves_the_loop_free(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = sqlite_db.insert_missing(CALLS)
    await sqlite_db.store([(new, [call_row(f"{n:032}", f"1.{n}") for n in range(400)])], within_s=5)
    steps: list[str] = []
    real = direct._Sqlite._run

    async def seen(own: direct._Sqlite, work: Any) -> Any:
        steps.append("thread")
        return await real(own, work)

    monkeypatch.setattr(direct._Sqlite, "_run", seen)
    assert await count(sqlite_db) == 400
    assert steps == []
    one, other = CALLS.alias(), CALLS.alias()
    long = select(func.count().label("calls")).select_from(one).join(other, one.c.node == other.c.node)
    async with sqlite_db.glance(within_s=5) as look:
        (row,) = await look.execute(long, {})
    assert row.calls == 160_000
    assert steps == ["thread"]


async def test_a_store_that_is_not_there_is_unavailable(sqlite_db: Database, sqlite_url: str) -> None:
    absent = Database(sqlite_url + ".absent")
    with pytest.raises(Unavailable):
        await count(absent)
    with pytest.raises(Unavailable):
        await absent.store([(absent.insert_missing(CALLS), [call_row("1" * 32, "1.1")])], within_s=1)
    await absent.close()
    other = Database(sqlite_url)
    async with other.write() as session:
        await session.execute(text("DELETE FROM calls"))
        assert await count(sqlite_db) == 0, "a reader does not wait for a writer"
        with pytest.raises(Unavailable):
            await sqlite_db.store([(sqlite_db.insert_missing(CALLS), [call_row("1" * 32, "1.1")])], within_s=0.3)
    await other.close()


async def test_a_frozen_postgresql_costs_no_more_than_the_budget_and_a_new_start_nothing(
    postgres_db: Database, postgres_server: PostgresServer
) -> None:
    row = call_row("1" * 32, "1.1")
    assert await count(postgres_db) == 0
    await asyncio.to_thread(postgres_server.freeze)
    try:
        for asked in (
            _within(postgres_db, 0.3),
            postgres_db.store([(postgres_db.insert_missing(CALLS), [row])], within_s=0.3),
        ):
            begun = time.monotonic()
            with pytest.raises(Unavailable):
                await asked
            assert time.monotonic() - begun < 1.5
    finally:
        await asyncio.to_thread(postgres_server.thaw)
    await asyncio.to_thread(postgres_server.shut)
    with pytest.raises(Unavailable):
        await count(postgres_db)
    await asyncio.to_thread(postgres_server.start)
    await postgres_db.store([(postgres_db.insert_missing(CALLS), [row])], within_s=5)
    assert await count(postgres_db) >= 1


async def _within(db: Database, seconds: float) -> None:
    async with db.glance(within_s=seconds) as look:
        await look.execute(COUNT, {})
