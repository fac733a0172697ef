"""What queues and agents did in a period, counted in the database from stored events, alike for screen and report.

The wallboard's "today" and the history page call the same functions, so they cannot differ, and a restart changes
nothing. A caller who returns after a transfer or a reload of the agent's page is not counted twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, SQLColumnExpression, and_, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from gridline.companies import priorities
from ivr.desk.models import LOST, AgentEvent, Deed, Left, QueueVisit
from ivr.figures.figures import Figures, GroupedBy, Period, Presence

_Column = SQLColumnExpression[Any]

HALF_HOUR_S = 1800
LONGEST_STATE = timedelta(hours=24)
"""How long before the period a pause may have begun and still be found."""

_STATES = (Deed.SIGNED_ON, Deed.READY, Deed.PAUSED, Deed.MISSED, Deed.SIGNED_OFF)
"""Events after which an agent is in another state (a completed talk leads to the wrap-up as well)."""


class Epoch(GenericFunction[int]):
    """A moment as whole seconds since 1970, on both databases."""

    type = Integer()
    inherit_cache = True
    name = "gridline_epoch"


@compiles(Epoch, "sqlite")
def _epoch_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"CAST(strftime('%s', {compiler.process(element.clauses, **options)}) AS INTEGER)"


@compiles(Epoch, "postgresql")
def _epoch_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"CAST(floor(extract(epoch FROM {compiler.process(element.clauses, **options)})) AS BIGINT)"


async def figures(
    session: AsyncSession,
    company_id: str,
    period: Period,
    by: Sequence[GroupedBy] = (),
    *,
    within_s: int,
    queue: str = "",
    agent: str = "",
) -> dict[tuple[Any, ...], Figures]:
    """The figures of a company, grouped by `by` (the key of a half hour is its start); without `by` the key is ().

    `queue` and `agent` filter. An unanswered call has no agent: its agent is "".
    """
    by_key = await calls(session, company_id, period, by, within_s=within_s, queue=queue, agent=agent)
    for key, of_talks in _keyed(by, await _talks(session, company_id, period, by, queue, agent), _OF_TALKS):
        by_key[key] = by_key.get(key, Figures()) + of_talks
    return by_key


async def calls(
    session: AsyncSession,
    company_id: str,
    period: Period,
    by: Sequence[GroupedBy] = (),
    *,
    within_s: int,
    queue: str = "",
    agent: str = "",
) -> dict[tuple[Any, ...], Figures]:
    """As `figures` but without talks: the half that the wallboard needs every few seconds."""
    by_key: dict[tuple[Any, ...], Figures] = {} if by else {(): Figures()}
    by_key.update(_keyed(by, await _visits(session, company_id, period, by, within_s, queue, agent), _OF_VISITS))
    return by_key


async def presence(session: AsyncSession, company_id: str, period: Period, *, agent: str = "") -> dict[str, Presence]:
    """Each agent's time on shift and in pauses within the period; what is still going on counts to its end."""
    span = _spans(company_id, period, agent)
    seconds = _seconds_within(span.c.at, span.c.until, period)
    reason = case((span.c.kind == Deed.SIGNED_ON, literal("")), else_=span.c.detail)
    paused = span.c.kind.in_((Deed.SIGNED_ON, Deed.PAUSED, Deed.MISSED))
    pauses = (
        select(span.c.agent, reason, func.count(), func.sum(seconds))
        .where(paused, seconds > 0)
        .group_by(span.c.agent, reason)
        .order_by(span.c.agent, reason)
    )
    shifts = (
        select(span.c.agent, func.sum(seconds))
        .where(span.c.kind != Deed.SIGNED_OFF, seconds > 0)
        .group_by(span.c.agent)
    )
    on_shift = {name: int(total) for name, total in await session.execute(shifts)}
    by_reason: dict[str, dict[str, tuple[int, int]]] = {}
    for name, why, times, total in await session.execute(pauses):
        by_reason.setdefault(name, {})[why] = (times, int(total))
    return {name: Presence(total, by_reason.get(name, {})) for name, total in sorted(on_shift.items())}


_OF_VISITS = ("answered", "in_time", "abandoned", "unserved", "unknown", "waited_s", "waited_lost_s")
_OF_TALKS = ("talks", "talked_s", "missed", "wrap_ups", "wrapped_s")


async def _visits(
    session: AsyncSession,
    company_id: str,
    period: Period,
    by: Sequence[GroupedBy],
    within_s: int,
    queue: str,
    agent: str,
) -> Sequence[Any]:
    visit = QueueVisit
    answered = visit.outcome == Left.ANSWERED
    lost = visit.outcome.in_(LOST)
    parts = _parts(by, visit.queue, visit.agent, visit.entered_at)
    query = select(
        *parts,
        _count(answered),
        _count(and_(answered, visit.waited_s <= within_s)),
        _count(visit.outcome == Left.ABANDONED),
        _count(visit.outcome == Left.UNSERVED),
        _count(visit.outcome == Left.UNKNOWN),
        func.sum(case((answered, visit.waited_s), else_=0.0)),
        func.sum(case((lost, visit.waited_s), else_=0.0)),
    ).where(
        visit.company_id == company_id,
        visit.entered_at >= period.since,
        visit.entered_at < period.until,
        visit.priority != priorities.FRONT,
    )
    return await _grouped(session, query, parts, (visit.queue, queue), (visit.agent, agent))


async def _talks(
    session: AsyncSession, company_id: str, period: Period, by: Sequence[GroupedBy], queue: str, agent: str
) -> Sequence[Any]:
    """Talks, wrap-ups and missed calls.

    A wrap-up lasts from a completed talk to the next change of state, unless the agent had paused during the talk.
    """
    event = AgentEvent
    states = (
        select(
            event.agent,
            event.queue,
            event.kind,
            event.at,
            event.seconds,
            func.lag(event.kind).over(partition_by=event.agent, order_by=event.at).label("before"),
            func.lead(event.at).over(partition_by=event.agent, order_by=event.at).label("until"),
        )
        .where(
            event.company_id == company_id,
            event.kind.in_((*_STATES, Deed.COMPLETED)),
            event.at >= period.since - LONGEST_STATE,
            event.at < period.until,
        )
        .subquery()
    )
    completed = states.c.kind == Deed.COMPLETED
    wrapping = and_(completed, states.c.before.in_((Deed.READY, Deed.COMPLETED)))
    parts = _parts(by, states.c.queue, states.c.agent, states.c.at)
    query = select(
        *parts,
        _count(completed),
        func.sum(case((completed, states.c.seconds), else_=0)),
        _count(states.c.kind == Deed.MISSED),
        _count(wrapping),
        func.sum(case((wrapping, _seconds_within(states.c.at, states.c.until, period)), else_=0)),
    ).where(states.c.at >= period.since, or_(completed, states.c.kind == Deed.MISSED))
    return await _grouped(session, query, parts, (states.c.queue, queue), (states.c.agent, agent))


def _spans(company_id: str, period: Period, agent: str) -> Any:
    """Every state an agent was in: from its event to the next one."""
    event = AgentEvent
    query = select(
        event.agent,
        event.kind,
        event.detail,
        event.at,
        func.lead(event.at).over(partition_by=event.agent, order_by=event.at).label("until"),
    ).where(
        event.company_id == company_id,
        event.kind.in_(_STATES),
        event.at >= period.since - LONGEST_STATE,
        event.at < period.until,
    )
    return (query.where(event.agent == agent) if agent else query).subquery()


def _seconds_within(begun: ColumnElement[Any], ended: ColumnElement[Any], period: Period) -> ColumnElement[int]:
    """Whole seconds of the span within the period; a span without an end runs to the end of the period."""
    first, last = int(period.since.timestamp()), int(period.until.timestamp())
    start, end = Epoch(begun), func.coalesce(Epoch(ended), last)
    return case((end > last, last), else_=end) - case((start < first, first), else_=start)


def _parts(by: Sequence[GroupedBy], queue: _Column, agent: _Column, at: _Column) -> list[ColumnElement[Any]]:
    parts = {GroupedBy.QUEUE: queue, GroupedBy.AGENT: agent, GroupedBy.HALF_HOUR: Epoch(at) // HALF_HOUR_S}
    return [parts[dimension].label(f"part{index}") for index, dimension in enumerate(by)]


async def _grouped(
    session: AsyncSession, query: Any, parts: Sequence[ColumnElement[Any]], *only: tuple[_Column, str]
) -> Sequence[Any]:
    for column, value in only:
        if value:
            query = query.where(column == value)
    return (await session.execute(query.group_by(*parts).order_by(*parts))).all()


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _keyed(
    by: Sequence[GroupedBy], rows: Sequence[Any], names: Sequence[str]
) -> Iterator[tuple[tuple[Any, ...], Figures]]:
    for row in rows:
        key = tuple(
            _moment(part) if dimension is GroupedBy.HALF_HOUR else part
            for dimension, part in zip(by, row, strict=False)
        )
        values = dict(zip(names, row[len(by) :], strict=True))
        yield key, Figures(**{name: value for name, value in values.items() if value is not None})


def _moment(half_hour: int) -> datetime:
    return datetime.fromtimestamp(half_hour * HALF_HOUR_S, UTC)
