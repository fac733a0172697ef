"""Outages as a dispatcher's page shows them, by state; and which of them somebody may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from grid import outages
from grid.outages import tellings
from grid.outages.joining import going_on
from grid.outages.models import (
    Outage,
    OutageChange,
    OutageEvent,
    OutageReport,
    OutageScope,
    OutageStatus,
    TellingWay,
)
from grid.outages.scopes import ScopePart
from gridline.errors import NotFound
from gridline.scope import OutOfScope, Scope

AHEAD: Final = timedelta(days=2)
"""How far ahead planned outages are shown."""
AFTER: Final = timedelta(hours=3)
"""How long one that is over stays on the page."""
MOST: Final = 200


class OutageState(StrEnum):
    """Where an outage stands for a dispatcher."""

    GOES_ON = "goes-on"
    CHECKING = "checking"
    """Restored, and confirmed by nobody yet."""
    PLANNED = "planned"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class ListedOutage:
    """One outage with what became of it."""

    outage: Outage
    state: OutageState
    scope: tuple[ScopePart, ...]
    reports: int
    """Joined to it."""
    told: Mapping[TellingWay, int]
    crew_at: datetime | None
    """When a crew set out."""


def state_of(outage: Outage, now: datetime) -> OutageState:
    """Where it stands at that moment."""
    if outage.status is OutageStatus.RESTORED:
        doubted = outage.confirmed_at is None and (outage.actual_end or now) > now - outages.DOUBTED
        return OutageState.CHECKING if doubted else OutageState.OVER
    if outage.status is OutageStatus.CANCELLED:
        return OutageState.OVER
    if outage.planned and outage.status is OutageStatus.ANNOUNCED:
        if outage.starts_at > now:
            return OutageState.PLANNED
        if outage.expected_end is not None and outage.expected_end <= now:
            return OutageState.OVER
    return OutageState.GOES_ON


async def shown(session: AsyncSession, company_id: str, now: datetime, *, visible_to: Scope) -> list[ListedOutage]:
    """What goes on, what is being checked, what is planned soon, what ended lately; the earliest of each first."""
    lately = or_(Outage.actual_end > now - AFTER, and_(Outage.confirmed_at.is_(None), Outage.actual_end.is_not(None)))
    query = select(Outage).where(
        Outage.company_id == company_id,
        visible_to.where(Outage.company_id, Outage.branch),
        or_(
            going_on(now),
            and_(Outage.status == OutageStatus.RESTORED, Outage.actual_end > now - outages.DOUBTED, lately),
            and_(Outage.status == OutageStatus.ANNOUNCED, Outage.starts_at > now, Outage.starts_at <= now + AHEAD),
        ),
    )
    found = list(await session.scalars(query.order_by(Outage.starts_at, Outage.id).limit(MOST)))
    return await listed(session, found, now)


async def listed(session: AsyncSession, found: Sequence[Outage], now: datetime) -> list[ListedOutage]:
    """These outages with what became of them."""
    ids = [one.id for one in found]
    scopes = await scopes_of(session, ids)
    reports = await _reports(session, ids)
    told = await tellings.how_many(session, ids)
    crews = await _crews(session, ids)
    return [
        ListedOutage(
            one,
            state_of(one, now),
            scopes.get(one.id, ()),
            reports.get(one.id, 0),
            told.get(one.id, {}),
            crews.get(one.id),
        )
        for one in found
    ]


async def find(session: AsyncSession, id: str, *, visible_to: Scope) -> Outage:
    """Raises NotFound, and OutOfScope when it is not the asker's to see."""
    outage = await session.get(Outage, id)
    if outage is None:
        raise NotFound("Такого отключения нет.")
    if not visible_to.holds(outage.company_id, outage.branch):
        raise OutOfScope("Такого отключения нет.")
    return outage


async def events(session: AsyncSession, outage: Outage) -> list[OutageEvent]:
    """What happened to an outage, the latest first."""
    query = select(OutageEvent).where(OutageEvent.outage_id == outage.id)
    return list(await session.scalars(query.order_by(OutageEvent.at.desc(), OutageEvent.id)))


async def scopes_of(session: AsyncSession, ids: Collection[str]) -> dict[str, tuple[ScopePart, ...]]:
    """By outage (id), its parts."""
    found: dict[str, list[ScopePart]] = defaultdict(list)
    if ids:
        query = select(OutageScope).where(OutageScope.outage_id.in_(ids)).order_by(OutageScope.id)
        for row in await session.scalars(query):
            found[row.outage_id].append(ScopePart.of_row(row))
    return {id: tuple(sorted(parts, key=lambda part: part.words)) for id, parts in found.items()}


async def _reports(session: AsyncSession, ids: Collection[str]) -> dict[str, int]:
    if not ids:
        return {}
    counted = select(OutageReport.outage_id, func.count()).where(OutageReport.outage_id.in_(ids))
    return {str(id): number for id, number in await session.execute(counted.group_by(OutageReport.outage_id))}


async def _crews(session: AsyncSession, ids: Collection[str]) -> dict[str, datetime]:
    if not ids:
        return {}
    sent = select(OutageEvent).where(OutageEvent.outage_id.in_(ids), OutageEvent.kind == OutageChange.CREW)
    return {one.outage_id: one.at for one in await session.scalars(sent.order_by(OutageEvent.at))}
