"""Feeds by files: each company's folder is looked at, a settled file is taken in, then put with what came of it.

`var/feeds/<company>/<feed>/` holds what is to come; `done/` and `refused/` hold what came, each with a text beside it
that says how it went. A file that is taken in twice, after a crash between the two, changes nothing.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG
from typing import Any, Final

import structlog

from grid.feeds.intake import FeedIntake
from grid.imports import HandedTable
from gridline.clock import Clock
from gridline.companies import Companies, Company, FeedRule
from gridline.errors import InvalidInput

SETTLED_S: Final = 2.0
"""A file that has not grown for so long is all there, or will never be."""
LARGEST: Final = 8 * 2**20
TABLES: Final = frozenset({".csv", ".xlsx", ".json"})
UNFINISHED: Final = (".part", ".tmp", ".new")
KEPT: Final = 200
"""Files kept in `done` and in `refused`, the newest."""

log = structlog.get_logger(__name__)


class FeedFolders:
    """The watched folders of every company."""

    def __init__(self, folder: Path, companies: Companies, intake: FeedIntake, clock: Clock) -> None:
        self._folder = folder
        self._companies = companies
        self._intake = intake
        self._clock = clock

    async def sweep(self) -> None:
        """Take in what has settled, the oldest first. Raises Unavailable while the store is away: files stay."""
        for company in self._companies:
            for rule in company.feeds:
                if rule.way == "folder":
                    await self._look(company, rule, self._folder / company.id / rule.name)

    async def _look(self, company: Company, rule: FeedRule, folder: Path) -> None:
        with _alone(folder) as alone:
            if not alone:
                return
            for file in await asyncio.to_thread(_settled, folder):
                await self._take(company, rule, file)

    async def _take(self, company: Company, rule: FeedRule, file: Path) -> None:
        try:
            table = await asyncio.to_thread(_table, file, self._companies, company)
            taken = await self._intake.take(company, rule, table)
        except InvalidInput as error:
            await asyncio.to_thread(self._put, file, "refused", error.message)
        else:
            await asyncio.to_thread(self._put, file, "done", "\n".join([taken.outcome.sentence, *taken.outcome.notes]))
            log.info("feed-taken", company=company.id, feed=rule.name, file=file.name, said=taken.outcome.sentence)

    def _put(self, file: Path, what: str, reason: str) -> None:
        folder = file.parent / what
        folder.mkdir(exist_ok=True)
        name = f"{self._clock.now():%Y%m%d-%H%M%S-%f}-{file.name}"
        (folder / f"{name}.txt").write_text(f"{reason}\n", encoding="utf-8")
        file.replace(folder / name)
        for old in sorted(folder.iterdir())[: -2 * KEPT]:
            old.unlink(missing_ok=True)


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Whether no other process is at this folder; it is made where it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(handle)


def _settled(folder: Path) -> list[Path]:
    """Files that came and grow no more, in the order they came; what is not a file of ours to read is left alone."""
    found = []
    for file in folder.iterdir():
        told = file.lstat()
        if not S_ISREG(told.st_mode) or file.name.startswith(".") or file.name.endswith(UNFINISHED):
            continue
        if time.time() - told.st_mtime >= SETTLED_S:
            found.append((told.st_mtime, file))
    return [file for _, file in sorted(found)]


def _table(file: Path, companies: Companies, company: Company) -> HandedTable:
    """What the file holds. Raises InvalidInput."""
    if file.suffix.lower() not in TABLES:
        raise InvalidInput(f"{file.name}: нужен файл CSV, XLSX или JSON.")
    if file.stat().st_size > LARGEST:
        raise InvalidInput(f"{file.name}: файл больше {LARGEST // 2**20} МБ.")
    if file.suffix.lower() != ".json":
        return HandedTable(file, companies, company.id, counted=True)
    try:
        rows: Any = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{file.name}: это не целый JSON в UTF-8.") from error
    return HandedTable(file, companies, company.id, given=given(file.name, rows))


def given(name: str, rows: object) -> list[dict[str, object]]:
    """Rows out of JSON: a list of objects, a list in a cell written with semicolons. Raises InvalidInput."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InvalidInput(f"{name}: нужен список объектов: столбцы и значения, как в таблице.")
    return [{column: _cell(name, column, value) for column, value in row.items()} for row in rows]


def _cell(name: str, column: str, value: object) -> object:
    match value:
        case list():
            return "; ".join(str(_cell(name, column, one) or "") for one in value)
        case None | str() | bool() | int() | float():
            return value
        case _:
            raise InvalidInput(f"{name}: «{column[:40]}»: нужно слово, число или список, а не объект.")
