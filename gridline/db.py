"""The database: one declarative base, sessions that read or write, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import DateTime, Dialect, MetaData, String, TypeDecorator, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, mapped_column

from gridline.errors import Unavailable

BUSY_TIMEOUT_MS = 2_000  # a caller never waits longer than this for a locked store (fault F18)


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


class Database:
    """One engine and two kinds of session: `read()` and `write()`.

    `write()` commits when its block ends and rolls back when the block raises. On SQLite it takes
    the write lock at once (BEGIN IMMEDIATE), so that two writers wait for each other instead of one
    of them failing half-way with "database is locked".
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        options: dict[str, Any] = {"pool_size": pool_size}
        if self.is_sqlite:
            options["connect_args"] = {"timeout": BUSY_TIMEOUT_MS / 1000}
        else:
            options |= {"pool_pre_ping": True, "connect_args": {"timeout": BUSY_TIMEOUT_MS / 1000}}
        self.engine: AsyncEngine = create_async_engine(url, **options)
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for reading; nothing is committed. Raises Unavailable when the store is gone."""
        async with self._session(writing=False) as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is one transaction, committed at the end of the block.

        Raises Unavailable when the store is gone or stays locked longer than its budget.
        """
        async with self._session(writing=True) as session:
            yield session
            await session.commit()

    @asynccontextmanager
    async def _session(self, *, writing: bool) -> AsyncIterator[AsyncSession]:
        try:
            async with self._sessions() as session:
                if writing:
                    await session.connection(execution_options={"gridline_write": True})
                yield session
        except (OSError, TimeoutError) as error:
            raise Unavailable(f"База данных недоступна: {error}") from error
        except DBAPIError as error:
            if _is_outage(error):
                raise Unavailable(f"База данных недоступна: {error.orig}") from error
            raise
        except SQLAlchemyError as error:
            if error.code == "3o7r":  # the pool gave no connection in time
                raise Unavailable("База данных не успевает отвечать") from error
            raise

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def _is_outage(error: DBAPIError) -> bool:
    """Whether the store is gone or locked (against: the statement is wrong)."""
    return error.connection_invalidated or error.__class__.__name__ in {"OperationalError", "InterfaceError"}


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    writing = connection.get_execution_options().get("gridline_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


assert sqlite3.sqlite_version_info >= (3, 35), "SQLite 3.35 or newer is needed (RETURNING)"
