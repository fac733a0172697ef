"""What is off at a premise now, what will be, and a caller's report that something is off."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from grid.models import Outage, OutageReport, OutageScope, OutageStatus, Premise, Service
from gridline.db import Reads

_OF_PREMISE = ("company_id", "settlement_key", "street_key", "line")
_TOUCHES = or_(
    OutageScope.premise_id == bindparam("premise_id"),
    and_(
        OutageScope.settlement_key == bindparam("settlement_key"),
        OutageScope.settlement_key != "",
        or_(OutageScope.street_key == "", OutageScope.street_key == bindparam("street_key")),
    ),
    and_(OutageScope.line == bindparam("line"), OutageScope.line != ""),
)
# Built once: every call of a known caller asks them, and building a query costs as much as asking it.
_AT_PREMISE = (
    select(Outage)
    .where(
        Outage.company_id == bindparam("company_id"),
        exists().where(OutageScope.outage_id == Outage.id, _TOUCHES),
    )
    .order_by(Outage.starts_at, Outage.id)
)
_CURRENT = _AT_PREMISE.where(
    Outage.status.in_([OutageStatus.ANNOUNCED, OutageStatus.ACTIVE]),
    Outage.starts_at <= bindparam("at"),
    or_(Outage.actual_end.is_(None), Outage.actual_end > bindparam("at")),
    or_(
        Outage.planned.is_(False),
        Outage.status == OutageStatus.ACTIVE,
        Outage.expected_end.is_(None),
        Outage.expected_end > bindparam("at"),
    ),
)
_PLANNED = _AT_PREMISE.where(
    Outage.planned.is_(True),
    Outage.status == OutageStatus.ANNOUNCED,
    Outage.starts_at > bindparam("at"),
    Outage.starts_at <= bindparam("latest"),
)
_CURRENT_OF_SERVICE, _PLANNED_OF_SERVICE = (
    query.where(Outage.service == bindparam("service")) for query in (_CURRENT, _PLANNED)
)


async def current_for(
    session: Reads, premise: Premise, at: datetime, *, service: Service | None = None
) -> list[Outage]:
    """The outages that leave `premise` without supply at the moment `at`, the earliest first.

    An unplanned outage goes on until somebody enters its end: a passed expectation does not restore power.
    A planned one is over at its expected end unless the dispatcher marked it active, because nobody enters
    the actual end of planned works that went as announced.
    """
    query = _CURRENT if service is None else _CURRENT_OF_SERVICE
    return list(await session.scalars(query, _told(premise, service, at)))


async def planned_for(
    session: Reads, premise: Premise, at: datetime, horizon: timedelta, *, service: Service | None = None
) -> list[Outage]:
    """The planned outages of `premise` that begin after `at` and no later than `horizon` from it, the next first."""
    query = _PLANNED if service is None else _PLANNED_OF_SERVICE
    return list(await session.scalars(query, {**_told(premise, service, at), "latest": at + horizon}))


async def report(
    session: AsyncSession,
    *,
    company_id: str,
    call_id: str,
    service: Service,
    at: datetime,
    premise: Premise | None = None,
    recording_id: str | None = None,
) -> OutageReport:
    """Store that a caller of call `call_id` has no supply at `premise`, or where the recording says.

    Said again in the same call (a caller who repeats, a retry after a lost reply) it is the same report.
    """
    premise_id = premise.id if premise else None
    known = await session.scalar(
        select(OutageReport).where(
            OutageReport.call_id == call_id,
            OutageReport.service == service,
            OutageReport.premise_id == premise_id if premise_id else OutageReport.premise_id.is_(None),
        )
    )
    if known is not None:
        known.recording_id = recording_id or known.recording_id
        return known
    made = OutageReport(
        company_id=company_id,
        call_id=call_id,
        service=service,
        premise_id=premise_id,
        recording_id=recording_id,
        reported_at=at,
    )
    session.add(made)
    return made


def _told(premise: Premise, service: Service | None, at: datetime) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(premise, name) for name in _OF_PREMISE}
    return {**values, "premise_id": premise.id, "at": at} | ({} if service is None else {"service": service})
