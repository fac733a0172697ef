"""What the store's tests share: the product's own companies, the worklist, tables written on the spot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.settings import HOUSE
from tests.disks import small_disk
from tests.store.away import Away
from worklist import clocks
from worklist.worklist import Worklist

TableFile = Callable[..., Path]


@pytest.fixture(scope="session")
def companies() -> Companies:
    """The companies the product ships."""
    return Companies.load(HOUSE / "dialplan" / "companies")


@pytest.fixture
def worklist(db: Database) -> Worklist:
    """The worklist with the clocks the product ships."""
    return Worklist(db, SystemClock(), clocks.of_installation(HOUSE / "dialplan"))


@pytest.fixture
def table_file(tmp_path: Path) -> TableFile:
    """Writes lines as a table and returns the file."""

    def write(*lines: str, name: str = "table.csv", encoding: str = "utf-8-sig") -> Path:
        file = tmp_path / name
        file.write_bytes("\n".join(lines).encode(encoding))
        return file

    return write


@pytest.fixture
def away(sqlite_db: Database, tmp_path: Path) -> Iterator[Away]:
    """An installation whose store is a small disk."""
    with small_disk(tmp_path / "recordings/store"):
        yield Away.under(sqlite_db, tmp_path)
