"""Copies the database as it is at one moment, while it is written to, and fills an empty one from such a copy."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from gridline.db import Database
from gridline.errors import Conflict, Unavailable
from gridline.synced import sync_folder
from service.backup import postgres


@asynccontextmanager
async def copied(db: Database, file: Path) -> AsyncIterator[AsyncSession]:
    """Copy the database into `file`; the session sees exactly what was copied, however others write meanwhile.

    Raises Unavailable while the database is away, OSError when SQLite's copy finds no room.
    """
    if db.is_sqlite:
        await asyncio.to_thread(_copy, _file_of(db), file)
        engine = create_async_engine(f"sqlite+aiosqlite:///{file}")
        try:
            async with AsyncSession(engine) as session:
                yield session
        finally:
            await engine.dispose()
        return
    try:
        async with db.engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            async with AsyncSession(connection) as session:
                await session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
                snapshot = (await session.execute(text("SELECT pg_export_snapshot()"))).scalar_one()
                await postgres.dump(db.url, str(snapshot), file)
                yield session
    except (OSError, TimeoutError) as error:
        raise Unavailable(f"База данных недоступна: {error}") from error


async def must_be_empty(db: Database) -> None:
    """Raises Conflict for a database that has a table, Unavailable for one that is away."""
    shown = db.url.render_as_string(hide_password=True)
    if db.is_sqlite and not _file_of(db).exists():
        return
    try:
        async with db.engine.connect() as connection:
            tables = await connection.run_sync(_tables)
    except (OSError, TimeoutError) as error:
        raise Unavailable(f"База данных {shown} недоступна: {error}") from error
    if tables:
        raise Conflict(
            f"В базе {shown} уже есть данные (таблиц: {tables}), поверх них восстанавливать нельзя. "
            "Уберите её в сторону или назовите пустую: database_url в настройках."
        )


async def fill(db: Database, copy: Path) -> None:
    """Fill an empty database from a copy: all of it comes, or nothing. Raises Unavailable, OSError."""
    if not db.is_sqlite:
        await postgres.restore(db.url, copy)
        return
    file = _file_of(db)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = file.with_name(f"{file.name}.new")
    half.unlink(missing_ok=True)
    await asyncio.to_thread(_copy, copy, half)
    half.replace(file)
    sync_folder(file.parent)


def _file_of(db: Database) -> Path:
    return Path(db.url.database or "")


def _copy(source: Path, target: Path) -> None:
    """By SQLite's online backup in one step: whoever writes meanwhile waits for nothing, and changes nothing in it."""
    if not source.exists():
        raise Unavailable(f"Базы данных {source} ещё нет. Выполните gridline migrate.")
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(sqlite3.connect(source)) as there, closing(sqlite3.connect(target)) as here:
            here.execute("PRAGMA synchronous = OFF")  # synced below, once
            there.backup(here)
            here.execute("PRAGMA journal_mode = DELETE")  # one file, also on a network's disk
    except sqlite3.Error as error:
        full = error.sqlite_errorcode == sqlite3.SQLITE_FULL
        if full or error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_IOERR:
            raise OSError(28 if full else 5, str(error), str(target)) from error
        raise Unavailable(f"База данных {source} не копируется: {error}") from error
    with target.open("rb") as written:
        os.fsync(written.fileno())


def _tables(connection: Connection) -> int:
    return len(inspect(connection).get_table_names())
