"""The drivers' own connections, for what every call asks and leaves: reads of a few rows, and the journal's batches."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import asyncpg  # type: ignore[import-untyped]  # it has no types
from sqlalchemy import URL, Dialect

from gridline.driver import postgresql_connection, sqlite_connection

DRIVER_ERRORS = (
    sqlite3.Error,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    ValueError,
    TypeError,
)
SHORT_READ_OPERATIONS = 5_000
"""Of SQLite's virtual machine, some tenths of a millisecond. A look-up by keys takes some hundreds; what takes more is
done anew in a thread, so that the event loop never stands still for it."""
MOST_CONNECTIONS = 10

Rows = Sequence[Sequence[Any]]
Work = Sequence[tuple[str, Sequence[Sequence[Any]]]]
"""Statements, each with the arguments of its rows."""


class Direct(Protocol):
    """What either driver is used for. The drivers' own errors come through."""

    async def rows(self, sql: str, arguments: Sequence[Any]) -> Rows:
        """Read."""

    async def store(self, work: Work) -> None:
        """Write all of it, or nothing."""

    async def close(self) -> None:
        """Let the connections go."""


def of(dialect: Dialect, url: URL, patience_s: float) -> Direct:
    """The driver of this database; a lock is waited for `patience_s` seconds, a connection too."""
    if url.get_backend_name() == "sqlite":
        return _Sqlite(url.database or ":memory:", patience_s)
    return _Postgres(dict(dialect.create_connect_args(url)[1]), patience_s)


class _Sqlite:
    """Short reads run where the loop runs, since a journey to a thread costs more; all else in a thread."""

    def __init__(self, file: str, patience_s: float) -> None:
        self._file = file
        self._patience_s = patience_s
        self._thread: ThreadPoolExecutor | None = None
        self._in_loop: sqlite3.Connection | None = None
        self._in_thread: sqlite3.Connection | None = None

    async def rows(self, sql: str, arguments: Sequence[Any]) -> Rows:
        try:
            if self._in_loop is None:
                self._in_loop = self._connect(0)
                self._in_loop.set_progress_handler(lambda: True, SHORT_READ_OPERATIONS)
            return self._in_loop.execute(sql, arguments).fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY):
                raise
        found: Rows = await self._run(lambda connection: connection.execute(sql, arguments).fetchall())
        return found

    async def store(self, work: Work) -> None:
        def run(connection: sqlite3.Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            try:
                for sql, rows in work:
                    connection.executemany(sql, rows)
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

        await self._run(run)

    async def close(self) -> None:
        if self._thread is not None:
            await asyncio.to_thread(self._thread.shutdown)
        for connection in (self._in_loop, self._in_thread):
            if connection is not None:
                connection.close()
        self._thread = self._in_loop = self._in_thread = None

    async def _run(self, work: Any) -> Any:
        def run() -> Any:
            if self._in_thread is None:
                self._in_thread = self._connect(self._patience_s)
            return work(self._in_thread)

        if self._thread is None:  # of one: a statement that somebody gave up waiting for ends before the next begins
            self._thread = ThreadPoolExecutor(1, "sqlite")
        return await asyncio.get_running_loop().run_in_executor(self._thread, run)

    def _connect(self, patience_s: float) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, timeout=patience_s, check_same_thread=False)
        sqlite_connection.prepare(connection)
        return connection


class _Postgres:
    """asyncpg's pool, whose connections are not reset: nothing but whole statements and transactions runs on them."""

    def __init__(self, options: dict[str, Any], patience_s: float) -> None:
        self._options = options
        self._patience_s = patience_s
        self._pool: asyncpg.Pool | None = None

    async def rows(self, sql: str, arguments: Sequence[Any]) -> Rows:
        connection = await self._connection()
        try:
            found: Rows = await connection.fetch(sql, *arguments)
            return found
        except BaseException:
            connection.terminate()  # a frozen server's answer to a cancellation would be waited for
            raise
        finally:
            await self._release(connection)

    async def store(self, work: Work) -> None:
        connection = await self._connection()
        try:
            await connection.execute("BEGIN")
            for sql, rows in work:
                await connection.executemany(sql, rows)
            await connection.execute("COMMIT")
        except BaseException:
            connection.terminate()
            raise
        finally:
            await self._release(connection)

    async def close(self) -> None:
        if self._pool is not None:
            self._pool.terminate()
            self._pool = None

    async def _connection(self) -> Any:
        if self._pool is None:
            settings = {"lock_timeout": str(int(self._patience_s * 1000)), "application_name": "gridline"}
            self._pool = await asyncpg.create_pool(
                **self._options,
                connect=postgresql_connection.connect,
                min_size=0,
                max_size=MOST_CONNECTIONS,
                timeout=self._patience_s,
                server_settings=settings,
                reset=_nothing,
            )
        return await self._pool.acquire(timeout=self._patience_s)

    async def _release(self, connection: Any) -> None:
        assert self._pool is not None
        await self._pool.release(connection)


async def _nothing(_connection: object) -> None:
    return None
