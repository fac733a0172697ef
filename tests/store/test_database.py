"""Sessions on a real database: one writer at a time, a lost or locked store named as such, nothing half-done."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, StatementError

from grid.models import Subscriber, SubscriberKind
from gridline.db import BUSY_S, Database, insert_missing
from gridline.errors import Unavailable
from ivr.journal.models import CallRecord
from tests.postgres import PostgresServer


def subscriber(account: str) -> Subscriber:
    return Subscriber(company_id="skek", account=account, name="Иванов И. И.", kind=SubscriberKind.PERSON)


async def accounts(db: Database) -> list[str]:
    async with db.read() as session:
        return list(await session.scalars(select(Subscriber.account).order_by(Subscriber.account)))


async def test_a_write_is_stored_and_a_failed_one_is_not(db: Database) -> None:
    async with db.write() as session:
        session.add(subscriber("1"))

    async def fail_after_writing() -> None:
        async with db.write() as session:
            session.add(subscriber("2"))
            await session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_after_writing()
    assert await accounts(db) == ["1"]


async def test_fifty_writers_at_once_lose_nothing(db: Database) -> None:
    async def write(number: int) -> None:
        async with db.write() as session:
            count = len(list(await session.scalars(select(Subscriber.id))))
            session.add(subscriber(f"{number}-{count}"))

    await asyncio.gather(*(write(number) for number in range(50)))
    written = await accounts(db)
    assert len(written) == 50
    if db.is_sqlite:  # each saw what all before it had written: BEGIN IMMEDIATE, not BEGIN
        assert {int(account.partition("-")[2]) for account in written} == set(range(50))


async def test_sqlite_writers_of_two_processes_wait_and_readers_do_not(sqlite_db: Database, sqlite_url: str) -> None:
    other = Database(sqlite_url)
    try:
        async with sqlite_db.write() as session:
            session.add(subscriber("1"))
            await session.flush()
            assert await accounts(other) == []
            started = time.monotonic()
            with pytest.raises(Unavailable, match="locked"):
                async with other.write():
                    pytest.fail("two writers at once")
            assert BUSY_S * 0.9 < time.monotonic() - started < BUSY_S + 1
        assert await accounts(other) == ["1"]
    finally:
        await other.close()


async def test_a_second_writer_of_one_process_waits_no_longer_than_its_budget(sqlite_db: Database) -> None:
    async with sqlite_db.write():
        with pytest.raises(Unavailable, match="занята"):
            async with sqlite_db.write():
                pytest.fail("two writers at once")
    async with sqlite_db.write() as session:
        session.add(subscriber("after"))
    assert await accounts(sqlite_db) == ["after"]


async def test_sqlite_commits_are_durable_and_keys_are_kept(sqlite_db: Database) -> None:
    async with sqlite_db.read() as session:
        pragmas = {
            name: (await session.execute(text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2}


async def test_a_wrong_statement_is_not_taken_for_an_outage(db: Database) -> None:
    with pytest.raises(DBAPIError, match="nowhere"):
        async with db.read() as session:
            await session.execute(text("SELECT * FROM nowhere"))


async def test_an_error_of_the_block_stays_what_it_is(db: Database) -> None:
    for error in (FileNotFoundError("no such wav"), TimeoutError("the agent did not answer")):
        with pytest.raises(type(error)):
            async with db.write():
                raise error


async def test_a_database_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is no database at all, but long enough to be read as one " * 40)
    for url in (
        f"sqlite+aiosqlite:///{tmp_path}/no/such/folder.db",
        f"sqlite+aiosqlite:///{tmp_path}/text.db",
        "postgresql+asyncpg://nobody@127.0.0.1:1/nothing",
    ):
        database = Database(url)
        with pytest.raises(Unavailable):
            async with database.read() as session:
                await session.execute(text("SELECT * FROM calls"))
        await database.close()


async def test_a_lock_on_postgresql_is_waited_for_no_longer_than_its_budget(postgres_db: Database) -> None:
    async with postgres_db.write() as session:
        session.add(subscriber("1"))
    async with postgres_db.write() as first:
        await first.execute(text("UPDATE subscribers SET name = 'first'"))
        started = time.monotonic()
        with pytest.raises(Unavailable):
            async with postgres_db.write() as second:
                await second.execute(text("UPDATE subscribers SET name = 'second'"))
        assert BUSY_S * 0.9 < time.monotonic() - started < BUSY_S + 1


@pytest.mark.usefixtures("postgres_server")  # only to be skipped where that one is
async def test_postgresql_lost_in_mid_transaction_and_back_again() -> None:
    server = PostgresServer()
    database = Database(server.url("postgres"))

    async def lose_it_between_two_statements() -> None:
        async with database.write() as session:
            await session.execute(text("INSERT INTO kept VALUES (1)"))
            await asyncio.to_thread(server.shut)
            await session.execute(text("INSERT INTO kept VALUES (2)"))

    try:
        async with database.write() as session:
            await session.execute(text("CREATE TABLE kept (a int)"))
        with pytest.raises(Unavailable):
            await lose_it_between_two_statements()
        with pytest.raises(Unavailable):
            async with database.read() as session:
                await session.execute(text("SELECT * FROM kept"))
        await asyncio.to_thread(server.start)
        async with database.read() as session:
            assert (await session.execute(text("SELECT count(*) FROM kept"))).scalar() == 0
    finally:
        await database.close()
        server.stop()


async def test_postgresql_that_stands_still_costs_a_caller_no_more_than_the_budget(
    postgres_db: Database, postgres_server: PostgresServer
) -> None:
    assert await accounts(postgres_db) == []
    postgres_server.freeze()
    try:
        started = time.monotonic()
        with pytest.raises(Unavailable):
            async with postgres_db.read(within_s=0.5) as session:
                await session.execute(text("SELECT 1"))
        assert time.monotonic() - started < 3
    finally:
        postgres_server.thaw()
    assert await accounts(postgres_db) == []


async def test_moments_come_back_aware_in_utc_and_naive_ones_are_refused(db: Database) -> None:
    siberia = timezone(timedelta(hours=7))
    at = datetime(2026, 12, 31, 23, 30, 0, 123456, tzinfo=siberia)
    call: dict[str, Any] = {"node": "n", "boot": "b", "linkedid": "1", "dialled": "78005009494", "caller_raw": ""}
    async with db.write() as session:
        session.add(CallRecord(**call, branch="", flow_version="v", started_at=at))
    async with db.read() as session:
        stored = (await session.scalars(select(CallRecord.started_at))).one()
    assert stored == at
    assert stored.tzinfo is UTC
    with pytest.raises(StatementError, match="naive"):
        async with db.write() as session:
            session.add(CallRecord(**call, branch="", flow_version="v", started_at=at.replace(tzinfo=None)))


async def test_inserting_what_is_missing_twice_changes_nothing(db: Database) -> None:
    rows = [
        {"id": f"{n}", "company_id": "skek", "account": f"{n}", "name": "А", "kind": SubscriberKind.PERSON}
        for n in range(3)
    ]
    for part in (rows[:2], rows, []):
        async with db.write() as session:
            await insert_missing(session, Subscriber, part)
    assert await accounts(db) == ["0", "1", "2"]
