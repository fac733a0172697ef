"""The history page's question and its table: figures of a period folded by day, hour, queue or agent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

from sqlalchemy.ext.asyncio import AsyncSession

from agent_console import words
from agent_console.web.query_string import PageQuery, QueryString
from gridline.calendar import days
from gridline.companies import Company
from gridline.errors import InvalidInput
from ivr.figures import history
from ivr.figures.figures import Figures, GroupedBy, Period, Presence

LONGEST_DAYS: Final = 366


class Fold(StrEnum):
    """What a row of the table stands for."""

    DAY = "day"
    HOUR = "hour"
    QUEUE = "queue"
    AGENT = "agent"


FOLDS: Final[Mapping[Fold, str]] = {
    Fold.DAY: "По дням",
    Fold.HOUR: "По часам",
    Fold.QUEUE: "По очередям",
    Fold.AGENT: "По операторам",
}
OUTSIDE: Final = "Вне очереди: переводы и возвраты"
"""Talks that came by a transfer, or went on after a reload of the agent's page."""
_BY: Final[Mapping[Fold, GroupedBy]] = {
    Fold.DAY: GroupedBy.HALF_HOUR,
    Fold.HOUR: GroupedBy.HALF_HOUR,
    Fold.QUEUE: GroupedBy.QUEUE,
    Fold.AGENT: GroupedBy.AGENT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery(PageQuery):
    """What the page is asked, as its address holds it."""

    PATH: ClassVar[str] = "/history"

    since: date
    until: date
    """Both counted in."""
    by: Fold = Fold.DAY
    queue: str = ""
    agent: str = ""
    company: str = ""

    @property
    def days(self) -> int:
        """How many days are counted."""
        return (self.until - self.since).days + 1

    def period(self, company: Company, now: datetime) -> Period:
        """The moments: what has not happened yet is left out, so that a pause that lasts ends now."""
        return Period(days.begins(self.since, company.zone), min(days.ends(self.until, company.zone), now))


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One line of the table."""

    name: str
    figures: Figures
    at: int | None = None
    """Where it stands on the chart: seconds since 1970."""
    agent: str = ""
    presence: Presence | None = None

    @property
    def shares(self) -> tuple[tuple[str, float], ...]:
        """How an agent's shift was spent, in parts of a hundred: talks, notes, pauses; the rest is waiting."""
        if self.presence is None or not self.presence.on_shift_s:
            return ()
        whole, figures = self.presence.on_shift_s, self.figures
        parts = (("talk", figures.talked_s), ("wrap-up", figures.wrapped_s), ("pause", self.presence.paused_s))
        return tuple((name, min(100.0, 100 * seconds / whole)) for name, seconds in parts)


@dataclass(frozen=True, slots=True)
class HistoryTable:
    """The rows and their sum."""

    rows: tuple[HistoryRow, ...]
    whole: HistoryRow
    """Of all calls; those that nobody answered are in no agent's row."""

    @property
    def points(self) -> list[tuple[int, int, int, int | None]]:
        """The rows as the chart's script reads them."""
        return [
            (row.at, row.figures.answered, row.figures.lost, _whole(row.figures.service_level))
            for row in self.rows
            if row.at is not None
        ]


def read(query: Mapping[str, str], company: Company, agents: Mapping[str, str], today: date) -> HistoryQuery:
    """The question of an address; seven days without one. Raises InvalidInput naming what cannot be asked."""
    given = QueryString(query)
    until = given.day("until") or today
    since = given.day("since") or until - timedelta(days=6)
    since, until = min(since, until), max(since, until)
    if (until - since).days >= LONGEST_DAYS:
        raise InvalidInput(f"Период длиннее {LONGEST_DAYS} дней. Сократите его.")
    return HistoryQuery(
        since=since,
        until=until,
        by=Fold(given.code("by", list(Fold), "Разрез") or Fold.DAY),
        queue=given.code("queue", company.queues, "Очередь"),
        agent=given.code("agent", agents, "Оператор"),
        company=company.id,
    )


async def table(
    session: AsyncSession,
    company: Company,
    asked: HistoryQuery,
    agents: Mapping[str, str],
    now: datetime,
    *,
    within_s: int,
) -> HistoryTable:
    """The figures asked for. Raises Unavailable while the database is away."""
    period = asked.period(company, now)
    told = await history.figures(
        session, company.id, period, [_BY[asked.by]], within_s=within_s, queue=asked.queue, agent=asked.agent
    )
    by_key = {key[0]: figures for key, figures in told.items()}
    whole = HistoryRow("Всего", sum(by_key.values(), Figures()))
    match asked.by:
        case Fold.QUEUE:
            rows = [
                HistoryRow(company.queue_name(queue) if queue else OUTSIDE, figures)
                for queue, figures in by_key.items()
            ]
        case Fold.AGENT:
            there = await history.presence(session, company.id, period, agent=asked.agent)
            numbers = sorted(
                (by_key.keys() | there.keys()) - {""}, key=lambda number: (agents.get(number, number), number)
            )
            rows = [
                HistoryRow(agents.get(number, number), by_key.get(number, Figures()), None, number, there.get(number))
                for number in numbers
            ]
        case Fold.DAY:
            rows = list(_by_day(by_key, company, asked))
        case Fold.HOUR:
            rows = list(_by_hour(by_key, company, asked))
    return HistoryTable(tuple(rows), whole)


def _by_day(slots: Mapping[datetime, Figures], company: Company, asked: HistoryQuery) -> Iterator[HistoryRow]:
    """Every day of the period, the empty ones too: a hole in a chart is not a quiet day."""
    by_day: dict[date, Figures] = {}
    for slot, figures in slots.items():
        day = days.day_of(slot, company.zone)
        by_day[day] = by_day.get(day, Figures()) + figures
    for number in range(asked.days):
        day = asked.since + timedelta(days=number)
        start = days.begins(day, company.zone)
        yield HistoryRow(f"{day.day} {words.MONTHS[day.month - 1]}", by_day.get(day, Figures()), int(start.timestamp()))


def _by_hour(slots: Mapping[datetime, Figures], company: Company, asked: HistoryQuery) -> Iterator[HistoryRow]:
    """The hours of the day, all days together."""
    hours: dict[int, Figures] = {}
    for slot, figures in slots.items():
        hour = slot.astimezone(company.zone).hour
        hours[hour] = hours.get(hour, Figures()) + figures
    midnight = days.begins(asked.since, company.zone)
    for hour in range(24):
        at = int((midnight + timedelta(hours=hour)).timestamp())
        yield HistoryRow(f"{hour:02}:00 — {(hour + 1) % 24:02}:00", hours.get(hour, Figures()), at)


HEADINGS: Final = (
    "",
    "Поступило",
    "Отвечено",
    "За норму",
    "Сервис, %",
    "Потеряно",
    "Потеряно, %",
    "Положили трубку",
    "Не дождались",
    "Конец не виден",
    "Ожидание, с",
    "Ждали потерянные, с",
    "Разговоров",
    "Разговор, с",
    "Дозаполнение, с",
    "Не снял трубку",
    "На смене, с",
    "Паузы, с",
)


def in_csv(table: HistoryTable) -> Sequence[Sequence[str | int | float | None]]:
    """The rows as a file holds them: every number as it is, seconds as seconds."""
    return [
        (
            f"{row.name} ({row.agent})" if row.agent else row.name,
            one.offered,
            one.answered,
            one.in_time,
            one.service_level,
            one.lost,
            one.lost_share,
            one.abandoned,
            one.unserved,
            one.unknown,
            one.average_wait_s,
            one.average_lost_s,
            one.talks,
            one.average_talk_s,
            one.average_wrap_up_s,
            one.missed,
            row.presence.on_shift_s if row.presence else None,
            row.presence.paused_s if row.presence else None,
        )
        for row in (*table.rows, table.whole)
        for one in [row.figures]
    ]


def _whole(share: float | None) -> int | None:
    return None if share is None else round(share)
