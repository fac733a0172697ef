"""Counting reports: a fact is put into cells, the table is made of the counts, and each cell can name its appeals."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Literal

from appeals import numbering
from appeals.reports.facts import AppealFact
from appeals.reports.rows import Value, open_rows
from appeals.reports.source import Source
from appeals.taxonomy import Taxonomy, shipped
from gridline.companies import Company
from gridline.errors import InvalidInput

Cell = tuple[str, str]
"""A row's code and a column's code."""
Counts = Mapping[Cell, int]
Dimension = Literal["company", "branch", "topic", "channel", "kind"]
UNNAMED: Final = "-"
"""The row of appeals without a branch."""


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A finished report."""

    titles: Sequence[str]
    groups: Sequence[tuple[int, int, str]]
    headings: Sequence[str]
    rows: Sequence[Sequence[Value]]
    widths: Sequence[int]
    columns: Sequence[str | None] = ()
    """The code of each column whose cells can name what they count; the row's code is its first value."""


@dataclass(frozen=True, slots=True)
class View:
    """What a fact is looked at from: whose it is, which year is asked for, on which day."""

    company: Company
    year: int
    previous: bool
    today: date
    taxonomy: Taxonomy

    def row(self, fact: AppealFact, by: Dimension) -> str:
        """The code of the fact's row in a table by this dimension."""
        match by:
            case "company":
                return self.company.id
            case "branch":
                return fact.branch or UNNAMED
            case "topic":
                return fact.topic
            case "channel":
                return fact.channel
            case "kind":
                return fact.kind


class Tally(ABC):
    """A report that counts appeals of one year, and of the year before where `compares`."""

    name: str
    compares: bool = True

    @abstractmethod
    def cells(self, fact: AppealFact, view: View) -> Iterable[Cell]:
        """The cells this appeal counts in (a cell twice counts twice)."""

    @abstractmethod
    def table(self, counts: Counts, companies: Sequence[Company], year: int) -> ReportTable:
        """The table of these counts."""


async def count(report: Tally, sources: Sequence[Source], year: int) -> Counter[Cell]:
    """The counts of a report over the companies of `sources`."""
    counts: Counter[Cell] = Counter()
    for source in sources:
        for each in _years(report, year):
            view = View(source.company, year, each != year, source.today, shipped())
            async for facts in source.facts(each):
                for fact in facts:
                    counts.update(report.cells(fact, view))
    return counts


async def behind(report: Tally, sources: Sequence[Source], year: int, cell: Cell) -> list[str]:
    """The numbers (as written) of the appeals counted in a cell, in order.

    Raises InvalidInput naming the cells there are when this one counts nothing.
    """
    found: list[str] = []
    known: set[Cell] = set()
    for source in sources:
        for each in _years(report, year):
            view = View(source.company, year, each != year, source.today, shipped())
            async for facts in source.facts(each):
                for fact in facts:
                    cells = set(report.cells(fact, view))
                    known |= cells
                    if cell in cells:
                        found.append(numbering.written(fact.number))
    if not found:
        cells_there = ", ".join(f"{row}/{column}" for row, column in sorted(known)) or "отчёт пуст"
        raise InvalidInput(f"За ячейкой {cell[0]}/{cell[1]} нет обращений. Непустые ячейки: {cells_there}.")
    return found


def save(table: ReportTable, file: Path, *, sheet: str) -> None:
    """Write a table to an .xlsx or .csv file. Raises InvalidInput for another kind of file."""
    with open_rows(file, sheet=sheet, widths=table.widths) as rows:
        for text in table.titles:
            rows.title(text)
        if table.groups:
            rows.groups(table.groups)
        rows.headings(table.headings)
        for row in table.rows:
            rows.row(row)


def change_percent(before: int, now: int) -> float | None:
    """How much `now` is more than `before`, in percent with one decimal; None when there was nothing before."""
    return None if before == 0 else round((now - before) / before * 100, 1)


def share_percent(part: int, whole: int) -> float | None:
    """`part` of `whole` in percent with one decimal; None of nothing."""
    return None if whole == 0 else round(part / whole * 100, 1)


def titles_of(by: Dimension, counts: Counts, companies: Sequence[Company]) -> dict[str, str]:
    """The rows of a table by a dimension that have anything in them: code -> title, in the order of the taxonomy."""
    codes = {row for row, _ in counts}
    taxonomy = shipped()
    match by:
        case "company":
            known = {company.id: company.name for company in companies}
        case "branch":
            known = {branch.id: branch.name for company in companies for branch in company.branches}
            known[UNNAMED] = "Без филиала"
        case "topic":
            known = {code: row.title for code, row in taxonomy.topics.items()}
        case "channel":
            known = {code: row.title for code, row in taxonomy.channels.items()}
        case "kind":
            known = {code: row.title for code, row in taxonomy.kinds.items()}
    # A code the taxonomy or the company dropped since is still in the events: it keeps its row.
    return {code: title for code, title in known.items() if code in codes} | {
        code: code for code in sorted(codes - known.keys())
    }


def _years(report: Tally, year: int) -> tuple[int, ...]:
    return (year - 1, year) if report.compares else (year,)
