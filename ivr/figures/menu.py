"""How callers fare in the menu: what they came to, what happens in each place, and the ways most of them go.

Every query is counted in the database from stored steps, and takes whoever asks as `visible_to`. It goes by the calls
of the company's period (an index) and from each to its own steps (another), so a day costs the same however many
calls are stored.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, String, and_, case, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.personal_data.trust import visible
from gridline.scope import Scope
from ivr.figures.callers import HUNG_UP, CallerEnd, came_in, came_to, in_menu, own_step, waited
from ivr.figures.figures import Period
from ivr.figures.history import Epoch
from ivr.journal.models import CallRecord, CallStep

Conditions = Sequence[ColumnElement[bool]]

TOP: Final = 15
"""Ways that are told."""


@dataclass(frozen=True, slots=True)
class MenuQuestion:
    """Which calls are asked about: of a company, that began in the period. Empty values are "any"."""

    company_id: str
    period: Period
    branch: str = ""
    flow_version: str = ""
    """The hash of the menu that the call began with."""


@dataclass(frozen=True, slots=True)
class WayOn:
    """What callers did in a place, and where that led them; how often."""

    exit: str
    """`pressed`, `repeat`, `silence`, `hung-up` or another exit of a step (`ivr.menus.walk.Step`)."""
    key: str
    leads_to: str
    """The place; the same one where the menu asked again; `hang-up`; empty: the caller hung up."""
    times: int


@dataclass(frozen=True, slots=True)
class PlaceFigures:
    """What happened in one place of the menu."""

    place: str
    visits: int
    """Times that callers came here and left again, or hung up here; a menu that asks again is one visit."""
    repeats: int
    wrong_keys: int
    silences: int
    given_up: int
    """Callers who got nothing (`CallerEnd.GIVEN_UP`) and were here last."""
    median_s: int | None
    """Whole seconds that half of the visits lasted at most; None where no visit tells. A visit that ends when a caller
    hangs up is left out if they came to a queue: it holds the wait and the talk."""
    p90_s: int | None
    """The same of nine in ten."""
    ways: tuple[WayOn, ...]
    """The most frequent first."""


@dataclass(frozen=True, slots=True)
class CallersWay:
    """The keys that calls pressed in menus from the first to the last."""

    keys: tuple[tuple[str, str], ...]
    """Pairs of place and key; empty: nothing was pressed."""
    calls: int
    ends: Mapping[str, int]
    """CallerEnd -> how many of them."""


@dataclass(frozen=True, slots=True)
class FlowVersion:
    """A menu that calls of the period began with."""

    version: str
    calls: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class MenuFigures:
    """All of it."""

    ends: Mapping[CallerEnd, int]
    places: tuple[PlaceFigures, ...]
    """The most visited first."""
    ways: tuple[CallersWay, ...]
    """The TOP most frequent, the most frequent first."""

    @property
    def calls(self) -> int:
        """All calls that came in and are over."""
        return sum(self.ends.values())

    @property
    def to_person(self) -> int:
        """Calls that came to a queue, whether anybody answered or not; without those whose wait was not seen to end."""
        return self.ends[CallerEnd.PERSON] + self.ends[CallerEnd.WAITED]


async def figures(session: AsyncSession, asked: MenuQuestion, *, visible_to: Scope) -> MenuFigures:
    """What became of the calls, place by place. Raises Unavailable."""
    conditions = calls_asked(asked, visible_to)
    ways, ends, lost = dict[str, Counter[str]](), Counter[str](), Counter[str]()
    for row in await session.execute(_calls(conditions)):
        ways.setdefault(row.way, Counter())[row.end] += row.number
        ends[row.end] += row.number
        if row.last is not None:
            lost[row.last] += row.number
    found = [CallersWay(_keys(way), sum(of.values()), dict(sorted(of.items()))) for way, of in ways.items()]
    return MenuFigures(
        ends={end: ends[end] for end in CallerEnd},
        places=await _places(session, conditions, lost),
        ways=tuple(sorted(found, key=lambda one: (-one.calls, one.keys))[:TOP]),
    )


async def versions(session: AsyncSession, asked: MenuQuestion, *, visible_to: Scope) -> list[FlowVersion]:
    """The menus that the calls began with, the latest first."""
    first, last = func.min(CallRecord.started_at), func.max(CallRecord.started_at)
    query = (
        select(CallRecord.flow_version, func.count(), first, last)
        .where(*calls_asked(asked, visible_to), CallRecord.flow_version != "")
        .group_by(CallRecord.flow_version)
        .order_by(last.desc())
    )
    return [FlowVersion(*row) for row in await session.execute(query)]


async def _places(session: AsyncSession, conditions: Conditions, lost: Mapping[str, int]) -> tuple[PlaceFigures, ...]:
    step = CallStep
    ways: dict[str, list[WayOn]] = defaultdict(list)
    query = (
        select(step.place, step.exit, step.key, step.leads_to, func.count().label("times"))
        .join(CallRecord, CallRecord.id == step.call_id)
        .where(*conditions, own_step())
        .group_by(step.place, step.exit, step.key, step.leads_to)
        .order_by(func.count().desc(), step.exit, step.key, step.leads_to)
    )
    for row in await session.execute(query):
        ways[row.place].append(WayOn(row.exit, row.key, row.leads_to, row.times))
    lasted: dict[str, Counter[int]] = defaultdict(Counter)
    for place, seconds, visits in await session.execute(_lasted(conditions)):
        lasted[place][seconds] += visits
    found = [_place(place, ways[place], lost.get(place, 0), lasted[place]) for place in ways.keys() | lost.keys()]
    return tuple(sorted(found, key=lambda one: (-one.visits, one.place)))


def _place(place: str, ways: Iterable[WayOn], given_up: int, lasted: Mapping[int, int]) -> PlaceFigures:
    ways = tuple(ways)

    def times(*exits: str) -> int:
        return sum(way.times for way in ways if way.exit in exits)

    return PlaceFigures(
        place=place,
        visits=sum(way.times for way in ways if way.leads_to != place),
        repeats=times("repeat"),
        wrong_keys=times("wrong-key", "too-many-keys"),
        silences=times("silence"),
        given_up=given_up,
        median_s=reached(lasted, 0.5),
        p90_s=reached(lasted, 0.9),
        ways=ways,
    )


def reached(lasted: Mapping[int, int], share: float) -> int | None:
    """The least value that `share` of all do not exceed, of value -> how many; None of nothing."""
    wanted, seen = math.ceil(share * sum(lasted.values())), 0
    for value in sorted(lasted):
        seen += lasted[value]
        if seen >= wanted:
            return value
    return None


def _calls(conditions: Conditions) -> Select[Any]:
    """(way, end, last, number): calls by the keys they pressed in menus, what they came to, and, of those who got
    nothing, the place where they were last; one pass over the calls for all three."""
    step = CallStep
    order = (step.started_at, step.ordinal)
    pressed = func.aggregate_strings(step.place + ":" + step.key, " ")
    keys = (
        select(
            step.call_id,
            pressed.over(partition_by=step.call_id, order_by=order, rows=(None, None)).label("way"),
            func.row_number().over(partition_by=step.call_id, order_by=order).label("nth"),
        )
        .join(CallRecord, CallRecord.id == step.call_id)
        .where(*conditions, in_menu())
        .subquery()
    )
    calls = select(CallRecord.id, came_to().label("end")).where(*conditions).cte("asked_calls")
    backwards = (step.started_at.desc(), step.ordinal.desc())
    last = select(step.place).where(step.call_id == calls.c.id).order_by(*backwards).limit(1).scalar_subquery()
    way = func.coalesce(keys.c.way, literal_column("''", String)).label("way")
    first = and_(keys.c.call_id == calls.c.id, keys.c.nth == 1)
    each = (
        select(way, calls.c.end, case((calls.c.end == CallerEnd.GIVEN_UP.value, last)).label("last"))
        .select_from(calls)
        .outerjoin(keys, first)
        .subquery()
    )
    return select(*each.c, func.count().label("number")).group_by(*each.c)


def _lasted(conditions: Conditions) -> Select[Any]:
    """(place, seconds, visits): how long visits lasted, so many of each length."""
    step = CallStep
    left = case((step.leads_to != step.place, 1), else_=0)
    order = (step.started_at, step.ordinal)
    # How often this call had left a place before this step: the steps of one visit share it.
    nth = func.coalesce(func.sum(left).over(partition_by=step.call_id, order_by=order, rows=(None, -1)), 0)
    talked = case((and_(step.exit == HUNG_UP, waited()), 1), else_=0)
    steps = (
        select(
            step.call_id,
            step.place,
            nth.label("nth"),
            step.started_at,
            step.ended_at,
            talked.label("talked"),
        )
        .join(CallRecord, CallRecord.id == step.call_id)
        .where(*conditions, own_step())
        .subquery()
    )
    seconds = Epoch(func.max(steps.c.ended_at)) - Epoch(func.min(steps.c.started_at))
    visits = (
        select(steps.c.place, seconds.label("seconds"))
        .group_by(steps.c.call_id, steps.c.place, steps.c.nth)
        .having(func.max(steps.c.talked) == 0)
        .subquery()
    )
    return select(visits.c.place, visits.c.seconds, func.count()).group_by(visits.c.place, visits.c.seconds)


def _keys(way: str) -> tuple[tuple[str, str], ...]:
    return tuple((place, key) for place, _, key in (one.partition(":") for one in way.split()))


def calls_asked(asked: MenuQuestion, visible_to: Scope) -> list[ColumnElement[bool]]:
    """The conditions on `calls` of a question: those of its calls that came in, are over and may be seen."""
    conditions = [
        CallRecord.company_id == asked.company_id,
        CallRecord.started_at >= asked.period.since,
        CallRecord.started_at < asked.period.until,
        came_in(),
        visible(visible_to, CallRecord.company_id, CallRecord.branch, CallRecord.id),
    ]
    if asked.branch:
        conditions.append(CallRecord.branch == asked.branch)
    if asked.flow_version:
        conditions.append(CallRecord.flow_version == asked.flow_version)
    return conditions
