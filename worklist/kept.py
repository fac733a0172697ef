"""Calls that were owed in a year, kept and broken: by kind, month and branch, as they stood at the report's moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select

from appeals import numbering
from appeals.finding.appeals import TRUST
from appeals.models import Appeal
from appeals.reports.rows import Value
from appeals.reports.source import Source
from appeals.reports.tally import UNNAMED, Cell, ReportTable, share_percent
from gridline.companies import Company
from gridline.errors import InvalidInput
from worklist.callbacks import OWED_A_CALL
from worklist.codes import Ending, ItemKind
from worklist.models import WorkItem


class Fate(StrEnum):
    """What became of a call that was owed."""

    KEPT = "kept"
    """They were talked with in time."""
    LATE = "late"
    AGAIN = "again"
    """They called themselves and were answered."""
    UNREACHED = "unreached"
    DECLINED = "declined"
    OVERDUE = "overdue"
    """Still owed, and its time is over."""
    OPEN = "open"


COLUMNS: Final = {
    Fate.KEPT: "Перезвонили в срок",
    Fate.LATE: "Перезвонили с опозданием",
    Fate.AGAIN: "Дозвонились сами",
    Fate.UNREACHED: "Не ответили ни разу",
    Fate.DECLINED: "Больше не нужно",
    Fate.OVERDUE: "Срок истёк, ждут",
    Fate.OPEN: "Срок не истёк",
}
TITLES: Final = {ItemKind.CALLBACK: "Обещали перезвонить", ItemKind.LOST_CALLER: "Не дождались, об отключении"}
BROKEN: Final = (Fate.LATE, Fate.UNREACHED, Fate.OVERDUE)
MONTHS: Final = (
    *("январь", "февраль", "март", "апрель", "май", "июнь"),
    *("июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь"),
)


async def count(source: Source, year: int) -> Counter[Cell]:
    """The calls owed since some moment of `year` (company's zone), in every row they belong to."""
    counts: Counter[Cell] = Counter()
    async for rows, fate, _ in _owed(source, year):
        counts.update((row, fate) for row in rows)
    return counts


async def behind(source: Source, year: int, cell: Cell) -> list[str]:
    """The appeals (numbers as written) or, where there is none, the items' ids behind a cell.

    Raises InvalidInput when the cell counts nothing.
    """
    found = [said async for rows, fate, said in _owed(source, year) if cell[0] in rows and fate == cell[1]]
    if not found:
        raise InvalidInput(f"За ячейкой {cell[0]}/{cell[1]} никого нет; столбцы: {', '.join(COLUMNS)}.")
    return found


def table(counts: Counter[Cell], company: Company, year: int) -> ReportTable:
    """The counts, and the share kept of those whose time has come and who were still waiting."""
    branches = {one.id: one.name for one in company.branches} | {UNNAMED: "без филиала"}
    there = {row for row, _ in counts}
    rows: list[list[Value]] = []
    for kind, title in TITLES.items():
        named = [(str(kind), title)]
        named += [(f"{kind}:{year}-{month:02}", f"  {name}") for month, name in enumerate(MONTHS, start=1)]
        if company.branches:
            named += [(f"{kind}:{branch}", f"  {name}") for branch, name in branches.items()]
        for row, name in named:
            if row not in there:
                continue
            figures: list[Value] = [counts[row, column] for column in COLUMNS]
            due = counts[row, Fate.KEPT] + sum(counts[row, fate] for fate in BROKEN)
            rows.append([row, name, *figures, share_percent(counts[row, Fate.KEPT], due)])
    return ReportTable(
        titles=(company.name, f"Перезвоны, {year} год"),
        groups=(),
        headings=("Код", "Кому", *COLUMNS.values(), "Доля в срок, %"),
        rows=rows,
        widths=(22, 34, *[14] * (len(COLUMNS) + 1)),
        columns=(None, None, *COLUMNS, None),
    )


def fate(ending: Ending | None, ended_at: datetime | None, due_at: datetime, as_of: datetime) -> Fate:
    """What had become of a call at `as_of`: what ended later is not yet known then."""
    if ending is None or ended_at is None or ended_at > as_of:
        return Fate.OVERDUE if due_at < as_of else Fate.OPEN
    if ending is Ending.TALKED:
        return Fate.KEPT if ended_at <= due_at else Fate.LATE
    return {Ending.CALLED_AGAIN: Fate.AGAIN, Ending.UNREACHED: Fate.UNREACHED}.get(ending, Fate.DECLINED)


async def _owed(source: Source, year: int) -> AsyncIterator[tuple[tuple[str, ...], Fate, str]]:
    """Every row a call counts in, its fate, and its appeal's number (or its own id). Never the trust line's."""
    zone = source.company.zone
    begins, ends = datetime(year, 1, 1, tzinfo=zone), datetime(year + 1, 1, 1, tzinfo=zone)
    query = (
        select(
            *(WorkItem.id, WorkItem.kind, WorkItem.branch, WorkItem.made_at),
            *(WorkItem.ending, WorkItem.ended_at, WorkItem.due_at, Appeal.number, Appeal.kind.label("about")),
        )
        .outerjoin(Appeal, Appeal.id == WorkItem.appeal_id)
        .where(WorkItem.company_id == source.company.id, WorkItem.made_at >= begins, WorkItem.made_at < ends)
        .where(WorkItem.kind.in_(OWED_A_CALL), WorkItem.made_at <= source.as_of)
        .where(*([WorkItem.branch == source.branch] if source.branch else []))
        .order_by(WorkItem.made_at, WorkItem.id)
        .execution_options(yield_per=1000)
    )
    async for row in await source.session.stream(query):
        if row.about == TRUST:
            continue
        month = f"{row.kind}:{row.made_at.astimezone(zone):%Y-%m}"
        said = row.id if row.number is None else numbering.written(row.number)
        became = fate(row.ending, row.ended_at, row.due_at, source.as_of)
        yield (str(row.kind), month, f"{row.kind}:{row.branch or UNNAMED}"), became, said
