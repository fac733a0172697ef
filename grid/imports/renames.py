"""`gridline import renames`: streets that were renamed; premises, outages and reports are found by either name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from grid import places
from grid.imports import HandedTable, Outcome, insert_all, take_turn
from grid.models import Premise
from grid.outages.models import Outage, OutageReport, OutageScope
from grid.places import directory, districts
from grid.places.models import StreetRename
from gridline.db import Database
from gridline.tables import cells
from gridline.tables.tabular import BadCell, Problems

REQUIRED = ("населённый пункт", "прежнее название", "новое название")
OPTIONAL = ("компания", "район")


@dataclass(frozen=True, slots=True)
class _Row:
    company_id: str
    settlement_key: str
    old_key: str
    old: str
    new_key: str
    new: str


async def import_renames(database: Database, table: HandedTable) -> Outcome:
    """Store every row of the table, or none, and give what is stored under a former name the present one's key.

    A name renamed twice leads to its last; names are known by company, settlement and former name, and none is
    removed. Raises InvalidInput that names every wrong row (circles among them), Unavailable when the store is gone.
    """
    problems = Problems()
    read = list(_rows(table, problems))
    async with database.write() as session:
        await take_turn(session)
        companies = {row.company_id for _, row in read}
        known = {_key(row): row for row in await _known(session, companies)}
        meant = known | {_key(row): row for _, row in read}
        final = {key: _last(meant, row) for key, row in meant.items()}
        for number, row in read:
            if final[_key(row)] is None:
                problems.add(number, f"круг: «{row.old}» через новые названия ведёт к себе самой")
        problems.check(table.file)
        rows = {key: row for key, row in final.items() if row is not None}
        changed = [row for key, row in rows.items() if known.get(key) != row]
        for row in changed:
            await _store(session, row)
        await directory.rebuild(session, companies)
        added = sum(_key(row) not in known for row in changed)
        told = {_key(row) for _, row in read}
        return Outcome(added, len(changed) - added, len(told) - len({_key(row) for row in changed} & told))


def _rows(table: HandedTable, problems: Problems) -> Iterator[tuple[int, _Row]]:
    seen: dict[tuple[str, str, str], int] = {}
    for row in table.rows(required=REQUIRED, optional=OPTIONAL, problems=problems):
        try:
            read = _row(table.company(row.cells).id, row.cells)
            if (first := seen.setdefault(_key(read), row.number)) != row.number:
                raise BadCell(f"«{read.old}» уже переименована в строке {first}")
        except BadCell as error:
            problems.add(row.number, str(error))
        else:
            yield row.number, read


def _row(company_id: str, row: dict[str, str]) -> _Row:
    settlement = cells.text(row, "населённый пункт", at_most=100, required=True)
    settlement = districts.named(settlement, cells.text(row, "район", at_most=60))
    old, new = (cells.text(row, name, at_most=100, required=True) for name in REQUIRED[1:])
    made = _Row(company_id, places.key(settlement), places.key(old), old, places.key(new), new)
    if not made.old_key or not made.new_key:
        raise BadCell("название улицы без единой буквы")
    if made.old_key == made.new_key:
        raise BadCell(f"«{old}» и «{new}» — одно и то же название")
    return made


def _key(row: _Row) -> tuple[str, str, str]:
    return row.company_id, row.settlement_key, row.old_key


def _last(rows: dict[tuple[str, str, str], _Row], row: _Row) -> _Row | None:
    """The row with the last of its names; None where the names go in a circle."""
    end, seen = row, {row.old_key}
    while (further := rows.get((row.company_id, row.settlement_key, end.new_key))) is not None:
        if end.new_key in seen:
            return None
        seen.add(end.new_key)
        end = further
    return _Row(row.company_id, row.settlement_key, row.old_key, row.old, end.new_key, end.new)


async def _known(session: AsyncSession, companies: set[str]) -> list[_Row]:
    columns = [getattr(StreetRename, name) for name in _Row.__dataclass_fields__]
    found = await session.execute(select(*columns).where(StreetRename.company_id.in_(companies)))
    return [_Row(*row) for row in found]


async def _store(session: AsyncSession, row: _Row) -> None:
    values: dict[str, Any] = asdict(row)
    same = (
        StreetRename.company_id == row.company_id,
        StreetRename.settlement_key == row.settlement_key,
        StreetRename.old_key == row.old_key,
    )
    await session.execute(delete(StreetRename).where(*same))
    await insert_all(session, StreetRename, [values])
    outages = select(Outage.id).where(Outage.company_id == row.company_id)
    for model, own in (
        (Premise, Premise.company_id == row.company_id),
        (OutageReport, OutageReport.company_id == row.company_id),
        (OutageScope, OutageScope.outage_id.in_(outages)),
    ):
        here = (own, model.settlement_key == row.settlement_key, model.street_key == row.old_key)
        await session.execute(update(model).where(*here).values(street_key=row.new_key))
