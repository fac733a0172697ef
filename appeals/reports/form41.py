"""Form 4.1 of order № 186: appeals by category and form of service, the year before, the year, the change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from appeals.reports.facts import AppealFact
from appeals.reports.rows import Value
from appeals.reports.tally import Cell, Counts, ReportTable, Tally, View, change_percent
from gridline.companies import Company

TITLE: Final = (
    "4.1. Количество обращений, поступивших в сетевую организацию (всего), обращений, содержащих жалобу и (или) "
    "обращений, содержащих заявку на оказание услуг, поступивших в сетевую организацию, а также количество обращений, "
    "по которым были заключены договоры об осуществлении технологического присоединения и (или) договоры об оказании "
    "услуг по передаче электрической энергии, а также по которым были урегулированы жалобы в отчетном периоде, а также "
    "динамика по отношению к году, предшествующему отчетному"
)
"""The official title. Its columns are official too; its rows are from memory."""
YEARS: Final = ("N-1", "N (текущий год)", "Динамика изменения показателя, %")
"""The columns of each form of service; which year N is, is said above the table."""
FORMS: Final[dict[str, str]] = {
    "office": "Очная форма",
    "phone": "Заочная форма с использованием телефонной связи",
    "internet": "Электронная форма с использованием сети Интернет",
    "post": "Письменная форма с использованием почтовой связи",
    "other": "Прочее",
}
CATEGORIES: Final[tuple[tuple[str, str, frozenset[int]], ...]] = (
    ("1", "Всего обращений потребителей, в том числе:", frozenset(range(10, 16))),
    ("1.1", "оказание услуг по передаче электрической энергии", frozenset({10})),
    ("1.2", "осуществление технологического присоединения", frozenset({11})),
    ("1.3", "коммерческий учет электрической энергии", frozenset({12})),
    ("1.4", "качество обслуживания", frozenset({13})),
    ("1.5", "техническое обслуживание электросетевых объектов", frozenset({14})),
    ("1.6", "прочее", frozenset({15})),
    ("2", "Жалобы, в том числе:", frozenset(range(16, 23))),
    ("2.1", "оказание услуг по передаче электрической энергии, в том числе:", frozenset({16, 17})),
    ("2.1.1", "качество услуг по передаче электрической энергии", frozenset({16})),
    ("2.1.2", "качество электрической энергии", frozenset({17})),
    ("2.2", "осуществление технологического присоединения", frozenset({18})),
    ("2.3", "коммерческий учет электрической энергии", frozenset({19})),
    ("2.4", "качество обслуживания", frozenset({20})),
    ("2.5", "техническое обслуживание объектов электросетевого хозяйства", frozenset({21})),
    ("2.6", "прочее", frozenset({22})),
    ("3", "Заявка на оказание услуг, в том числе:", frozenset(range(23, 27))),
    ("3.1", "по технологическому присоединению", frozenset({23})),
    ("3.2", "на заключение договора на оказание услуг по передаче электрической энергии", frozenset({24})),
    ("3.3", "организация коммерческого учета электрической энергии", frozenset({25})),
    ("3.4", "прочее", frozenset({26})),
)
"""Number, title and the columns of form 4.9 the row sums: both forms count from the same codes and cannot differ."""


class Form41(Tally):
    """Rows are coded by their number, columns by form of service and `N` or `N-1`: `2.1.1/phone:N`."""

    name = "form41"

    def cells(self, fact: AppealFact, view: View) -> Iterable[Cell]:
        """Every category row that sums the fact's column of form 4.9."""
        matter = view.taxonomy.form49_column(fact.kind, fact.topic, fact.disposition)
        form = view.taxonomy.channels[fact.channel].form41
        column = f"{form}:{'N-1' if view.previous else 'N'}"
        return [(code, column) for code, _, columns in CATEGORIES if matter in columns]

    def table(self, counts: Counts, companies: Sequence[Company], year: int) -> ReportTable:
        """The form as it is published: every row is there, zeros too."""
        rows: list[list[Value]] = []
        for code, title, _ in CATEGORIES:
            row: list[Value] = [code, title]
            for form in FORMS:
                before, now = counts.get((code, f"{form}:N-1"), 0), counts.get((code, f"{form}:N"), 0)
                row += [before, now, change_percent(before, now)]
            rows.append(row)
        return ReportTable(
            titles=(", ".join(company.name for company in companies) + f", {year} год (N)", TITLE),
            groups=[(2 + 3 * at, 4 + 3 * at, title) for at, title in enumerate(FORMS.values())],
            headings=("N", "Категории обращений потребителей", *YEARS * len(FORMS)),
            rows=rows,
            widths=(7, 60, *[11] * (3 * len(FORMS))),
            columns=(None, None, *(code for form in FORMS for code in (f"{form}:N-1", f"{form}:N", None))),
        )
