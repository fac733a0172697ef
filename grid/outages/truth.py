"""All that is known of supply at one place: off now, planned, said to be back, reported, and how old the news is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select

from grid import feeds, outages
from grid.models import Premise
from grid.outages import reports
from grid.outages.models import Outage, OutageChange, OutageEvent, OutageReport, OutageScope, Service
from gridline.companies import Company
from gridline.db import Reads

AHEAD = timedelta(days=7)
"""How far ahead planned outages are announced."""
_CREW = (
    select(OutageEvent)
    .where(OutageEvent.outage_id == bindparam("outage_id"), OutageEvent.kind == OutageChange.CREW)
    .order_by(OutageEvent.at.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Known:
    """An outage that goes on, and what else a caller may hear of it."""

    outage: Outage
    scope: Sequence[OutageScope] = ()
    """Those parts of it that the place is within."""
    crew_at: datetime | None = None
    """When a crew set out; None: nobody said that one did."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of one service at one place."""

    service: Service
    current: Sequence[Known]
    ahead: Sequence[Outage]
    restored: Outage | None
    """Said to be over, and confirmed by nobody; only where nothing goes on."""
    report: OutageReport | None
    """Of this premise, or of the house where no premise is known: open, or joined to what goes on."""
    as_of: datetime | None = None
    """When the company's own systems last told of outages, where that is too long ago; else None."""


async def known(session: Reads, outage: Outage, premise: Premise) -> Known:
    """What else a caller at `premise` may hear of this outage."""
    crew = next(iter(await session.scalars(_CREW, {"outage_id": outage.id})), None)
    return Known(outage, await outages.parts_at(session, outage, premise), crew.at if crew else None)


async def of_place(session: Reads, company: Company, premise: Premise, service: Service, at: datetime) -> Truth:
    """The truth of `premise`, which may be a stand-in made of an address."""
    current = await outages.current_for(session, premise, at, service=service)
    ahead = await outages.planned_for(session, premise, at, AHEAD, service=service)
    restored = None if current else await outages.restored_for(session, premise, at, service=service)
    joined = current[0].id if current else None
    report = await reports.latest_at(session, premise, service=service, outage_id=joined)
    old = await feeds.age(session, company, at)
    told = [await known(session, one, premise) for one in current]
    return Truth(service, told, ahead, restored, report, at - old if old else None)
