"""`gridline import numbering`: the official tables of number ranges, each taken whole in place of the one before."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from grid.imports import Outcome, slices, take_turn
from grid.numbering import table
from grid.numbering.models import NumberingTable, NumberOrigin, NumberRange
from grid.numbering.table import OfficialTable, TableRow
from gridline.db import Base, Database, new_id
from gridline.driver.prepared import Prepared
from gridline.errors import Conflict, InvalidInput

LEAST_LEFT = 0.9
"""A table that holds less than this share of the numbers it held before has not come whole."""
_RANGES, _ORIGINS = NumberRange.__table__, NumberOrigin.__table__
Stored = tuple[int, int, int]
"""A row of `number_ranges`."""


@dataclass(frozen=True, slots=True)
class _Change:
    """What makes the stored ranges of one table those of its file."""

    new: OfficialTable
    edition: str
    """What is stored, to be sure when it is written that nobody was there meanwhile; empty for nothing."""
    gone: Sequence[int]
    """First numbers of ranges that are no more, or have changed."""
    fresh: Sequence[Stored]
    changed: int
    """How many of both are the same range, with something else about it."""


class _Origins:
    """The origins of the store, and those that the files add."""

    def __init__(self, stored: Mapping[tuple[str, str, str], int]) -> None:
        self._ids = dict(stored)
        self._next = max(stored.values(), default=0) + 1
        self.fresh: list[tuple[int, str, str, str]] = []

    def id_of(self, row: TableRow) -> int:
        """The id of what is written about a range; it is new where nobody had it."""
        written = row[2:]
        id = self._ids.get(written)
        if id is None:
            id = self._ids[written] = self._next
            self._next += 1
            self.fresh.append((id, *written))
        return id


async def import_numbering(
    database: Database,
    files: Sequence[Path],
    *,
    at: datetime,
    actor: str,
    smaller: bool = False,
    dry_run: bool = False,
) -> Outcome:
    """Store the ranges of every file, or of none; codes of other first digits stay as they are.

    `at` and `actor` are kept with the table: when it was handed in last, and by whom. `smaller`: a table may hold much
    less than before. `dry_run`: everything is checked and counted, nothing is stored. What is to be written is found
    out before the write lock is taken, for every call writes too. Raises InvalidInput that names every wrong
    row of every file, Conflict when another import was quicker, Unavailable when the store is gone.
    """
    tables = await asyncio.to_thread(_read, files)  # the loop is the calls'
    async with database.read() as session:
        stored = await _stored(session)
        editions = {digit: one.edition for digit, one in stored.items()}
        if not smaller:
            _look_for_losses(tables, stored)
        known = await session.execute(select(*_ORIGINS.c))
        origins = _Origins({(row.operator, row.region, row.territory): row.id for row in known})
        changes = [await _change(session, one, stored.get(one.digit), origins) for one in tables]
    if not dry_run:
        async with database.write() as session:
            await take_turn(session)
            if {digit: one.edition for digit, one in (await _stored(session)).items()} != editions:
                raise Conflict("Таблицы нумерации в эту минуту загрузил кто-то ещё. Повторите.")
            await _store(session, changes, origins, at=at, actor=actor)
    gone, fresh = (sum(len(getattr(one, name)) for one in changes) for name in ("gone", "fresh"))
    changed = sum(one.changed for one in changes)
    return Outcome(
        fresh - changed,
        changed,
        sum(len(one.rows) for one in tables) - fresh,
        removed=gone - changed,
        notes=("Это проверка: в базе ничего не изменено.",) if dry_run else (),
    )


def _read(files: Sequence[Path]) -> list[OfficialTable]:
    """Raises InvalidInput with what is wrong in any of them."""
    tables: dict[str, OfficialTable] = {}
    wrong = []
    for file in files:
        try:
            found = table.read(file)
            before = tables.setdefault(found.digit, found)
            if before is not found:
                raise InvalidInput(
                    f"{file.name}: коды на {found.digit} есть уже в файле {before.file.name}. Оставьте один из них."
                )
        except InvalidInput as error:
            wrong.append(error.message)
    if wrong:
        raise InvalidInput("\n".join(wrong))
    return list(tables.values())


async def _stored(session: AsyncSession) -> Mapping[str, NumberingTable]:
    return {one.digit: one for one in await session.scalars(select(NumberingTable))}


def _look_for_losses(tables: Sequence[OfficialTable], stored: Mapping[str, NumberingTable]) -> None:
    for new in tables:
        before = stored.get(new.digit)
        if before is not None and new.numbers < LEAST_LEFT * before.numbers:
            raise InvalidInput(
                f"{new.file.name}: строк {len(new.rows)}, номеров {new.numbers}, а загружено строк {before.ranges}, "
                f"номеров {before.numbers}: файл пришёл не целиком? Скачайте его заново. "
                "Если таблица и вправду стала меньше, добавьте --smaller. Ничего не загружено."
            )


async def _change(
    session: AsyncSession, new: OfficialTable, before: NumberingTable | None, origins: _Origins
) -> _Change:
    begins = int(new.digit) * 10**9
    own = (_RANGES.c.first >= begins, _RANGES.c.first < begins + 10**9)
    known = {first: (first, *rest) for first, *rest in await session.execute(select(*_RANGES.c).where(*own))}
    rows = [(row.first, row.last, origins.id_of(row)) for row in new.rows]
    fresh = [row for row in rows if known.get(row[0]) != row]
    gone = known.keys() - ({row[0] for row in rows} - {row[0] for row in fresh})
    changed = sum(row[0] in known for row in fresh)
    return _Change(new, before.edition if before else "", sorted(gone), fresh, changed)


async def _store(
    session: AsyncSession, changes: Sequence[_Change], origins: _Origins, *, at: datetime, actor: str
) -> None:
    await _insert(session, NumberOrigin, origins.fresh)
    for one in changes:
        new = one.new
        for part in slices(one.gone):
            await session.execute(delete(NumberRange).where(NumberRange.first.in_(part)))
        await _insert(session, NumberRange, one.fresh)
        told: dict[str, Any] = {
            "edition": new_id() if one.gone or one.fresh else one.edition,
            "file": new.file.name[:200],
            "ranges": len(new.rows),
            "numbers": new.numbers,
            "imported_at": at,
            "imported_by": actor[:80],
        }
        await session.merge(NumberingTable(digit=new.digit, **told))
    if any(one.gone for one in changes):
        await session.execute(delete(NumberOrigin).where(NumberOrigin.id.not_in(select(NumberRange.origin_id))))


async def _insert(session: AsyncSession, into: type[Base], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert whole rows by the driver itself: SQLAlchemy takes ten times as long, with SQLite's lock held."""
    if rows:
        connection = await session.connection()
        prepared = Prepared.of(insert(into), connection.dialect, (column.name for column in into.__table__.c))
        await connection.exec_driver_sql(prepared.sql, list(rows))
