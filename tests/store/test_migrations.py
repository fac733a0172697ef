"""The migrations make what the models say, once, on both databases."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from sqlalchemy import Connection, column, insert, inspect, select, table, text

from grid.outages.models import OutageScope
from gridline.db import Database
from migrations import config, differences, upgrade
from tests.postgres import PostgresServer


async def test_models_and_migrations_agree(db: Database) -> None:
    assert await differences(db) == []


async def test_a_difference_would_be_found(db: Database) -> None:
    async with db.write() as session:
        await session.execute(text("DROP TABLE recordings"))
    assert any("recordings" in line for line in await differences(db))


async def test_migrating_twice_changes_nothing(db: Database) -> None:
    assert await upgrade(db) == await upgrade(db)


async def test_every_migration_goes_back_and_forth(db: Database) -> None:
    def down(connection: Connection) -> None:
        command.downgrade(config(connection), "base")

    def tables(connection: Connection) -> set[str]:
        return set(inspect(connection).get_table_names())

    async with db.write() as session:
        connection = await session.connection()
        await connection.run_sync(down)
        assert await connection.run_sync(tables) == {"alembic_version"}
    async with db.read() as session:
        newest = await session.scalar(text("SELECT version_num FROM alembic_version"))
    assert newest is None
    await upgrade(db)
    async with db.read() as session:
        assert {"outages", "calls", "recordings"} <= await (await session.connection()).run_sync(tables)


async def test_keys_of_places_stored_before_are_made_anew(db: Database) -> None:
    def back(connection: Connection) -> None:
        command.downgrade(config(connection), "0025")

    places = {"settlement": "р.п. Яшкино", "street": "пр. Ленина"}
    old = {"settlement_key": "р п яшкино", "street_key": "пр ленина"}
    async with db.write() as session:
        await (await session.connection()).run_sync(back)
        stored = {"id": "o" * 32, "company_id": "skek", "code": "1", "service": "electricity", "planned": False}
        stored |= {"status": "active", "cause": "", "starts_at": datetime(2026, 11, 22, tzinfo=UTC)}
        await session.execute(insert(table("outages", *(column(name) for name in stored))).values(stored))
        scope = {"id": "s" * 32, "outage_id": "o" * 32, "line": "", **places, **old}
        await session.execute(insert(table("outage_scopes", *(column(name) for name in scope))).values(scope))
    await upgrade(db)
    async with db.read() as session:
        keys = (await session.execute(select(OutageScope.settlement_key, OutageScope.street_key))).one()
    assert tuple(keys) == ("пгт яшкино", "пр-кт ленина")


async def test_two_processes_migrate_one_empty_postgresql(postgres_server: PostgresServer) -> None:
    postgres_server.create("migrated_twice")
    both = [Database(postgres_server.url("migrated_twice")) for _ in range(2)]
    try:
        first, second = await asyncio.gather(*(upgrade(one) for one in both))
        assert first == second
    finally:
        for one in both:
            await one.close()
        postgres_server.drop("migrated_twice")


async def test_sqlite_in_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/var/deep/gridline.db")
    try:
        assert await upgrade(database)
        async with database.read() as session:
            assert (await session.execute(text("PRAGMA foreign_keys"))).scalar() == 1
    finally:
        await database.close()
