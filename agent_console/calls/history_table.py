"""The history page's question and its table: figures of a period folded by day, hour, queue or agent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final, Literal, get_args
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console import words
from agent_console.people.models import User
from gridline.companies import Company
from gridline.errors import InvalidInput
from ivr.figures import history
from ivr.figures.figures import By, Figures, Period, Presence

LONGEST_DAYS: Final = 366
Fold = Literal["day", "hour", "queue", "agent"]
FOLDS: Final[Mapping[Fold, str]] = {
    "day": "По дням",
    "hour": "По часам",
    "queue": "По очередям",
    "agent": "По операторам",
}
OUTSIDE: Final = "Вне очереди: переводы и возвраты"
"""Talks that came by a transfer, or went on after a reload of the agent's page."""
_BY: Final[Mapping[Fold, By]] = {
    "day": By.HALF_HOUR,
    "hour": By.HALF_HOUR,
    "queue": By.QUEUE,
    "agent": By.AGENT,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page is asked, as its address holds it."""

    since: str
    until: str
    """Both ISO days, both counted in."""
    by: Fold = "day"
    queue: str = ""
    agent: str = ""
    company: str = ""

    def url(self, **changes: str) -> str:
        """The page's address with these changes."""
        given = {name: value for name, value in asdict(replace(self, **changes)).items() if value}  # type: ignore[arg-type]
        return f"/history?{urlencode(given)}"

    @property
    def days(self) -> int:
        """How many days are counted."""
        return (date.fromisoformat(self.until) - date.fromisoformat(self.since)).days + 1

    def period(self, company: Company, now: datetime) -> Period:
        """The moments: what has not happened yet is left out, so that a pause that lasts ends now."""
        first, last = date.fromisoformat(self.since), date.fromisoformat(self.until)
        end = datetime.combine(last + timedelta(days=1), time(), company.zone)
        return Period(datetime.combine(first, time(), company.zone), min(end, now))


@dataclass(frozen=True, slots=True)
class Row:
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
class Table:
    """The rows and their sum."""

    rows: tuple[Row, ...]
    whole: Row
    """Of all calls; those that nobody answered are in no agent's row."""

    @property
    def points(self) -> list[tuple[int, int, int, int | None]]:
        """The rows as the chart's script reads them."""
        return [
            (row.at, row.figures.answered, row.figures.lost, _whole(row.figures.service_level))
            for row in self.rows
            if row.at is not None
        ]


def read(query: Mapping[str, str], company: Company, agents: Mapping[str, str], today: date) -> Asked:
    """The question of an address; seven days without one. Raises InvalidInput naming what cannot be asked."""
    until = day_of(query.get("until", "")) or today
    since = day_of(query.get("since", "")) or until - timedelta(days=6)
    if since > until:
        since, until = until, since
    if (until - since).days >= LONGEST_DAYS:
        raise InvalidInput(f"Период длиннее {LONGEST_DAYS} дней. Сократите его.")
    by = query.get("by", "") or "day"
    queue, agent = query.get("queue", ""), query.get("agent", "")
    for value, known, what in (
        (by, get_args(Fold), "Разрез"),
        (queue, company.queues | {""}, "Очередь"),
        (agent, agents.keys() | {""}, "Оператор"),
    ):
        if value not in known:
            raise InvalidInput(f"{what} «{value}»: такого значения нет.")
    fold = next(one for one in get_args(Fold) if one == by)
    return Asked(since.isoformat(), until.isoformat(), fold, queue, agent, company.id)


async def agents_of(session: AsyncSession, company_id: str) -> dict[str, str]:
    """Number to name of everybody who answers or has answered calls for the company, by name."""
    query = select(User.agent, User.name).where(User.company_id == company_id, User.agent.is_not(None))
    return {agent: name for agent, name in await session.execute(query.order_by(User.name)) if agent is not None}


async def table(
    session: AsyncSession, company: Company, asked: Asked, agents: Mapping[str, str], now: datetime, *, within_s: int
) -> Table:
    """The figures asked for. Raises Unavailable while the database is away."""
    period = asked.period(company, now)
    told = await history.figures(
        session, company.id, period, [_BY[asked.by]], within_s=within_s, queue=asked.queue, agent=asked.agent
    )
    by_key = {key[0]: figures for key, figures in told.items()}
    whole = Row("Всего", sum(by_key.values(), Figures()))
    match asked.by:
        case "queue":
            rows = [Row(company.queue_name(queue) if queue else OUTSIDE, figures) for queue, figures in by_key.items()]
        case "agent":
            there = await history.presence(session, company.id, period, agent=asked.agent)
            numbers = sorted(
                (by_key.keys() | there.keys()) - {""}, key=lambda number: (agents.get(number, number), number)
            )
            rows = [
                Row(agents.get(number, number), by_key.get(number, Figures()), None, number, there.get(number))
                for number in numbers
            ]
        case "day":
            rows = list(_by_day(by_key, company, asked))
        case "hour":
            rows = list(_by_hour(by_key, company, asked))
    return Table(tuple(rows), whole)


def _by_day(slots: Mapping[datetime, Figures], company: Company, asked: Asked) -> Iterator[Row]:
    """Every day of the period, the empty ones too: a hole in a chart is not a quiet day."""
    days: dict[date, Figures] = {}
    for slot, figures in slots.items():
        day = slot.astimezone(company.zone).date()
        days[day] = days.get(day, Figures()) + figures
    first = date.fromisoformat(asked.since)
    for number in range(asked.days):
        day = first + timedelta(days=number)
        start = datetime.combine(day, time(), company.zone)
        yield Row(f"{day.day} {words.MONTHS[day.month - 1]}", days.get(day, Figures()), int(start.timestamp()))


def _by_hour(slots: Mapping[datetime, Figures], company: Company, asked: Asked) -> Iterator[Row]:
    """The hours of the day, all days together."""
    hours: dict[int, Figures] = {}
    for slot, figures in slots.items():
        hour = slot.astimezone(company.zone).hour
        hours[hour] = hours.get(hour, Figures()) + figures
    midnight = datetime.combine(date.fromisoformat(asked.since), time(), company.zone)
    for hour in range(24):
        at = int((midnight + timedelta(hours=hour)).timestamp())
        yield Row(f"{hour:02}:00 — {(hour + 1) % 24:02}:00", hours.get(hour, Figures()), at)


HEADINGS: Final = (
    "", "Поступило", "Отвечено", "За норму", "Сервис, %", "Потеряно", "Потеряно, %", "Положили трубку",
    "Не дождались", "Конец не виден", "Ожидание, с", "Ждали потерянные, с", "Разговоров", "Разговор, с",
    "Дозаполнение, с", "Не снял трубку", "На смене, с", "Паузы, с",
)  # fmt: skip


def in_csv(table: Table) -> Sequence[Sequence[str | int | float | None]]:
    """The rows as a file holds them: every number as it is, seconds as seconds."""
    return [
        (
            f"{row.name} ({row.agent})" if row.agent else row.name,
            one.offered, one.answered, one.in_time, one.service_level, one.lost, one.lost_share, one.abandoned,
            one.unserved, one.unknown, one.average_wait_s, one.average_lost_s, one.talks, one.average_talk_s,
            one.average_wrap_up_s, one.missed,
            row.presence.on_shift_s if row.presence else None, row.presence.paused_s if row.presence else None,
        )
        for row in (*table.rows, table.whole)
        for one in [row.figures]
    ]  # fmt: skip


def day_of(text: str) -> date | None:
    """A day of an address; None for none. Raises InvalidInput."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"Дата «{text[:20]}» не разобрана. Пишите как 2026-11-22.") from error


def _whole(share: float | None) -> int | None:
    return None if share is None else round(share)
