"""Rates and switches as they are stored: every query about them, and who may see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.db import Reads
from gridline.errors import Conflict
from gridline.scope import Scope
from ivr.storm.mode import StormMode
from ivr.storm.models import StormEvent, StormLoad
from ivr.storm.rates import Scoped

STALE: Final = timedelta(seconds=30)
"""A node that has not written its rate for so long takes no calls."""
_LOADS = (
    select(StormLoad.company_id, StormLoad.branch, func.sum(StormLoad.calls_a_minute).label("rate"))
    .where(StormLoad.node != bindparam("but"), StormLoad.at > bindparam("since"))
    .group_by(StormLoad.company_id, StormLoad.branch)
)
_LAST = (
    select(StormEvent.company_id, StormEvent.branch, func.max(StormEvent.ordinal).label("ordinal"))
    .group_by(StormEvent.company_id, StormEvent.branch)
    .subquery()
)
_MODES = select(StormEvent).join(
    _LAST,
    (StormEvent.company_id == _LAST.c.company_id)
    & (StormEvent.branch == _LAST.c.branch)
    & (StormEvent.ordinal == _LAST.c.ordinal),
)


async def write_loads(session: AsyncSession, node: str, rates: Mapping[Scoped, float], now: datetime) -> None:
    """This node's rates, instead of those it wrote before."""
    await session.execute(delete(StormLoad).where(StormLoad.node == node))
    for (company, branch), rate in rates.items():
        session.add(StormLoad(node=node, company_id=company, branch=branch, at=now, calls_a_minute=rate))


async def loads(session: Reads, now: datetime, *, but: str) -> dict[Scoped, float]:
    """The rates of all nodes `but` one, added up."""
    rows = await session.execute(_LOADS, {"but": but, "since": now - STALE})
    return {(company, branch): float(rate) for company, branch, rate in rows}


async def modes(session: Reads) -> dict[Scoped, StormMode]:
    """The last switch of every scope that was ever switched."""
    return {(one.company_id, one.branch): _mode(one) for one in await session.scalars(_MODES, {})}


async def switch(session: AsyncSession, scope: Scoped, mode: StormMode) -> None:
    """Store a switch. Raises Conflict when another node or person has switched this scope meanwhile."""
    if mode.since is None:
        raise ValueError("a switch has its moment")
    event = StormEvent(
        company_id=scope[0],
        branch=scope[1],
        ordinal=mode.ordinal,
        at=mode.since,
        on=mode.on,
        actor=mode.actor,
        calls_a_minute=mode.calls_a_minute,
        limit=mode.limit,
        stands_until=mode.stands_until,
    )
    try:
        async with session.begin_nested():
            session.add(event)
    except IntegrityError as error:
        raise Conflict("Режим только что переключили. Посмотрите, какой он сейчас.") from error


async def of_company(
    session: AsyncSession, company_id: str, since: datetime, *, visible_to: Scope, most: int
) -> list[StormEvent]:
    """The switches of a company since a moment, the latest first."""
    own = (StormEvent.company_id == company_id, StormEvent.at >= since)
    query = select(StormEvent).where(*own, visible_to.where(StormEvent.company_id, StormEvent.branch))
    return list(await session.scalars(query.order_by(StormEvent.at.desc(), StormEvent.ordinal.desc()).limit(most)))


def changed(before: Mapping[Scoped, StormMode], now: Mapping[Scoped, StormMode]) -> Iterable[Scoped]:
    """The scopes whose mode is another than before."""
    return [scope for scope, mode in now.items() if before.get(scope) != mode]


def _mode(event: StormEvent) -> StormMode:
    return StormMode(
        event.on,
        event.actor,
        event.at,
        event.calls_a_minute,
        event.limit,
        event.stands_until,
        event.ordinal,
    )
