"""A year at a glance: what came in by day and by month, and how much of it was answered in time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final

from appeals.reports.facts import AppealFact
from appeals.reports.intime import REPLIES
from appeals.reports.rows import Value
from appeals.reports.tally import Cell, Counts, ReportTable, Tally, View, share_percent
from gridline.companies import Company

MONTHS: Final = (
    "Январь",
    "Февраль",
    "Март",
    "Апрель",
    "Май",
    "Июнь",
    "Июль",
    "Август",
    "Сентябрь",
    "Октябрь",
    "Ноябрь",
    "Декабрь",
)
RECEIVED: Final = "all"


class Overview(Tally):
    """Rows are months (`2026-11`) and days (`2026-11-20`), columns `all` and those of the reply."""

    name = "overview"
    compares = False

    def cells(self, fact: AppealFact, view: View) -> Iterable[Cell]:
        """The day and the month of receipt in the company's zone, and the month's reply."""
        day = fact.received_at.astimezone(view.company.zone).date().isoformat()
        reply = fact.reply(view.company.zone, view.today)
        return [(row, column) for row in (day, day[:7]) for column in (RECEIVED, reply)]

    def table(self, counts: Counts, companies: Sequence[Company], year: int) -> ReportTable:
        """The months that have anything, in their order."""
        rows: list[list[Value]] = []
        for code in sorted({row for row, _ in counts if len(row) == len("2026-11")}):
            figures = [counts.get((code, column), 0) for column in (RECEIVED, *REPLIES)]
            due = sum(counts.get((code, reply), 0) for reply in REPLIES if reply != "pending")
            title = f"{MONTHS[int(code[5:]) - 1]} {code[:4]}"
            rows.append([code, title, *figures, share_percent(counts.get((code, "in-time"), 0), due)])
        return ReportTable(
            titles=(", ".join(company.name for company in companies), f"Обращения по месяцам, {year} год"),
            groups=(),
            headings=("Код", "Месяц поступления", "Поступило", *REPLIES.values(), "Доля ответов в срок, %"),
            rows=rows,
            widths=(10, 24, *[14] * (len(REPLIES) + 2)),
            columns=(None, None, RECEIVED, *REPLIES, None),
        )


def days(counts: Counts, last: date, count: int) -> list[tuple[date, int, int, float | None]]:
    """The last days up to `last`: what came in and is answered in time or may be yet, what is not, the share in time.

    Days on which nothing came in are there too.
    """
    found = []
    for day in (last - timedelta(days=back) for back in reversed(range(count))):
        of = {reply: counts.get((day.isoformat(), reply), 0) for reply in REPLIES}
        bad = of["late"] + of["none"]
        found.append((day, of["in-time"] + of["pending"], bad, share_percent(of["in-time"], of["in-time"] + bad)))
    return found
