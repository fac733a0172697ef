"""Form 4.9 of order № 186: one row an appeal, 31 columns, each cell derived from events it can name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from appeals import numbering
from appeals.reports.apart import RowsApart
from appeals.reports.facts import AppealFact, MeasureFact, Reply
from appeals.reports.rows import ReportFile, Value, open_rows
from appeals.reports.source import Source
from appeals.taxonomy import Taxonomy, shipped

APPENDIX: Final = (
    "Приложение N 7 к Единым стандартам качества обслуживания сетевыми организациями "
    "потребителей услуг сетевых организаций"
)
TITLE: Final = "4.9. Информация по обращениям потребителей"
GROUPS: Final[tuple[tuple[int, int, str], ...]] = (
    (5, 9, "Форма обращения"),
    (10, 15, "Обращения"),
    (16, 22, "Обращения потребителей, содержащие жалобу"),
    (23, 26, "Обращения потребителей, содержащие заявку на оказание услуг"),
    (27, 29, "Факт получения потребителем ответа"),
    (30, 31, "Мероприятия по результатам обращения"),
)
COLUMNS: Final[tuple[str, ...]] = (
    "N",
    "Идентификационный номер обращения",
    "Дата обращения",
    "Время обращения",
    "Очное обращение",
    "Заочное обращение посредством телефонной связи",
    "Заочное обращение посредством сети Интернет",
    "Письменное обращение посредством почтовой связи",
    "Прочее",
    "Оказание услуг по передаче электрической энергии",
    "Осуществление технологического присоединения",
    "Коммерческий учет электрической энергии",
    "Качество обслуживания потребителей",
    "Техническое обслуживание электросетевых объектов",
    "Прочее",
    "Качество услуг по передаче электрической энергии",
    "Качество электрической энергии",
    "Осуществление технологического присоединения",
    "Коммерческий учет электрической энергии",
    "Качество обслуживания потребителей",
    "Техническое обслуживание электросетевых объектов",
    "Прочее",
    "По технологическому присоединению",
    "Заключение договора на оказание услуг по передаче электроэнергии",
    "Организация коммерческого учета электроэнергии",
    "Прочее",
    "Заявителем был получен исчерпывающий ответ в установленные сроки",
    "Заявителем был получен исчерпывающий ответ с нарушением сроков",
    "Обращение оставлено без ответа",
    "Выполненные мероприятия по результатам обращения",
    "Планируемые мероприятия по результатам обращения",
)
REPLY_COLUMN: Final[dict[Reply, int | None]] = {"in-time": 27, "late": 28, "none": 29, "pending": None}
APART: Final = 20_000
"""Appeals from which a second process is worth its start, half a second."""
WIDTHS: Final = (8, 14, 12, 8, *[9] * 25, 40, 40)


@dataclass(frozen=True, slots=True)
class Form49:
    """The row of an appeal: what a form needs beside the fact itself."""

    zone: ZoneInfo
    today: date
    taxonomy: Taxonomy

    def row(self, line: int, fact: AppealFact) -> list[Value]:
        """The 31 values of the `line`-th row (from 1)."""
        received = fact.received_at.astimezone(self.zone)
        values: list[Value] = [None] * len(COLUMNS)
        values[:4] = [line, numbering.written(fact.number), received.date(), received.time()]
        for column in self.marked(fact):
            values[column - 1] = 1
        if fact.measures:
            done, planned = _measures(fact.measures.values())
            values[29:31] = [done, planned]
        return values

    def marked(self, fact: AppealFact) -> list[int]:
        """The columns (5-29) that hold a one: form of the appeal, matter, answer."""
        columns = [
            self.taxonomy.channels[fact.channel].form49,
            self.taxonomy.form49_column(fact.kind, fact.topic, fact.disposition),
        ]
        reply = REPLY_COLUMN[fact.reply(self.zone, self.today)]
        return columns if reply is None else [*columns, reply]

    def evidence(self, fact: AppealFact) -> dict[int, list[int]]:
        """For each filled column the events (seq in the appeal's history) it was derived from."""
        found: dict[int, list[int]] = dict.fromkeys((2, 3, 4), fact.evidence["registered"])
        channel, matter, *reply = self.marked(fact)
        found[channel] = fact.evidence["registered"]
        found[matter] = fact.evidence["class"]
        for column in reply:
            answer = fact.evidence.get("answer", fact.evidence.get("end", []))  # a joined appeal: answered there
            found[column] = sorted({*fact.evidence["deadline"], *answer})
        if fact.measures:
            done, planned = _measures(fact.measures.values())
            found |= {column: fact.evidence["measures"] for column, text in ((30, done), (31, planned)) if text}
        return found


def _measures(measures: Iterable[MeasureFact]) -> tuple[str | None, str | None]:
    """Columns 30 and 31: what was done and when, what is planned and by when."""
    done, planned = [], []
    for measure in sorted(measures, key=lambda measure: measure.planned_on):
        if measure.done_on is not None:
            done.append(f"{measure.text} (выполнено {measure.done_on:%d.%m.%Y})")
        else:
            planned.append(f"{measure.text} (срок {measure.planned_on:%d.%m.%Y})")
    return "; ".join(done) or None, "; ".join(planned) or None


async def write(source: Source, year: int, file: Path, progress: Callable[[int], None] = lambda _: None) -> int:
    """Write the form of `year` to an .xlsx or .csv file and return the number of rows.

    Memory does not grow with the year: a thousand appeals are read, written and forgotten, in a thread while the
    database looks for the next thousand; a large year is written by a process of its own. Raises InvalidInput for
    another kind of file.
    """
    form = Form49(source.company.zone, source.today, shipped())
    count = 0
    opened = RowsApart if await source.last(year) > APART else open_rows
    with opened(file, sheet="4.9", widths=WIDTHS) as rows:
        head(rows, source.company.name, year)
        writing = asyncio.ensure_future(asyncio.sleep(0))
        try:
            async for facts in source.facts(year):
                await writing
                writing = asyncio.ensure_future(asyncio.to_thread(_write_chunk, rows, form, facts, count))
                count += len(facts)
                progress(count)
        finally:
            await writing
        await asyncio.to_thread(rows.close)
    return count


def head(rows: ReportFile, company: str, year: int) -> None:
    """The title rows, the row of groups, the row of columns and the row of their numbers."""
    for text in (APPENDIX, f"{company}, {year} год", TITLE):
        rows.title(text)
    rows.groups([(first - 1, last - 1, text) for first, last, text in GROUPS])
    rows.headings(COLUMNS)
    rows.headings(range(1, len(COLUMNS) + 1))


def _write_chunk(rows: ReportFile, form: Form49, facts: Sequence[AppealFact], before: int) -> None:
    for line, fact in enumerate(facts, start=before + 1):
        rows.row(form.row(line, fact))
