"""Databases for tests: a migrated SQLite file and a migrated PostgreSQL database, fresh for each test.

Property tests draw the same examples every time, so that a run judges the change and not the draw;
`pytest --hypothesis-profile=default` draws new ones.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import hypothesis
import pytest
import structlog

from grid.imports import HandedTable
from grid.imports.connections import import_connections
from grid.imports.outages import import_outages
from grid.imports.premises import import_premises
from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import Database, new_id
from gridline.settings import HOUSE
from migrations import upgrade
from tests.postgres import PostgresAbsent, PostgresServer

TEMPLATE = "gridline_template"

if "PYTEST_XDIST_WORKER" in os.environ:
    # Linux shares processors among sessions (autogroups). In one with the other workers, a test's ears and mouths would
    # come late to their sound while Asterisk, a controller and a browser, each a session, are busy.
    with suppress(PermissionError):
        os.setsid()

hypothesis.settings.register_profile("steady", derandomize=True)
hypothesis.settings.load_profile("steady")

_plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
structlog.configure([*structlog.get_config()["processors"][:-1], _plain])
"""A traceback drawn with its variables, as structlog does by itself, costs half a second of CPU."""

_WITH_CALLERS = {Path(__file__).parent / folder for folder in ("calls", "faults", "load")}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let a test with callers or a browser that failed be made once more; the run's summary names it and its reason.

    On two busy processors a second of sound may be lost between an Asterisk and an ear. What is wrong fails again.
    """
    for item in items:
        in_a_browser = isinstance(item, pytest.Function) and "browser" in item.fixturenames
        if in_a_browser or item.get_closest_marker("real_asterisk") or item.path.parent in _WITH_CALLERS:
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why each test that was made once more had failed."""
    for report in terminalreporter.getreports("rerun"):
        terminalreporter.section(f"failed at first: {report.nodeid}")
        terminalreporter.write_line(report.longreprtext)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated SQLite file to copy."""
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    _migrate(f"sqlite+aiosqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A running PostgreSQL server with a migrated template; skips, saying so, where there are no programs."""
    try:
        server = PostgresServer(fsync="off")  # no test loses the machine; each of them makes and drops a database
    except PostgresAbsent as absent:
        pytest.skip(str(absent))
    try:
        server.create(TEMPLATE)
        _migrate(server.url(TEMPLATE))
        yield server
    finally:
        server.stop()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a fresh, migrated SQLite file."""
    file = tmp_path / "gridline.db"
    shutil.copyfile(sqlite_template, file)
    return f"sqlite+aiosqlite:///{file}"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of a fresh, migrated PostgreSQL database."""
    name = f"test_{new_id()}"
    postgres_server.create(name, template=TEMPLATE)
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def db_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh, migrated database of each kind in turn."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture(scope="session")
def sample_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file with the sample premises, outages and applications, to copy."""
    file = tmp_path_factory.mktemp("sample") / "sample.db"
    shutil.copyfile(sqlite_template, file)

    async def fill() -> None:
        db, companies = Database(f"sqlite+aiosqlite:///{file}"), Companies.load(HOUSE / "dialplan/companies")
        now = SystemClock().now().replace(second=0, microsecond=0)
        await import_premises(db, HandedTable(HOUSE / "grid/samples/premises.csv", companies, "", now))
        await import_outages(db, HandedTable(HOUSE / "grid/samples/outages.csv", companies, "", now))
        await import_connections(db, HandedTable(HOUSE / "grid/samples/connections.csv", companies, "", now))
        await db.close()

    asyncio.run(fill())
    return file


@pytest.fixture
async def db(db_url: str) -> AsyncIterator[Database]:
    """A fresh, migrated database of each kind in turn."""
    database = Database(db_url)
    yield database
    await database.close()


@pytest.fixture
async def sqlite_db(sqlite_url: str) -> AsyncIterator[Database]:
    """A fresh, migrated SQLite database."""
    database = Database(sqlite_url)
    yield database
    await database.close()


@pytest.fixture
async def postgres_db(postgres_url: str) -> AsyncIterator[Database]:
    """A fresh, migrated PostgreSQL database."""
    database = Database(postgres_url)
    yield database
    await database.close()


def _migrate(url: str) -> None:
    async def migrate() -> None:
        database = Database(url)
        try:
            await upgrade(database)
        finally:
            await database.close()

    asyncio.run(migrate())
