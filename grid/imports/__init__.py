"""What the imports share: whose table it is, what came of it, and writing many rows at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from grid.models import SubscriberKind
from gridline.companies import Companies, Company
from gridline.db import Base
from gridline.driver import turns
from gridline.errors import NotFound
from gridline.numbers import accounts
from gridline.tables import tabular
from gridline.tables.cells import When
from gridline.tables.tabular import BadCell, Problems, Row

T = TypeVar("T")

Key = tuple[str, str]
"""A company and a number of its own systems: an account, a premise, an outage, an application."""

APPLICANTS = {
    "физлицо": SubscriberKind.PERSON,
    "юрлицо": SubscriberKind.COMPANY,
    "ип": SubscriberKind.ENTREPRENEUR,
}

MANY = 500
"""Rows a statement: well below the parameter limits of both databases."""


class Spellings:
    """The numbers that are known, by what a spreadsheet leaves of them: it takes a number's leading zeros off."""

    def __init__(self, known: Iterable[Key]) -> None:
        self._known: dict[Key, list[Key]] = defaultdict(list)
        for key in known:
            self._known[_bare(key)].append(key)

    def known(self, column: str, key: Key) -> Key | None:
        """The one known number that `key` is a spelling of. Raises BadCell where it may be any of several."""
        found = self._known.get(_bare(key), [])
        if key in found:
            return key
        if len(found) > 1:
            several = ", ".join(number for _, number in found[:5])
            raise BadCell(f"«{column}»: {key[1]} — ноли впереди потеряны, а есть {several}: впишите номер целиком")
        return found[0] if found else None

    def settled(self, column: str, key: Key) -> Key:
        """As `known`; a number that is new is known from now on, as it is written here. Raises BadCell."""
        found = self.known(column, key)
        if found is None:
            self._known[_bare(key)].append(key)
        return found or key


def written_alike(numbers: Collection[str]) -> list[str]:
    """Every number that may be one of these once a spreadsheet took zeros off, for a question to the store."""
    zeroed = (accounts.spellings(one) if one.isascii() and one.isdigit() else () for one in numbers)
    return sorted({*numbers, *chain.from_iterable(zeroed)})


def _bare(key: Key) -> Key:
    return key[0], accounts.bare(key[1])


@dataclass(frozen=True)
class Outcome:
    """How many records of the table are new, changed, and just as the store has them."""

    added: int
    changed: int
    unchanged: int
    notes: tuple[str, ...] = ()
    """What a person should look at, a sentence each."""
    removed: int = 0
    """Of tables that are taken whole in place of what was: how many are no more."""

    @property
    def sentence(self) -> str:
        """For the person who imported."""
        if not self.added and not self.changed and not self.removed:
            same = f": записей в файле {self.unchanged}, все уже такие" if self.unchanged or not self.notes else ""
            return f"Изменений нет{same}."
        gone = f", убрано: {self.removed}" if self.removed else ""
        return f"Добавлено: {self.added}, изменено: {self.changed}{gone}, без изменений: {self.unchanged}."


@dataclass(frozen=True)
class HandedTable:
    """One handed-in table and how it is to be read."""

    file: Path
    companies: Companies
    company_id: str = ""
    """Whose rows they are where the table has no column «компания»."""
    offsets_from: datetime | None = None
    """Set for samples alone: from when `+3h` counts."""
    given: Sequence[Mapping[str, object]] | None = None
    """The rows themselves where they came as JSON; `file` is then only what they are called."""
    counted: bool = False
    """Whether the file must end in a row that says how many there were: one that broke off is refused whole."""

    def rows(
        self,
        *,
        required: Sequence[str],
        optional: Sequence[str],
        problems: Problems,
        ways: Mapping[str, str] = tabular.NO_WAYS,
        with_lines: Collection[str] = (),
    ) -> Iterator[Row]:
        """Each row, as `gridline.tables.tabular.rows` gives it. Raises InvalidInput."""
        if self.given is not None:
            return tabular.given_rows(self.file, self.given, required=required, optional=optional, problems=problems)
        return tabular.rows(
            self.file,
            required=required,
            optional=optional,
            problems=problems,
            counted=self.counted,
            ways=ways,
            with_lines=with_lines,
        )

    def company(self, cells: Mapping[str, str]) -> Company:
        """The company of a row. Raises BadCell."""
        company_id = cells["компания"] or self.company_id
        if not company_id:
            raise BadCell("«компания» не заполнено")
        try:
            return self.companies.by_id(company_id)
        except NotFound as error:
            raise BadCell(error.message) from error

    def when(self, company: Company) -> When:
        """How this table's times are read."""
        return When(company.zone, self.offsets_from)


async def take_turn(session: AsyncSession) -> None:
    """Wait for another import to end. Raises Unavailable when it takes too long."""
    await turns.take(session, "imports")


def slices(items: Sequence[T], size: int = MANY) -> Iterator[Sequence[T]]:
    """`items` in parts."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


async def insert_all(session: AsyncSession, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert `rows`."""
    for part in slices(rows):
        await session.execute(insert(model), list(part))


async def update_all(session: AsyncSession, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Write `rows` over those with the same `id`."""
    for part in slices(rows):
        await session.execute(update(model), list(part))
