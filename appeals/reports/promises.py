"""Promises kept and broken in a year, as they stood at the moment of the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import select

from appeals import numbering
from appeals.models import Appeal, Promise
from appeals.reports.rows import Value
from appeals.reports.source import Source
from appeals.reports.tally import Cell, ReportTable, share_percent
from gridline.companies import Company
from gridline.errors import InvalidInput

Standing = Literal["kept", "broken", "overdue", "open", "void"]
COLUMNS: Final[dict[Standing, str]] = {
    "kept": "Выполнено в срок",
    "broken": "Нарушено",
    "overdue": "Срок истёк, не выполнено",
    "open": "Срок не истёк",
    "void": "Отпало",
}
TITLES: Final = {
    "answer": "Ответ на обращение",
    "callback": "Перезвонить по обращению",
    "restoration": "Восстановление электроснабжения",
    "visit": "Выезд или приём",
    "measure": "Мероприятие по жалобе",
}
TOTAL: Final = "total"


async def count(source: Source, year: int) -> Counter[Cell]:
    """The promises made in `year` (company's zone), by kind and by how they stood at the source's moment."""
    counts: Counter[Cell] = Counter()
    async for kind, standing, _ in _promises(source, year):
        counts.update([(kind, standing), (TOTAL, standing)])
    return counts


async def behind(source: Source, year: int, cell: Cell) -> list[str]:
    """The appeals (numbers as written) or, where there is none, the promises' ids behind a cell.

    Raises InvalidInput when the cell counts nothing.
    """
    found = [
        said async for kind, standing, said in _promises(source, year) if cell in ((kind, standing), (TOTAL, standing))
    ]
    if not found:
        raise InvalidInput(f"За ячейкой {cell[0]}/{cell[1]} нет обещаний; столбцы: {', '.join(COLUMNS)}.")
    return found


def table(counts: Counter[Cell], company: Company, year: int, below: str = "") -> ReportTable:
    """The counts, and the share kept of those whose time has come; `below`: one more line of the title."""
    kinds = [kind for kind in TITLES if any(row == kind for row, _ in counts)]
    kinds += sorted({row for row, _ in counts} - set(TITLES) - {TOTAL})
    rows: list[list[Value]] = []
    for kind in [*kinds, TOTAL]:
        figures: list[Value] = [counts[kind, column] for column in COLUMNS]
        due = sum(counts[kind, column] for column in ("kept", "broken", "overdue"))
        title = "Всего" if kind == TOTAL else TITLES.get(kind, kind)
        rows.append([kind, title, *figures, share_percent(counts[kind, "kept"], due)])
    return ReportTable(
        titles=(company.name, f"Выполнение обещаний, {year} год", *([below] if below else [])),
        groups=(),
        headings=("Код", "Обещание", *COLUMNS.values(), "Доля выполненных в срок, %"),
        rows=rows,
        widths=(14, 36, *[14] * (len(COLUMNS) + 1)),
        columns=(None, None, *COLUMNS, None),
    )


def standing(outcome: str | None, settled_at: datetime | None, due_at: datetime, as_of: datetime) -> Standing:
    """How a promise stood at `as_of`: what was settled later is not yet known then."""
    if outcome is None or settled_at is None or settled_at > as_of:
        return "overdue" if as_of >= due_at else "open"
    if outcome == "void":
        return "void"
    return "kept" if outcome == "kept" and settled_at <= due_at else "broken"


async def _promises(source: Source, year: int) -> AsyncIterator[tuple[str, Standing, str]]:
    begins, ends = (datetime(each, 1, 1, tzinfo=source.company.zone) for each in (year, year + 1))
    query = (
        select(Promise.id, Promise.kind, Promise.outcome, Promise.settled_at, Promise.due_at, Appeal.number)
        .outerjoin(Appeal, Appeal.id == Promise.appeal_id)
        .where(Promise.company_id == source.company.id, Promise.made_at >= begins, Promise.made_at < ends)
        .where(Promise.made_at <= source.as_of, *([Appeal.branch == source.branch] if source.branch else []))
        .order_by(Promise.made_at, Promise.id)
        .execution_options(yield_per=1000)
    )
    async for row in await source.session.stream(query):
        said = row.id if row.number is None else numbering.written(row.number)
        yield row.kind, standing(row.outcome, row.settled_at, row.due_at, source.as_of), said
