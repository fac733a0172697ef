"""aiosqlite's connection with fewer journeys to its thread: one a statement, none for a short read that asks for it.

aiosqlite sends every cursor, execute, fetch and close to the connection's thread; each journey costs about 150 us of
CPU, most of it waiting for the interpreter lock, and a caller's look-up of two queries made twelve: 2.7 ms instead of
the 0.8 of its work. Only such a look-up is worth a read in the loop, and only it asks for one (`in_loop`): how long a
page or a sweep reads, nobody can tell before, and others' calls would wait for it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

import aiosqlite

T = TypeVar("T")

SHORT_READ_OPERATIONS = 5_000
"""Of SQLite's virtual machine, well below 1 ms with the pages at hand: a look-up that needs more is given up and done
anew in the thread. A caller's own takes some hundreds."""
_ROWS_AT_ONCE = 1000
_BUSY_MS_PRAGMA = "PRAGMA busy_timeout"


class Connection(aiosqlite.Connection):
    """Between BEGIN and the end of a reading transaction marked `in_loop`, SELECTs are tried where the loop runs."""

    def __init__(self, connector: Callable[[], sqlite3.Connection], patience_s: float) -> None:
        super().__init__(connector, iter_chunk_size=64)
        self.in_loop = False
        """Whether the transaction that begins next may read where the loop runs."""
        self._reading = False
        self._under_way: set[object] = set()
        """What the thread still does, also for those who have given up waiting for it."""
        self._patience = self._waits = int(patience_s * 1000)
        """Milliseconds a lock is waited for: in the thread, and as it is set now (0 while the loop runs reads)."""

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
                self._wait_for_locks(self._patience)
                return function()
            finally:
                self._under_way.discard(mark)

        return await self._execute(run)  # type: ignore[no-any-return, no-untyped-call]

    async def statement(self, sql: str, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run one statement: what may be done in the loop at once, all else in the thread."""
        if sql.startswith("BEGIN"):
            self._reading = sql == "BEGIN"
            if self._reading and not self._under_way:
                return work(self._conn)  # which locks nothing yet
        elif self._reading and self.in_loop and not self._under_way and sql.startswith("SELECT"):
            try:
                return self._at_once(work)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY):
                    raise
        return await self.in_thread(partial(work, self._conn))

    def _at_once(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """`work` here and now; raises OperationalError when it is long, or has to wait for a lock."""
        connection = self._conn
        self._wait_for_locks(0)
        connection.set_progress_handler(_enough, SHORT_READ_OPERATIONS)
        try:
            return work(connection)
        finally:
            connection.set_progress_handler(None, 0)

    def _wait_for_locks(self, milliseconds: int) -> None:
        if self._waits != milliseconds:
            self._conn.execute(f"{_BUSY_MS_PRAGMA} = {milliseconds}")
            self._waits = milliseconds


def _enough() -> bool:
    return True


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
    made = Connection(partial(sqlite3.connect, database, timeout=timeout, **options), timeout)
    made._thread.daemon = True
    return made
