"""The database: one declarative base, sessions that read or write, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, cast

from sqlalchemy import ColumnElement, DateTime, Dialect, Enum, FromClause, MetaData, String, TypeDecorator, case, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, mapped_column

from gridline import sqlite_connection
from gridline.errors import Unavailable

BUSY_S = 2.0
"""A caller never waits longer than this for a connection or a lock of the store (fault F18)."""

SQLITE_OUTAGES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOTADB,
}
POSTGRESQL_OUTAGES = (
    "08",  # connection exceptions
    "25006",  # read-only: a fail-over left us on a replica
    "28",  # the server does not let us in
    "3D000",  # no such database
    "40",  # deadlock, serialization: the same transaction may succeed when tried again
    "53",  # out of disk, memory, connections
    "55P03",  # a lock was not given in time
    "57",  # shut down, starting up, cancelled
    "58",  # I/O error of the server
)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC datetimes in every database; a naive one is refused before it is stored."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive values, store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime refused: pass an aware one")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLite forgets the zone: what was stored is UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base of every model, with names for constraints so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime}


def new_id() -> str:
    """A new random identifier: 32 hex characters, safe in a file name and a URL."""
    return uuid.uuid4().hex


def id_column() -> Any:
    """The primary key every table uses."""
    return mapped_column(String(32), primary_key=True, default=new_id)


def code_type(codes: type[StrEnum], length: int = 16) -> Enum:
    """The column type of a closed list of codes, stored as text: a new code needs no ALTER TYPE."""
    return Enum(
        codes, native_enum=False, length=length, values_callable=lambda members: [code.value for code in members]
    )


class Database:
    """One engine and two kinds of session: `read()` and `write()`.

    `write()` commits when its block ends and rolls back when the block raises. On SQLite it takes
    the write lock at once (BEGIN IMMEDIATE), so that two writers wait for each other instead of one
    of them failing half-way with "database is locked".

    A store that is gone, locked or full is `Unavailable`, raised by the very statement that met it;
    a wrong statement stays SQLAlchemy's own error.
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._file = Path(self.url.database) if self.is_sqlite and self.url.database else None
        options: dict[str, Any] = {"pool_size": pool_size, "pool_timeout": BUSY_S}
        if self.is_sqlite:
            options["connect_args"] = {"timeout": BUSY_S, "async_creator_fn": sqlite_connection.connect}
        else:
            lock_timeout = {"lock_timeout": str(int(BUSY_S * 1000)), "application_name": "gridline"}
            options |= {
                "pool_pre_ping": True,
                "connect_args": {"timeout": BUSY_S, "server_settings": lock_timeout},
            }
        self.engine: AsyncEngine = create_async_engine(url, **options)
        if not self.is_sqlite:
            self.engine.sync_engine.dialect.do_terminate = _drop  # type: ignore[assignment]
        event.listen(self.engine.sync_engine, "handle_error", _name_outage)
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        # SQLite's own waiting is a lottery of sleeps: with 50 writers in one process some lose it for 2 s.
        self._turn: AbstractAsyncContextManager[Any] = asyncio.Lock() if self.is_sqlite else nullcontext()

    @asynccontextmanager
    async def read(self, *, within_s: float | None = None, in_loop: bool = False) -> AsyncIterator[AsyncSession]:
        """A session for reading; nothing is committed.

        `within_s`: seconds for the whole block, for whoever has a caller on the line. `in_loop`: a few rows by their
        keys, read on SQLite where the event loop runs, because a journey to a thread costs more than they do.
        Raises Unavailable when the store is gone or the time is over.
        """
        async with _budget(within_s), self._sessions() as session:
            await self._connect(session, gridline_write=False, gridline_in_loop=in_loop)
            yield session

    @asynccontextmanager
    async def write(self, *, within_s: float | None = None) -> AsyncIterator[AsyncSession]:
        """A session whose work is one transaction, committed at the end of the block.

        Raises Unavailable when the store is gone, stays locked longer than BUSY_S, or `within_s`
        is over. Unavailable during the commit leaves it open whether the work was stored: whoever
        promises something must try again with the same key.
        """
        async with _budget(within_s), _within(BUSY_S, self._turn), self._sessions() as session:
            await self._connect(session, gridline_write=True, gridline_in_loop=False)
            yield session
            await session.commit()

    async def _connect(self, session: AsyncSession, **options: bool) -> None:
        if self._file is not None and not self._file.exists():  # else SQLite would make an empty one
            raise Unavailable(f"Базы данных {self._file} ещё нет. Выполните gridline migrate.")
        try:
            await session.connection(execution_options=options)
        except (OSError, TimeoutError) as error:  # asyncpg's connect raises these as they are
            raise Unavailable(f"База данных недоступна: {error}") from error
        except PoolTimeoutError as error:
            raise Unavailable("База данных не успевает отвечать: все соединения заняты") from error

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


async def insert_missing(
    session: AsyncSession, into: type[Base] | FromClause, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert those rows whose key is not there yet, all in one batch: doing it twice changes nothing.

    `into` is a model, or its table where CPU counts: a third of the cost, and the rows must fill the same columns.
    """
    if not rows:
        return
    target = cast("type[Base]", into)
    dialect = session.get_bind().dialect.name
    insert = sqlite.insert(target) if dialect == "sqlite" else postgresql.insert(target)
    await session.execute(insert.on_conflict_do_nothing(), list(rows))


def unindexed(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The same condition, hidden from the planners of both databases: no index is entered by it."""
    return case((condition, 1), else_=0) == 1


@asynccontextmanager
async def _budget(seconds: float | None) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds) as limit:
            yield
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise Unavailable(f"База данных не ответила за {seconds:g} с") from error


@asynccontextmanager
async def _within(seconds: float, turn: AbstractAsyncContextManager[Any]) -> AsyncIterator[None]:
    """Hold `turn`, having waited for it no longer than `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            await turn.__aenter__()
    except TimeoutError as error:
        raise Unavailable("База данных занята другой записью") from error
    try:
        yield
    finally:
        await turn.__aexit__(None, None, None)


def _name_outage(context: ExceptionContext) -> BaseException | None:
    """Raise Unavailable in place of a driver's error that says the store is gone, locked or full."""
    error = context.original_exception
    if not isinstance(error, Exception):  # a cancellation counts as a disconnect, and must stay a cancellation
        return None
    if context.is_disconnect or isinstance(error, (OSError, TimeoutError)) or _is_outage(error):
        return Unavailable(f"База данных недоступна: {error}")
    return None


def _drop(connection: DBAPIConnection) -> None:
    """Drop a connection that was given up: SQLAlchemy 2.0 would wait 2 s for a frozen server's good-bye first."""
    connection.driver_connection.terminate()


def _is_outage(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", -1) & 0xFF in SQLITE_OUTAGES  # the low byte is the primary code
    return str(getattr(error, "sqlstate", None) or "").startswith(POSTGRESQL_OUTAGES)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    options = connection.get_execution_options()
    connection.connection.driver_connection.in_loop = options.get("gridline_in_loop", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("gridline_write", False) else "BEGIN")
