"""aiosqlite's connection with fewer journeys to its thread: one a statement.

aiosqlite sends every cursor, execute, fetch and close to the connection's thread; each journey costs about 150 us of
CPU, most of it waiting for the interpreter lock. No session reads in the event loop: how long a page or a sweep takes,
nobody can tell before, and calls would wait for it. A caller's look-up goes past sessions (`Database.glance`).
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import Any, TypeVar

import aiosqlite
from aiosqlite.core import _connection_worker_thread

T = TypeVar("T")

_ROWS_AT_ONCE = 1000


class Connection(aiosqlite.Connection):
    """One journey a statement; a reading transaction begins and ends without any."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, iter_chunk_size=64)
        self._reading = False
        self._under_way: set[object] = set()
        """What the thread still does, also for those who have given up waiting for it."""

    def stop(self) -> asyncio.Future[None] | None:
        """End the thread, once: aiosqlite 0.22 would have whoever stops it again wait for a thread that has ended."""
        return super().stop() if self._running else None

    async def close(self) -> None:
        """Close it, unless somebody who was cancelled has: SQLAlchemy stops it then while it is being closed."""
        if self._running:
            await super().close()

    def cursor(self) -> Cursor:  # type: ignore[override]
        """A cursor; nothing happens yet."""
        return Cursor(self)

    async def rollback(self) -> None:
        """Undo the transaction; a reading one has nothing on its way to the disk."""
        if not self._under_way and (self._reading or not self._conn.in_transaction):
            self._conn.rollback()
        else:
            await self.in_thread(self._conn.rollback)
        self._reading = False

    async def commit(self) -> None:
        """Commit in the thread: it waits for the disk."""
        await self.in_thread(self._conn.commit)
        self._reading = False

    async def in_thread(self, function: Callable[[], T]) -> T:
        """Do `function` in the connection's thread."""
        mark = object()
        self._under_way.add(mark)

        def run() -> T:
            try:
                return function()
            finally:
                self._under_way.discard(mark)

        return await self._execute(run)  # type: ignore[no-any-return, no-untyped-call]

    async def statement(self, sql: str, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run one statement in the thread; the beginning of a read, which locks nothing yet, at once."""
        if sql.startswith("BEGIN"):
            self._reading = sql == "BEGIN"
            if self._reading and not self._under_way:
                return work(self._conn)
        return await self.in_thread(partial(work, self._conn))


class Cursor:
    """What SQLAlchemy's adapter asks of a cursor. The first rows come with the statement."""

    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._cursor: sqlite3.Cursor | None = None
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Cursor:
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] = ()) -> Cursor:
        """Run it and take its first rows."""
        return await self._take(sql, lambda connection: connection.execute(sql, tuple(parameters)))

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> Cursor:
        """Run it for each of the parameters."""
        return await self._take(sql, lambda connection: connection.executemany(sql, parameters))

    async def fetchall(self) -> Sequence[Any]:
        """All rows that are left."""
        rows, self._rows = self._rows, []
        if self._cursor is not None:
            rows += await self._connection.in_thread(self._cursor.fetchall)
            await self.close()
        return rows

    async def fetchmany(self, size: int | None = None) -> Sequence[Any]:
        """The next rows, `size` at most."""
        wanted = size or self.arraysize
        if len(self._rows) < wanted and self._cursor is not None:
            self._rows += await self._connection.in_thread(partial(self._cursor.fetchmany, wanted))
        rows, self._rows = self._rows[:wanted], self._rows[wanted:]
        return rows

    async def fetchone(self) -> Any:
        """The next row or None."""
        return next(iter(await self.fetchmany(1)), None)

    async def close(self) -> None:
        """Let go of what was not fetched."""
        cursor, self._cursor = self._cursor, None
        if cursor is not None:
            await self._connection.in_thread(cursor.close)

    async def _take(self, sql: str, run: Callable[[sqlite3.Connection], sqlite3.Cursor]) -> Cursor:
        def work(connection: sqlite3.Connection) -> tuple[sqlite3.Cursor, list[Any], bool]:
            cursor = run(connection)
            rows = cursor.fetchmany(_ROWS_AT_ONCE) if cursor.description else []
            whole = len(rows) < _ROWS_AT_ONCE
            if whole:
                cursor.close()
            return cursor, rows, whole

        cursor, self._rows, whole = await self._connection.statement(sql, work)
        self.description, self.rowcount, self.lastrowid = cursor.description, cursor.rowcount, cursor.lastrowid
        self._cursor = None if whole else cursor
        return self


def connect(database: str, *, timeout: float, **options: Any) -> Connection:
    """A connection to be awaited, as SQLAlchemy's `async_creator_fn` is called; locks are waited for `timeout` s."""
    made = Connection(partial(sqlite3.connect, database, timeout=timeout, **options))
    made._thread = Thread(target=_work, args=(made._tx,), daemon=True)
    return made


def _work(asked: Any) -> None:
    """The connection's thread. A loop that ends before it, with somebody cancelled in it, waits for no answer."""
    with suppress(RuntimeError):
        _connection_worker_thread(asked)


def prepare(connection: Any, _record: object = None) -> None:
    """What every connection to our files is set to. Beginning and ending transactions is ours."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
