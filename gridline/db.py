"""The database: one declarative base, sessions that read or write, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Dialect,
    Enum,
    FromClause,
    Insert,
    MetaData,
    Select,
    String,
    TypeDecorator,
    UpdateBase,
    case,
    event,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, mapped_column

from gridline.driver import direct, postgresql_connection, sqlite_connection
from gridline.driver.direct import DRIVER_ERRORS
from gridline.driver.prepared import Prepared
from gridline.driver.unavailable import outage
from gridline.errors import Unavailable

T = TypeVar("T")

BUSY_S = 2.0
"""A caller never waits longer than this for a connection or a lock of the store (fault F18)."""
_PLAN_ANEW = text("SET LOCAL plan_cache_mode = force_custom_plan")


class Refused(Exception):
    """The database is there and does not take these rows: they are wrong."""


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
    return os.urandom(16).hex()


def id_column() -> Any:
    """The primary key every table uses."""
    return mapped_column(String(32), primary_key=True, default=new_id)


def code_type(codes: type[StrEnum], length: int = 16) -> Enum:
    """The column type of a closed list of codes, stored as text: a new code needs no ALTER TYPE."""
    return Enum(
        codes, native_enum=False, length=length, values_callable=lambda members: [code.value for code in members]
    )


class Companion(Protocol):
    """Goes along with every `write()` of a database: what it raises before the end undoes the work."""

    async def begun(self, session: AsyncSession) -> None:
        """The transaction has begun."""

    async def ending(self, session: AsyncSession) -> None:
        """The work is done; its commit is next."""

    def committed(self, session: AsyncSession) -> None:
        """It is stored. Must not raise."""


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
                "connect_args": {
                    "timeout": BUSY_S,
                    "server_settings": lock_timeout,
                    "async_creator_fn": postgresql_connection.connect,
                },
            }
        self.engine: AsyncEngine = create_async_engine(url, **options)
        if not self.is_sqlite:
            self.engine.sync_engine.dialect.do_terminate = _drop  # type: ignore[assignment]
        event.listen(self.engine.sync_engine, "handle_error", _name_outage)
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", sqlite_connection.prepare)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)
        self._direct = direct.of(self.engine.dialect, self.url, BUSY_S)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self.companions: list[Companion] = []
        # SQLite's own waiting is a lottery of sleeps: with 50 writers in one process some lose it for 2 s.
        self._turn: AbstractAsyncContextManager[Any] = asyncio.Lock() if self.is_sqlite else nullcontext()

    @asynccontextmanager
    async def read(self, *, within_s: float | None = None) -> AsyncIterator[AsyncSession]:
        """A session for reading; nothing is committed.

        `within_s`: seconds for the whole block, for whoever has a caller on the line. Raises Unavailable when the store
        is gone or the time is over.
        """
        async with _budget(within_s), self._sessions() as session:
            await self._connect(session, writing=False)
            yield session

    @asynccontextmanager
    async def write(self, *, within_s: float | None = None) -> AsyncIterator[AsyncSession]:
        """A session whose work is one transaction, committed at the end of the block.

        Raises Unavailable when the store is gone, stays locked longer than BUSY_S, or `within_s`
        is over. Unavailable during the commit leaves it open whether the work was stored: whoever
        promises something must try again with the same key.
        """
        async with _budget(within_s), _within(BUSY_S, self._turn), self._sessions() as session:
            await self._connect(session, writing=True)
            for companion in self.companions:
                await companion.begun(session)
            yield session
            for companion in self.companions:
                await companion.ending(session)
            await session.commit()
            for companion in self.companions:
                companion.committed(session)

    async def _connect(self, session: AsyncSession, *, writing: bool) -> None:
        self._look_for_file()
        try:
            await session.connection(execution_options={"gridline_write": writing})
        except (OSError, TimeoutError) as error:  # asyncpg's connect raises these as they are
            raise Unavailable(f"База данных недоступна: {error}") from error
        except PoolTimeoutError as error:
            raise Unavailable("База данных не успевает отвечать: все соединения заняты") from error

    @asynccontextmanager
    async def glance(self, *, within_s: float) -> AsyncIterator[Glance]:
        """A few rows by their keys for a caller on the line, read by the driver itself: a tenth of a session's cost.

        `within_s`: seconds for the whole block. Raises Unavailable when the store is gone or the time is over.
        """
        async with _budget(within_s):
            yield Glance(self, self._direct)

    async def store(self, work: Sequence[tuple[UpdateBase, Sequence[Mapping[str, Any]]]], *, within_s: float) -> None:
        """Run each statement for each of its rows, all in one transaction and by the driver itself.

        The rows of a statement fill the same columns. Raises Unavailable (it is then open whether it was stored, as in
        `write`), Refused when a row is one that the database does not take.
        """
        self._look_for_file()
        dialect = self.engine.dialect
        try:
            told = [(Prepared.of(statement, dialect, rows[0]), rows) for statement, rows in work if rows]
            ready = [(one.sql, [one.arguments(row) for row in rows]) for one, rows in told]
            async with _budget(within_s), _within(BUSY_S, self._turn):
                await self._direct.store(ready)
        except DRIVER_ERRORS as error:
            raise outage(error) or Refused(str(error)) from error

    def insert_missing(self, into: FromClause) -> Insert:
        """The statement for `store` that inserts those rows of a table whose key is not there yet."""
        return inserting_missing(into, self.engine.dialect.name)

    def _look_for_file(self) -> None:
        if self._file is not None and not self._file.exists():  # else SQLite would make an empty one
            raise Unavailable(f"Базы данных {self._file} ещё нет. Выполните gridline migrate.")

    async def close(self) -> None:
        """Close every connection."""
        await self._direct.close()
        await self.engine.dispose()


class Glance:
    """What a session can do of reading, for statements that are built once: `scalars` and `execute`."""

    def __init__(self, db: Database, direct: direct.Direct) -> None:
        self._db = db
        self._direct = direct

    async def scalars(self, statement: Select[T], values: Mapping[str, Any]) -> Sequence[T]:
        """The entities of a `select(Model)`; changes to them are stored by nobody."""
        return await self._rows(statement, values)

    async def execute(self, statement: Select[*tuple[Any, ...]], values: Mapping[str, Any]) -> Sequence[Any]:
        """The rows, tuples with names."""
        return await self._rows(statement, values)

    async def _rows(self, statement: Select[*tuple[Any, ...]], values: Mapping[str, Any]) -> list[Any]:
        self._db._look_for_file()
        prepared = Prepared.of(statement, self._db.engine.dialect)
        try:
            return prepared.rows(await self._direct.rows(prepared.sql, prepared.arguments(values)))
        except DRIVER_ERRORS as error:
            if (away := outage(error)) is not None:
                raise away from error
            raise


Reads = AsyncSession | Glance
"""What a question of the caller's look-up may be asked by."""


async def insert_missing(
    session: AsyncSession, into: type[Base] | FromClause, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert those rows whose key is not there yet, all in one batch: doing it twice changes nothing.

    `into` is a model, or its table where CPU counts: a third of the cost, and the rows must fill the same columns.
    """
    if rows:
        await session.execute(inserting_missing(into, session.get_bind().dialect.name), list(rows))


@cache
def inserting_missing(into: type[Base] | FromClause, dialect: str) -> Insert:
    """INSERT ... ON CONFLICT DO NOTHING."""
    target = cast("type[Base]", into)
    insert = sqlite.insert(target) if dialect == "sqlite" else postgresql.insert(target)
    return insert.on_conflict_do_nothing()


def unindexed(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The same condition, hidden from the planners of both databases: no index is entered by it."""
    return case((condition, 1), else_=0) == 1


async def plan_anew(session: AsyncSession) -> None:
    """Have PostgreSQL plan what this transaction asks from here on for the very values that are asked.

    How often a word was said and how long a period is decide which way to the rows is short; of a question that was
    asked five times it may keep one plan that knows neither. SQLite plans each time.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(_PLAN_ANEW)


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
    if context.is_pre_ping:  # a connection that was lost while nobody used it: the pool makes another one
        return None
    return Unavailable(f"База данных недоступна: {error}") if context.is_disconnect else outage(error)


def _drop(connection: DBAPIConnection) -> None:
    """Drop a connection that was given up: SQLAlchemy 2.0 would wait 2 s for a frozen server's good-bye first."""
    connection.driver_connection.terminate()


def _begin_sqlite(connection: Any) -> None:
    writing = connection.get_execution_options().get("gridline_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
