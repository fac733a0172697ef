"""What reviews come to in a period: by agent, queue or point, week by week; and who needs help with what.

Only finished reviews count, as disputes left them, and none of a calibration.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Integer, Select, case, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.calendar import days
from gridline.scope import Scope
from quality.cards.card import Grade
from quality.cards.scoring import WORTH
from quality.reviews.models import Review, ReviewGrade
from quality.reviews.seen import visible

FEWEST: Final = 3
"""Grades of one point before it says anything of an agent."""
WEAK: Final = 60.0
"""Per cent of a point below which its agent is to be helped with it: ours, no act's."""


_GRADE: Final = func.coalesce(ReviewGrade.decided, ReviewGrade.grade, type_=ReviewGrade.grade.type)
"""The one that counts: the second person's, where they gave one."""


class JudgedBy(StrEnum):
    """What a row of the figures stands for."""

    AGENT = "agent"
    QUEUE = "queue"
    POINT = "point"


@dataclass(frozen=True, slots=True)
class JudgedPeriod:
    """Days of a company, both counted in, and the weeks they touch."""

    since: date
    until: date
    zone: ZoneInfo

    @property
    def weeks(self) -> list[date]:
        """The Mondays, the earliest first."""
        first = _monday(self.since)
        return [first + timedelta(weeks=number) for number in range((self.until - first).days // 7 + 1)]

    @property
    def begins(self) -> datetime:
        """Its first moment."""
        return days.begins(self.since, self.zone)

    @property
    def ends(self) -> datetime:
        """The first moment after it."""
        return days.ends(self.until, self.zone)


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """One agent, queue or point: its mean of all, 0-100, and of each week (None: nothing was judged)."""

    key: str
    reviews: int
    mean: float
    weeks: tuple[float | None, ...]

    @property
    def change(self) -> float | None:
        """How much the last week with reviews is above the first one; None with fewer than two."""
        known = [one for one in self.weeks if one is not None]
        return known[-1] - known[0] if len(known) > 1 else None


@dataclass(frozen=True, slots=True)
class WeakPoint:
    """What an agent is to be helped with, and the talk to begin with."""

    agent: str
    card: str
    card_version: str
    point: str
    reviews: int
    mean: float
    """Per cent."""
    review_id: str
    """The latest in which it was not met."""


async def trend(
    session: AsyncSession, company_id: str, period: JudgedPeriod, by: JudgedBy, *, visible_to: Scope
) -> list[JudgedRow]:
    """The rows of a period, the weakest first; of a point the key is `card/point`.

    The database counts: a year of a large company is a million grades, and they would hold the event loop.
    """
    week = _week_of(Review.finished_at, period)
    finished = _finished(company_id, period, visible_to)
    query: Select[*tuple[Any, ...]]
    if by is JudgedBy.POINT:
        value = _worth(_GRADE)
        query = select(Review.card, ReviewGrade.point, week, func.count(value), func.sum(value))
        query = query.join(ReviewGrade, ReviewGrade.review_id == Review.id).group_by(Review.card, ReviewGrade.point)
    else:
        key = Review.agent if by is JudgedBy.AGENT else Review.queue
        query = select(key, week, func.count(Review.total), func.sum(Review.total)).group_by(key)
    folded: dict[str, list[tuple[int, int, float]]] = defaultdict(list)
    for *parts, number, count, whole in await session.execute(query.where(*finished).group_by(week)):
        if count:
            folded["/".join(parts)].append((number, count, float(whole)))
    return _rows(folded, period)


async def weak_points(
    session: AsyncSession, company_id: str, period: JudgedPeriod, *, visible_to: Scope
) -> list[WeakPoint]:
    """Points that agents met too seldom in a period, the weakest first."""
    finished, value = _finished(company_id, period, visible_to), _worth(_GRADE)
    unmet = case((_GRADE != Grade.MET, Review.finished_at))
    query = (
        select(Review.agent, Review.card, ReviewGrade.point, func.count(), func.avg(value), func.max(unmet))
        .join(ReviewGrade, ReviewGrade.review_id == Review.id)
        .where(*finished, _GRADE != Grade.ABSENT)
        .group_by(Review.agent, Review.card, ReviewGrade.point)
        .having(func.count() >= FEWEST, func.avg(value) < WEAK)
    )
    weak = (await session.execute(query)).all()
    last = await _last_unmet(session, finished, {row[5] for row in weak})
    found = []
    for agent, card, point, reviews, mean, at in weak:
        id, version = last[agent, card, point, at]
        found.append(WeakPoint(agent, card, version, point, reviews, float(mean), id))
    return sorted(found, key=lambda one: (one.mean, one.agent, one.point))


async def _last_unmet(
    session: AsyncSession, finished: Sequence[Any], moments: Collection[datetime]
) -> dict[tuple[str, str, str, datetime | None], tuple[str, str]]:
    """By agent, card, point and moment, the review finished then in which the point was not met, and its version."""
    query = (
        select(Review.agent, Review.card, ReviewGrade.point, Review.finished_at, Review.id, Review.card_version)
        .join(ReviewGrade, ReviewGrade.review_id == Review.id)
        .where(*finished, Review.finished_at.in_(moments), _GRADE.not_in((Grade.MET, Grade.ABSENT)))
    )
    return {(row[0], row[1], row[2], row[3]): (row[4], row[5]) for row in await session.execute(query)}


def _finished(company_id: str, period: JudgedPeriod, scope: Scope) -> Sequence[Any]:
    in_time = (Review.finished_at >= period.begins, Review.finished_at < period.ends)
    return (Review.company_id == company_id, Review.calibration_id.is_(None), *in_time, visible(scope))


def _worth(grade: ColumnElement[Grade]) -> ColumnElement[Any]:
    """What a grade is worth, 0-100; NULL where there was no occasion."""
    return case({one: float(WORTH[one] * 100) for one in WORTH}, value=grade)


def _week_of(moment: Any, period: JudgedPeriod) -> ColumnElement[int]:
    """The number of the week, from 0, that a moment of the period is in: by halves, six looks for a year."""
    begins = [days.begins(monday, period.zone) for monday in period.weeks]

    def within(first: int, behind: int) -> ColumnElement[int]:
        if behind - first == 1:
            return literal_column(str(first), Integer)
        middle = (first + behind) // 2
        return case((moment < begins[middle], within(first, middle)), else_=within(middle, behind))

    if len(begins) == 1:  # a bare number would be taken for a column's place where it is grouped by
        return literal_column("CAST(0 AS INTEGER)", Integer).label("week")
    return within(0, len(begins)).label("week")


def _rows(folded: Mapping[str, Sequence[tuple[int, int, float]]], period: JudgedPeriod) -> list[JudgedRow]:
    """Of each key its weeks: the week's number, how many were counted, what they come to together."""
    rows = []
    for key, found in folded.items():
        means = {number: whole / count for number, count, whole in found}
        count = sum(one[1] for one in found)
        weeks = tuple(means.get(number) for number in range(len(period.weeks)))
        rows.append(JudgedRow(key, count, sum(one[2] for one in found) / count, weeks))
    return sorted(rows, key=lambda row: (row.mean, row.key))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
