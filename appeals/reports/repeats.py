"""Repeated appeals: new appeals on an old matter and further contacts on an open one, by any dimension."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from appeals.reports.facts import AppealFact
from appeals.reports.rows import Value
from appeals.reports.tally import Cell, Counts, Dimension, ReportTable, Tally, View, share_percent, titles_of
from gridline.companies import Company

TOTAL = "total"


class Repeats(Tally):
    """Columns: `all`, `repeated` (a new appeal linked to an old one), `chased` (with further contacts), `contacts`."""

    name = "repeats"
    compares = False

    def __init__(self, by: Dimension) -> None:
        self._by = by

    def cells(self, fact: AppealFact, view: View) -> Iterable[Cell]:
        """The columns the fact counts in, in its row and in the total."""
        columns = ["all", *["contacts"] * fact.contacts]
        if fact.repeat_of:
            columns.append("repeated")
        if fact.contacts:
            columns.append("chased")
        return [(row, column) for row in (view.row(fact, self._by), TOTAL) for column in columns]

    def table(self, counts: Counts, companies: Sequence[Company], year: int) -> ReportTable:
        """The counts and the share of appeals somebody had to come back with."""
        titles = titles_of(self._by, {cell: n for cell, n in counts.items() if cell[0] != TOTAL}, companies)
        rows: list[list[Value]] = []
        for code, title in [*titles.items(), (TOTAL, "Всего")]:
            whole, repeated, chased, contacts = (
                counts.get((code, column), 0) for column in ("all", "repeated", "chased", "contacts")
            )
            rows.append([code, title, whole, repeated, share_percent(repeated, whole), chased, contacts])
        return ReportTable(
            titles=(", ".join(company.name for company in companies), f"Повторные обращения, {year} год"),
            groups=(),
            headings=(
                "Код",
                "Строка",
                "Всего обращений",
                "Повторных",
                "Доля повторных, %",
                "Обращались ещё до ответа",
                "Таких обращений, раз",
            ),
            rows=rows,
            widths=(14, 44, 12, 12, 12, 14, 14),
            columns=(None, None, "all", "repeated", None, "chased", "contacts"),
        )
