"""Schema revisions: upgrades a database to the newest, or shows how it differs from the models.

A revision is one file `versions/NNNN_what.py` with `revision = "NNNN"`; there is one head.
"""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from gridline.db import Database
from gridline.errors import Misconfigured, Unavailable
from migrations.models import metadata

HERE = Path(__file__).resolve().parent
LOCK = 0x67726964
"""The PostgreSQL advisory lock that lets one process migrate at a time («grid»)."""
LOCK_WAIT_S = 60


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether a database object belongs to the models; full-text indexes (`*_fts*`) do not."""
    return kind not in ("table", "index") or name is None or "_fts" not in name


def config(connection: Connection) -> Config:
    """Alembic's configuration, bound to an open connection instead of an ini file."""
    alembic = Config(stdout=StringIO())
    alembic.set_main_option("script_location", str(HERE).replace("%", "%%"))
    alembic.attributes["connection"] = connection
    return alembic


async def upgrade(database: Database) -> str:
    """Upgrade the database to the newest revision, in one transaction; returns that revision.

    Raises Unavailable when the store is gone, Misconfigured when it is newer than this program. Of two processes at
    once the second waits, then finds nothing to do.
    """
    if database.is_sqlite and database.url.database:
        Path(database.url.database).parent.mkdir(parents=True, exist_ok=True)
    try:
        async with database.engine.connect() as connection:
            if database.is_sqlite:
                # Alembic alters a table by recreating it; dropping the old one would delete, by cascade, what
                # refers to it. The pragma has no effect inside a transaction, so it bypasses SQLAlchemy.
                driver = (await connection.get_raw_connection()).driver_connection
                assert driver is not None
                await (await driver.execute("PRAGMA foreign_keys=OFF")).close()
            await connection.execution_options(gridline_write=True)
            async with connection.begin():
                await connection.run_sync(_upgrade)
            await connection.invalidate()  # it ignores foreign keys, so it must not return to the pool
    except (OSError, TimeoutError) as error:
        raise Unavailable(f"База данных недоступна: {error}") from error
    return str(await revision(database))


async def revision(database: Database) -> str | None:
    """The revision the database is at; None before the first. Raises Unavailable."""
    async with database.read() as session:
        return await (await session.connection()).run_sync(_revision)


def newest() -> str:
    """The revision this program expects."""
    return str(ScriptDirectory(str(HERE)).get_current_head())


def knows(revision: str) -> bool:
    """Whether this program has that revision: a database of an older release can be upgraded, one of a newer cannot."""
    try:
        return ScriptDirectory(str(HERE)).get_revision(revision) is not None
    except CommandError:
        return False


async def differences(database: Database) -> list[str]:
    """What autogenerate would still change: empty when the models and the database agree."""
    async with database.read() as session:
        connection = await session.connection()
        return await connection.run_sync(_differences)


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_WAIT_S}s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    try:
        command.upgrade(config(connection), "head")
    except CommandError as error:  # a revision this program does not know
        raise Misconfigured(
            f"База новее программы или чужая: {error}. Поставьте версию программы, которая её вела."
        ) from error
    if connection.dialect.name == "sqlite":
        orphans = connection.execute(text("PRAGMA foreign_key_check")).all()
        if orphans:
            raise Misconfigured(f"Миграция оставила записи без родителя: {orphans[:5]}")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _differences(connection: Connection) -> list[str]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": is_ours})
    return [repr(difference) for difference in compare_metadata(context, metadata())]
