"""SQLite without needless journeys: a look-up that asks for it stays in the loop, all else goes to the thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiosqlite
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.db import Database
from gridline.driver.sqlite_connection import Connection, connect

LONG = "SELECT count(*) FROM numbers a, numbers b, numbers c"
"""Many million operations."""


class Journeys:
    """Counts what is sent to the connections' threads."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        real = Connection._execute

        async def counted(connection: Connection, *args: object) -> object:
            self.count += 1
            return await real(connection, *args)  # type: ignore[no-untyped-call]

        monkeypatch.setattr(Connection, "_execute", counted)


@pytest.fixture
async def numbers(tmp_path: Path) -> AsyncIterator[Database]:
    """A database with a table of 300 numbers."""
    (tmp_path / "numbers.db").touch()
    db = Database(f"sqlite+aiosqlite:///{tmp_path}/numbers.db")
    async with db.write() as session:
        await session.execute(text("CREATE TABLE numbers (n INTEGER PRIMARY KEY)"))
        await session.execute(text("INSERT INTO numbers VALUES (:n)"), [{"n": n} for n in range(300)])
    yield db
    await db.close()


async def count(session: AsyncSession, query: str = "SELECT count(*) FROM numbers") -> int:
    return int((await session.execute(text(query))).scalar_one())


async def test_a_read_is_one_journey_a_statement_and_the_loop_goes_on(
    numbers: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    journeys = Journeys(monkeypatch)
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.001)

    turning = asyncio.create_task(turn())
    async with numbers.read() as session:
        before = turns
        assert await count(session, LONG) == 300**3
        assert turns - before > 5
        assert await count(session) == 300
    turning.cancel()
    assert journeys.count == 2


async def test_a_writer_reads_its_own_words_and_commits_in_the_thread(
    numbers: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    journeys = Journeys(monkeypatch)
    async with numbers.write() as session:
        await session.execute(text("INSERT INTO numbers VALUES (1000)"))
        assert await count(session) == 301
    assert journeys.count == 4  # BEGIN IMMEDIATE, INSERT, SELECT, COMMIT
    async with numbers.read() as session:
        assert await count(session) == 301


async def test_who_gives_up_a_long_read_leaves_the_connection_fit_for_the_next(numbers: Database) -> None:
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05), numbers.read() as session:
                await count(session, LONG)
        async with numbers.read() as session:
            assert await count(session) == 300


async def test_many_rows_come_whole_or_bit_by_bit(numbers: Database) -> None:
    query = text("SELECT a.n, b.n FROM numbers a, numbers b WHERE a.n < 11 ORDER BY 1, 2")
    wanted = [(a, b) for a in range(11) for b in range(300)]
    async with numbers.read() as session:
        assert [tuple(row) for row in await session.execute(query)] == wanted
        streamed = await session.stream(query.execution_options(yield_per=700))
        assert [tuple(row) async for row in streamed] == wanted
        assert [len(part) async for part in (await session.stream(query)).partitions(1000)] == [1000] * 3 + [300]


async def test_one_that_is_stopped_while_it_is_being_closed_lets_nobody_wait_for_ever(tmp_path: Path) -> None:
    for closed_first in (True, False):
        connection = await connect(str(tmp_path / "some.db"), timeout=1)
        both = [connection.close(), _stop(connection)]  # tasks begin in the order they are made
        async with asyncio.timeout(5):
            await asyncio.gather(*(both if closed_first else reversed(both)))
            await connection.close()


async def _stop(connection: aiosqlite.Connection) -> None:
    connection.stop()
