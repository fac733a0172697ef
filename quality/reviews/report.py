"""Figures of reviews as a table for people: the same rows on the page, in XLSX and in CSV."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from appeals.reports import tally
from appeals.reports.rows import Value
from appeals.reports.tally import ReportTable
from ivr.figures.surveys import Surveyed
from quality.reviews.figures import FEWEST, WEAK, JudgedPeriod, JudgedRow, WeakPoint


class JudgedView(StrEnum):
    """What the report shows."""

    AGENT = "agent"
    QUEUE = "queue"
    POINT = "point"
    TOPIC = "topic"
    """What callers say of talks on each topic."""
    WEAK = "weak"
    """Who is to be helped with what."""


VIEW_TITLES: Final[Mapping[JudgedView, str]] = {
    JudgedView.AGENT: "По операторам",
    JudgedView.QUEUE: "По очередям",
    JudgedView.POINT: "По пунктам",
    JudgedView.TOPIC: "Опрос по темам",
    JudgedView.WEAK: "Кому помочь",
}
MEAN: Final = "Средний балл"
_FIRST: Final[Mapping[JudgedView, str]] = {
    JudgedView.AGENT: "Оператор",
    JudgedView.QUEUE: "Очередь",
    JudgedView.POINT: "Пункт",
}


def trend_table(
    view: JudgedView,
    rows: Sequence[JudgedRow],
    surveyed: Mapping[str, Surveyed],
    names: Mapping[str, str],
    period: JudgedPeriod,
    company: str,
) -> ReportTable:
    """Agents, queues or points with their mean of each week, and what callers say beside it; `names` by key."""
    weeks = [f"с {monday:%d.%m}" for monday in period.weeks]
    asks = view is not JudgedView.POINT
    body: list[list[Value]] = []
    for row in rows:
        line: list[Value] = [names.get(row.key, row.key), row.reviews, _rounded(row.mean)]
        line += [*map(_rounded, row.weeks), _rounded(row.change)]
        body.append(line + (_surveyed(surveyed.get(row.key)) if asks else []))
    said = ("Опрос, из 5", "Ответили") if asks else ()
    return ReportTable(
        titles=_titles(VIEW_TITLES[view], period, company),
        groups=(),
        headings=(_FIRST[view], "Оценок", MEAN, *weeks, "Изменение", *said),
        rows=body,
        widths=(44, 10, 14, *(10 for _ in weeks), 12, *(12 for _ in said)),
    )


def topic_table(
    surveyed: Mapping[str, Surveyed], names: Mapping[str, str], period: JudgedPeriod, company: str
) -> ReportTable:
    """Topics with what callers say of talks about them; the worst first."""
    found = sorted(surveyed.items(), key=lambda pair: (pair[1].mean is None, pair[1].mean or 0.0, pair[0]))
    body: list[list[Value]] = [
        [names.get(topic, topic) or "Тема не названа", one.asked, *reversed(_surveyed(one))] for topic, one in found
    ]
    return ReportTable(
        titles=_titles(VIEW_TITLES[JudgedView.TOPIC], period, company),
        groups=(),
        headings=("Тема", "Спросили", "Ответили", "Средняя, из 5"),
        rows=body,
        widths=(50, 12, 12, 14),
    )


async def as_file(table: ReportTable, name: str) -> bytes:
    """The same table as a file, .xlsx or .csv by its name: a row an agent, queue or point, so a thread will do."""
    return await asyncio.to_thread(_saved, table, name)


def _saved(table: ReportTable, name: str) -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / name
        tally.save(table, file, sheet="Оценки")
        return file.read_bytes()


def _surveyed(one: Surveyed | None) -> list[Value]:
    """The mean and of how many answers it is."""
    return [_rounded(one.mean), one.answered] if one else [None, None]


def weak_table(
    weak: Sequence[WeakPoint], names: Mapping[str, str], points: Mapping[str, str], period: JudgedPeriod, company: str
) -> ReportTable:
    """The coaching list; `points` by `card/point`."""
    rule = f"Пункт отмечен не меньше {FEWEST} раз и выполнен меньше чем на {WEAK:.0f} %"
    body: list[list[Value]] = [
        [
            names.get(one.agent, one.agent),
            points.get(f"{one.card}/{one.point}", one.point),
            one.reviews,
            _rounded(one.mean),
        ]
        for one in weak
    ]
    return ReportTable(
        titles=(*_titles(VIEW_TITLES[JudgedView.WEAK], period, company), rule),
        groups=(),
        headings=("Оператор", "С чем помочь", "Оценок", "Выполнено, %"),
        rows=body,
        widths=(30, 60, 10, 14),
    )


def _titles(title: str, period: JudgedPeriod, company: str) -> tuple[str, str]:
    return company, f"Оценка разговоров: {title.lower()}, {period.since:%d.%m.%Y} — {period.until:%d.%m.%Y}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
