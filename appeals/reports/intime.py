"""Answered in time and late, as МОЭСК publishes it for two years, by company, branch, topic, channel or kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from appeals.reports.facts import AppealFact
from appeals.reports.rows import Value
from appeals.reports.tally import (
    Cell,
    Counts,
    Dimension,
    ReportTable,
    Tally,
    View,
    change_percent,
    share_percent,
    titles_of,
)
from gridline.companies import Company

REPLIES: Final[dict[str, str]] = {
    "in-time": "Ответ дан в срок",
    "late": "Ответ дан с нарушением срока",
    "none": "Срок истёк, ответа нет",
    "pending": "На рассмотрении, срок не истёк",
}
TOTAL: Final = "total"


class InTime(Tally):
    """Columns are coded by the reply and the year: `connection/late:N`; the row `total` is over all."""

    name = "intime"

    def __init__(self, by: Dimension) -> None:
        self._by = by

    def cells(self, fact: AppealFact, view: View) -> Iterable[Cell]:
        """The reply's column, in the fact's row and in the total."""
        column = f"{fact.reply(view.company.zone, view.today)}:{'N-1' if view.previous else 'N'}"
        return [(view.row(fact, self._by), column), (TOTAL, column)]

    def table(self, counts: Counts, companies: Sequence[Company], year: int) -> ReportTable:
        """The table with the change of each figure and the share answered in time of all that fell due."""
        titles = titles_of(self._by, {cell: n for cell, n in counts.items() if cell[0] != TOTAL}, companies)
        rows: list[list[Value]] = []
        for code, title in [*titles.items(), (TOTAL, "Всего")]:
            row: list[Value] = [code, title]
            due = {
                which: sum(counts.get((code, f"{reply}:{which}"), 0) for reply in REPLIES if reply != "pending")
                for which in ("N-1", "N")
            }
            for reply in REPLIES:
                before, now = counts.get((code, f"{reply}:N-1"), 0), counts.get((code, f"{reply}:N"), 0)
                row += [before, now, change_percent(before, now)]
            row += [share_percent(counts.get((code, f"in-time:{which}"), 0), due[which]) for which in ("N-1", "N")]
            rows.append(row)
        years = (f"{year - 1}", f"{year}")
        return ReportTable(
            titles=(
                ", ".join(company.name for company in companies),
                f"Ответы в срок и с нарушением срока, {year} год",
            ),
            groups=[
                *((2 + 3 * at, 4 + 3 * at, title) for at, title in enumerate(REPLIES.values())),
                (2 + 3 * len(REPLIES), 3 + 3 * len(REPLIES), "Доля ответов в срок, %"),
            ],
            headings=("Код", "Строка", *(*years, "Изменение, %") * len(REPLIES), *years),
            rows=rows,
            widths=(14, 44, *[11] * (3 * len(REPLIES) + 2)),
            columns=(
                None,
                None,
                *(code for reply in REPLIES for code in (f"{reply}:N-1", f"{reply}:N", None)),
                None,
                None,
            ),
        )
