"""Who was told what of an outage, and when: by the menu, by an agent, by a call of ours, by a message. Append-only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from grid.outages.models import Outage, OutageTelling, TellingWay
from gridline.scope import Scope


async def told(
    session: AsyncSession,
    outage_id: str,
    at: datetime,
    way: TellingWay,
    words: str,
    call_id: str | None = None,
    phone: str | None = None,
) -> None:
    """Keep that somebody was told `words` of the outage; `phone` (E.164) where it is known."""
    session.add(OutageTelling(outage_id=outage_id, at=at, way=way, call_id=call_id, phone=phone, told=words))
    await session.flush()


async def forget_called(session: AsyncSession, calls_out: Select[str]) -> None:
    """Keep neither number nor words of what was told in these calls of ours (ids): the words may name an address."""
    told = update(OutageTelling).where(OutageTelling.way == TellingWay.CALL_OUT, OutageTelling.call_id.in_(calls_out))
    await session.execute(told.values(phone=None, told="").execution_options(synchronize_session=False))


async def of_outage(
    session: AsyncSession, outage_id: str, *, visible_to: Scope, most: int = 100
) -> list[OutageTelling]:
    """What was told of an outage that the asker sees, the latest first."""
    query = (
        select(OutageTelling)
        .join(Outage, Outage.id == OutageTelling.outage_id)
        .where(OutageTelling.outage_id == outage_id, visible_to.where(Outage.company_id, Outage.branch))
        .order_by(OutageTelling.at.desc(), OutageTelling.id)
        .limit(most)
    )
    return list(await session.scalars(query))


async def calls_told(session: AsyncSession, outage_id: str) -> set[str]:
    """The calls that came in (ids) in which the outage was told, by the menu or by an agent."""
    by_voice = OutageTelling.way.in_((TellingWay.LINE, TellingWay.AGENT))
    query = select(OutageTelling.call_id).where(OutageTelling.outage_id == outage_id, by_voice)
    return {call_id for call_id in await session.scalars(query) if call_id is not None}


async def how_many(session: AsyncSession, outage_ids: list[str]) -> dict[str, dict[TellingWay, int]]:
    """By outage and way: how many were told."""
    counted: dict[str, dict[TellingWay, int]] = {}
    query = (
        select(OutageTelling.outage_id, OutageTelling.way, func.count())
        .where(OutageTelling.outage_id.in_(outage_ids))
        .group_by(OutageTelling.outage_id, OutageTelling.way)
    )
    for outage_id, way, number in await session.execute(query) if outage_ids else ():
        counted.setdefault(outage_id, {})[way] = number
    return counted
