"""What queues and agents did in a period, counted in the database from stored events: the same for screen and report.

The wallboard's "today" and the history page ask the same functions, so they cannot differ, and a restart changes
nothing. A caller who comes back after a transfer or a reload of the agent's page is not counted a second time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, SQLColumnExpression, and_, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from gridline import priorities
from ivr.desk.models import LOST, AgentEvent, Deed, Left, QueueVisit
from ivr.figures.figures import By, Figures, Period, Presence

_Column = SQLColumnExpression[Any]

HALF_HOUR_S = 1800
LONGEST_STATE = timedelta(hours=24)
"""A pause that began earlier before the period than this is not looked for."""

_STATES = (Deed.SIGNED_ON, Deed.READY, Deed.PAUSED, Deed.MISSED, Deed.SIGNED_OFF)
"""Events after which an agent is in another state (a completed talk leads to the wrap-up as well)."""


class _Epoch(GenericFunction[int]):
    """Whole seconds since 1970 of a moment, on both databases."""

    type = Integer()
    inherit_cache = True
    name = "gridline_epoch"


@compiles(_Epoch, "sqlite")
def _epoch_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"CAST(strftime('%s', {compiler.process(element.clauses, **options)}) AS INTEGER)"


@compiles(_Epoch, "postgresql")
def _epoch_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"CAST(floor(extract(epoch FROM {compiler.process(element.clauses, **options)})) AS BIGINT)"


async def figures(
    session: AsyncSession,
    company_id: str,
    period: Period,
    by: Sequence[By] = (),
    *,
    within_s: int,
    queue: str = "",
    agent: str = "",
) -> dict[tuple[Any, ...], Figures]:
    """The figures of a company, told apart by `by` (a half hour is the moment it begins); () is the whole.

    `queue` and `agent` leave the others out. An unanswered call is no agent's: its agent is "".
    """
    found = await calls(session, company_id, period, by, within_s=within_s, queue=queue, agent=agent)
    for key, told in _told(by, await _talks(session, company_id, period, by, queue, agent), _OF_TALKS):
        found[key] = found.get(key, Figures()) + told
    return found


async def calls(
    session: AsyncSession,
    company_id: str,
    period: Period,
    by: Sequence[By] = (),
    *,
    within_s: int,
    queue: str = "",
    agent: str = "",
) -> dict[tuple[Any, ...], Figures]:
    """As `figures`, without the talks: the half of them that the wallboard asks for every few seconds."""
    found: dict[tuple[Any, ...], Figures] = {} if by else {(): Figures()}
    found.update(_told(by, await _visits(session, company_id, period, by, within_s, queue, agent), _OF_VISITS))
    return found


async def presence(session: AsyncSession, company_id: str, period: Period, *, agent: str = "") -> dict[str, Presence]:
    """Each agent's time on shift and in pauses within the period; what still lasts counts up to its end."""
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
    session: AsyncSession, company_id: str, period: Period, by: Sequence[By], within_s: int, queue: str, agent: str
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
    session: AsyncSession, company_id: str, period: Period, by: Sequence[By], queue: str, agent: str
) -> Sequence[Any]:
    """Talks, wrap-ups and telephones that rang in vain.

    A wrap-up lasts from a completed talk to the next change of state, unless the agent had paused during the talk.
    """
    event = AgentEvent
    told = (
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
    completed = told.c.kind == Deed.COMPLETED
    wrapping = and_(completed, told.c.before.in_((Deed.READY, Deed.COMPLETED)))
    parts = _parts(by, told.c.queue, told.c.agent, told.c.at)
    query = select(
        *parts,
        _count(completed),
        func.sum(case((completed, told.c.seconds), else_=0)),
        _count(told.c.kind == Deed.MISSED),
        _count(wrapping),
        func.sum(case((wrapping, _seconds_within(told.c.at, told.c.until, period)), else_=0)),
    ).where(told.c.at >= period.since, or_(completed, told.c.kind == Deed.MISSED))
    return await _grouped(session, query, parts, (told.c.queue, queue), (told.c.agent, agent))


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
    """Whole seconds of the span that lie within the period; an open end lasts to the period's."""
    first, last = int(period.since.timestamp()), int(period.until.timestamp())
    start, end = _Epoch(begun), func.coalesce(_Epoch(ended), last)
    return case((end > last, last), else_=end) - case((start < first, first), else_=start)


def _parts(by: Sequence[By], queue: _Column, agent: _Column, at: _Column) -> list[ColumnElement[Any]]:
    parts = {By.QUEUE: queue, By.AGENT: agent, By.HALF_HOUR: _Epoch(at) // HALF_HOUR_S}
    return [parts[one].label(f"part{index}") for index, one in enumerate(by)]


async def _grouped(
    session: AsyncSession, query: Any, parts: Sequence[ColumnElement[Any]], *only: tuple[_Column, str]
) -> Sequence[Any]:
    for column, value in only:
        if value:
            query = query.where(column == value)
    return (await session.execute(query.group_by(*parts).order_by(*parts))).all()


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _told(by: Sequence[By], rows: Sequence[Any], names: Sequence[str]) -> Iterator[tuple[tuple[Any, ...], Figures]]:
    for row in rows:
        key = tuple(_moment(part) if one is By.HALF_HOUR else part for one, part in zip(by, row, strict=False))
        values = dict(zip(names, row[len(by) :], strict=True))
        yield key, Figures(**{name: value for name, value in values.items() if value is not None})


def _moment(half_hour: int) -> datetime:
    return datetime.fromtimestamp(half_hour * HALF_HOUR_S, UTC)
