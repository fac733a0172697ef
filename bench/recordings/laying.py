"""Lays a made past into a database in bulk: its indexes are put off until all is there, its triggers are not."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final, Protocol

import asyncpg  # type: ignore[import-untyped]  # it has no types
from sqlalchemy import func, select, text

from bench.recordings import said
from bench.recordings.past import Rows, batches
from gridline.companies import Company
from gridline.db import Database
from gridline.errors import Unavailable
from quality.search.index import mark
from recordings.models import Recording

SPOKEN: Final = "spoken_words"
_INDEXES: Final = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "postgresql": (
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT IN"
        " (SELECT conname FROM pg_constraint)"
    ),
}
_SPEAK: Final = (
    "INSERT INTO spoken_words (recording_id, words)"
    " SELECT id, array_to_tsvector(ARRAY[mark]) || to_tsvector('russian', said)"
    " FROM unnest($1::text[], $2::text[], $3::text[]) AS given(id, mark, said)"
)


class Bulk(Protocol):
    """One database, open for much at once."""

    async def rows(self, table: str, rows: Sequence[dict[str, Any]]) -> None:
        """Store rows that have the same columns."""

    async def spoken(self, rows: Sequence[dict[str, Any]]) -> None:
        """Store the words of recordings where they are searched."""


async def holds(db: Database, rows: int) -> bool:
    """Whether it was filled before. Raises Unavailable when only a part is there, or another past."""
    async with db.read() as session:
        there = int((await session.execute(select(func.count()).select_from(Recording))).scalar_one())
    if there not in (0, rows):
        raise Unavailable(f"В хранилище {there} записей, а нужно {rows}: удалите его или назовите другое.")
    return there == rows


async def fill(dbs: Sequence[Database], company: Company, rows: int) -> float:
    """Lay the same past into all of them, made once; returns the seconds it took."""
    begins = time.perf_counter()
    for db in dbs:
        await db.engine.dispose()  # SQLite changes its journal only where nobody else has the file open
    async with _all_open(dbs) as bulks:
        for batch in batches(company, rows):
            await asyncio.gather(*(_store(bulk, batch) for bulk in bulks))
    for db in dbs:
        async with db.engine.connect() as connection:  # what autovacuum does in its time
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text("ANALYZE" if db.is_sqlite else "VACUUM ANALYZE"))
    return round(time.perf_counter() - begins, 1)


async def _store(bulk: Bulk, batch: Rows) -> None:
    for table, rows in batch.items():
        await (bulk.spoken(rows) if table == SPOKEN else bulk.rows(table, rows))


@asynccontextmanager
async def _all_open(dbs: Sequence[Database]) -> AsyncIterator[list[Bulk]]:
    if not dbs:
        yield []
        return
    first, *rest = dbs
    async with _lite(first) if first.is_sqlite else _postgres(first) as bulk, _all_open(rest) as others:
        yield [bulk, *others]


@asynccontextmanager
async def _lite(db: Database) -> AsyncIterator[Bulk]:
    connection = sqlite3.connect(str(db.url.database), isolation_level=None, check_same_thread=False)
    try:
        # Nothing is lost with this file: it is made anew when this is broken off.
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -500000", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {setting}")
        indexes = connection.execute(_INDEXES["sqlite"]).fetchall()
        for name, _ in indexes:
            connection.execute(f'DROP INDEX "{name}"')
        connection.execute("BEGIN")
        yield _Lite(connection)
        connection.execute("COMMIT")
        for _, made in indexes:
            await asyncio.to_thread(connection.execute, made)
        connection.execute("INSERT INTO spoken_words_fts (spoken_words_fts) VALUES ('optimize')")
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


class _Lite:
    """SQLite by its own driver, in a thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def rows(self, table: str, rows: Sequence[dict[str, Any]]) -> None:
        await asyncio.to_thread(self._insert, table, list(rows[0]), (tuple(map(_plain, row.values())) for row in rows))

    async def spoken(self, rows: Sequence[dict[str, Any]]) -> None:
        told = (
            (row["recording_id"], f"{mark(row['at'])} {row['talk'].stems} {said.rare_stem(row['rare'])}")
            for row in rows
        )
        await asyncio.to_thread(self._insert, SPOKEN, ["recording_id", "words"], told)

    def _insert(self, table: str, columns: list[str], rows: Iterable[tuple[Any, ...]]) -> None:
        into = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        self._connection.executemany(into, rows)


def _plain(value: Any) -> Any:
    """A moment as SQLAlchemy stores it there."""
    return value.isoformat(" ", "microseconds")[:26] if isinstance(value, datetime) else value


@asynccontextmanager
async def _postgres(db: Database) -> AsyncIterator[Bulk]:
    connection = await asyncpg.connect(
        host=db.url.host, port=db.url.port, user=db.url.username, database=db.url.database, timeout=10
    )
    try:
        await connection.execute("SET synchronous_commit = off; SET maintenance_work_mem = '512MB'")
        indexes = await connection.fetch(_INDEXES["postgresql"])
        for index in indexes:
            await connection.execute(f'DROP INDEX "{index["indexname"]}"')
        yield _Postgres(connection)
        for index in indexes:
            await connection.execute(index["indexdef"])
    finally:
        await connection.close()


class _Postgres:
    """PostgreSQL by COPY."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def rows(self, table: str, rows: Sequence[dict[str, Any]]) -> None:
        records = [tuple(row.values()) for row in rows]
        await self._connection.copy_records_to_table(table, records=records, columns=list(rows[0]))

    async def spoken(self, rows: Sequence[dict[str, Any]]) -> None:
        ids = [row["recording_id"] for row in rows]
        words = [f"{row['talk'].words} {row['rare']}" for row in rows]
        await self._connection.execute(_SPEAK, ids, [mark(row["at"]) for row in rows], words)
