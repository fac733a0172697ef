"""A company's day so far, from stored events: service level, lost calls, the half hours, promises that are due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from agent_console.console import Console
from agent_console.people import people
from appeals.codes import PromiseKind
from appeals.finding import appeals
from grid import feeds
from grid.feeds import FeedAge
from gridline.calendar import days
from gridline.companies import Company
from gridline.scope import Scope
from gridline.settings import Settings
from ivr.figures import history
from ivr.figures.figures import Figures, GroupedBy, Period
from ivr.figures.history import HALF_HOUR_S
from worklist import items
from worklist.callbacks import OWED_A_CALL
from worklist.codes import KIND_TITLES

RECENT: Final = timedelta(minutes=30)
MOST_OWED: Final = 100
SOON: Final = timedelta(hours=1)
"""A promise is shown when it is due within this time, or was not kept in time."""


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """What is asked of the line (settings): so many per cent answered within so many seconds, not more than so many
    per cent lost."""

    within_s: int
    answered_per_cent: int
    lost_per_cent: int

    @classmethod
    def of(cls, settings: Settings) -> ServiceLevel:
        """The rule in force."""
        return cls(settings.answer_within_s, settings.answered_per_cent, settings.lost_per_cent)

    def level(self, share: float | None) -> str:
        """How a service level is coloured: good, soon (nearly), late, or nothing without calls."""
        if share is None:
            return ""
        return "good" if share >= self.answered_per_cent else "soon" if share >= self.answered_per_cent - 10 else "late"

    def lost(self, share: float | None) -> str:
        """How a share of lost calls is coloured."""
        return "late" if share is not None and share > self.lost_per_cent else ""


@dataclass(frozen=True, slots=True)
class HalfHour:
    """One point of the day's chart."""

    at: int
    """Seconds since 1970."""
    answered: int
    lost: int
    level: int | None
    """Service level, per cent."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A promise, without whose it is: the board hangs on a wall."""

    title: str
    owner: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Today:
    """The figures since midnight of the company's zone."""

    recent: Figures
    """Of the last half hour."""
    whole: Figures
    queues: Mapping[str, Figures]
    half_hours: tuple[HalfHour, ...]
    owed: tuple[Owed, ...]
    """Promises that are late, or due within the hour; the most urgent first."""
    feeds: tuple[FeedAge, ...] = ()
    """Where the company's outages come from, and how old each is."""

    @property
    def points(self) -> list[tuple[int, int, int, int | None]]:
        """The half hours as the chart's script reads them."""
        return [(one.at, one.answered, one.lost, one.level) for one in self.half_hours]


def local_day(company: Company, at: datetime) -> Period:
    """The day of this moment in the company's zone."""
    day = days.day_of(at, company.zone)
    return Period(days.begins(day, company.zone), days.ends(day, company.zone))


async def today(console: Console, company: Company) -> Today:
    """The day so far. Raises Unavailable while the database is away."""
    now, within_s = console.clock.now(), console.settings.answer_within_s
    day = local_day(company, now)
    recent = Period(now - RECENT, now + RECENT)
    async with console.db.read() as session:
        last = (await history.calls(session, company.id, recent, within_s=within_s))[()]
        sources = tuple(await feeds.ages(session, company, now))
        told = await history.calls(session, company.id, day, [GroupedBy.QUEUE, GroupedBy.HALF_HOUR], within_s=within_s)
    queues: dict[str, Figures] = {}
    slots: dict[datetime, Figures] = {}
    for (queue, slot), figures in told.items():
        queues[queue] = queues.get(queue, Figures()) + figures
        slots[slot] = slots.get(slot, Figures()) + figures
    return Today(
        recent=last,
        whole=sum(queues.values(), Figures()),
        queues=queues,
        half_hours=_half_hours(day.since, now, slots),
        owed=await _owed(console, company, now),
        feeds=sources,
    )


def _half_hours(midnight: datetime, now: datetime, slots: Mapping[datetime, Figures]) -> tuple[HalfHour, ...]:
    first, last = int(midnight.timestamp()), int(now.timestamp())
    by_second = {int(slot.timestamp()): figures for slot, figures in slots.items()}
    return tuple(
        HalfHour(at, one.answered, one.lost, _whole(one.service_level))
        for at in range(first, last + 1, HALF_HOUR_S)
        for one in [by_second.get(at, Figures())]
    )


def _whole(share: float | None) -> int | None:
    return None if share is None else round(share)


async def _owed(console: Console, company: Company, now: datetime) -> tuple[Owed, ...]:
    """Promises of the trust line are nobody's but the security service's, and this page is everybody's."""
    due = [one for one in await console.promises.due(company.id) if one.due_at <= now + SOON]
    found = [one for one in due if one.kind != PromiseKind.CALLBACK]  # a call that is owed is an item
    ids = {one.appeal_id for one in found if one.appeal_id is not None}
    scope = Scope(company.id)
    async with console.db.read() as session:
        seen = await appeals.among(session, ids, visible_to=scope)
        calls = await items.open_items(session, OWED_A_CALL, visible_to=scope, most=MOST_OWED)
        names = await people.names(session, [*(one.owner for one in found), *(one.owner for one in calls)])
    owed = [
        Owed(one.title, people.spelled(one.owner, names), one.due_at)
        for one in found
        if one.appeal_id is None or one.appeal_id in seen
    ]
    owed += [
        Owed(KIND_TITLES[one.kind].lower(), people.spelled(one.owner, names) if one.owner else "", one.due_at)
        for one in calls
        if one.due_at <= now + SOON
    ]
    return tuple(sorted(owed, key=lambda one: one.due_at))
