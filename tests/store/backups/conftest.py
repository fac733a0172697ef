"""An installation to lose on each database, and an empty database of the same kind to come back into."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gridline.db import Database, new_id
from service.backup.target import BackupFolder
from tests.store.backups.lived import Lived


@pytest.fixture
async def lived(db: Database, tmp_path: Path) -> Lived:
    """Of each database in turn."""
    return await Lived.under(tmp_path, db)


@pytest.fixture
async def lived_on_sqlite(sqlite_db: Database, tmp_path: Path) -> Lived:
    """Where the kind of the database changes nothing."""
    return await Lived.under(tmp_path, sqlite_db)


@pytest.fixture
def target(tmp_path: Path) -> BackupFolder:
    """The folder of its backups."""
    (tmp_path / "backups").mkdir(exist_ok=True)
    return BackupFolder(tmp_path / "backups")


@pytest.fixture
def empty_url(db_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of the same kind."""
    if db_url.startswith("sqlite"):
        yield f"sqlite+aiosqlite:///{tmp_path}/empty/gridline.db"
        return
    server = request.getfixturevalue("postgres_server")
    name = f"empty_{new_id()}"
    server.create(name)
    yield server.url(name)
    server.drop(name)
