"""What is off at a premise now, what will be, and what is said to be back."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Select, String, and_, bindparam, exists, or_, select

from grid.models import Premise
from grid.outages.models import Outage, OutageScope, OutageStatus, Service
from grid.places import houses
from gridline.db import Reads

DOUBTED = timedelta(hours=12)
"""How long a restoration that nobody confirmed is told as a doubtful one."""

_NODES = ("line", "transformer", "substation")
_OF_PREMISE = ("company_id", "branch", "settlement_key", "street_key", *_NODES)
_BRANCH = bindparam("branch", type_=String)
_TOUCHES = or_(
    OutageScope.premise_id == bindparam("premise_id"),
    and_(
        OutageScope.settlement_key == bindparam("settlement_key"),
        OutageScope.settlement_key != "",
        or_(OutageScope.street_key == "", OutageScope.street_key == bindparam("street_key")),
    ),
    *(and_(getattr(OutageScope, node) == bindparam(node), getattr(OutageScope, node) != "") for node in _NODES),
)
_OWN = and_(
    Outage.company_id == bindparam("company_id"),
    # One name of a settlement may stand in two branches; an outage of no branch is the whole company's.
    or_(Outage.branch == "", _BRANCH == "", Outage.branch == _BRANCH),
)
_IS_CURRENT = and_(
    _OWN,
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
_IS_PLANNED = and_(
    _OWN,
    Outage.planned.is_(True),
    Outage.status == OutageStatus.ANNOUNCED,
    Outage.starts_at > bindparam("at"),
    Outage.starts_at <= bindparam("latest"),
)
_IS_OF_TIME = and_(
    _OWN,
    Outage.status != OutageStatus.CANCELLED,
    Outage.starts_at <= bindparam("at"),
    or_(Outage.actual_end.is_(None), Outage.actual_end > bindparam("since")),
)
# Built once: every call of a known caller asks them, and building a query costs as much as asking it.
_CURRENT, _PLANNED, _OF_TIME = (
    select(Outage)
    .where(when, exists().where(OutageScope.outage_id == Outage.id, _TOUCHES))
    .order_by(Outage.starts_at, Outage.id)
    for when in (_IS_CURRENT, _IS_PLANNED, _IS_OF_TIME)
)
_CURRENT_HOUSES, _PLANNED_HOUSES, _OF_TIME_HOUSES = (
    select(OutageScope.outage_id, OutageScope.houses)
    .join(Outage, Outage.id == OutageScope.outage_id)
    .where(when, _TOUCHES)
    for when in (_IS_CURRENT, _IS_PLANNED, _IS_OF_TIME)
)
_PARTS = select(OutageScope).where(OutageScope.outage_id == bindparam("outage_id"), _TOUCHES).order_by(OutageScope.id)


async def current_for(
    session: Reads, premise: Premise, at: datetime, *, service: Service | None = None
) -> list[Outage]:
    """The outages that leave `premise` without supply at the moment `at`, the earliest first.

    An unplanned outage goes on until somebody enters its end: a passed expectation does not restore power.
    A planned one is over at its expected end unless the dispatcher marked it active, because nobody enters
    the actual end of planned works that went as announced.
    """
    return await _at(session, _CURRENT, _CURRENT_HOUSES, premise, {"at": at}, service)


async def planned_for(
    session: Reads, premise: Premise, at: datetime, horizon: timedelta, *, service: Service | None = None
) -> list[Outage]:
    """The planned outages of `premise` that begin after `at` and no later than `horizon` from it, the next first."""
    moments = {"at": at, "latest": at + horizon}
    return await _at(session, _PLANNED, _PLANNED_HOUSES, premise, moments, service)


async def restored_for(session: Reads, premise: Premise, at: datetime, *, service: Service) -> Outage | None:
    """The latest outage of `premise` whose end somebody entered and nobody confirmed yet; None if there is none."""
    lately = await touching(session, premise, at - DOUBTED, at, service=service)
    doubted = [one for one in lately if one.status is OutageStatus.RESTORED and one.confirmed_at is None]
    over = [(one.actual_end, one) for one in doubted if one.actual_end is not None and one.actual_end <= at]
    return max(over, key=lambda pair: pair[0])[1] if over else None


async def parts_at(session: Reads, outage: Outage, premise: Premise) -> list[OutageScope]:
    """The parts of an outage's scope that `premise` is within."""
    found = await session.scalars(_PARTS, _values(premise) | {"outage_id": outage.id})
    return [one for one in found if houses.covers(one.houses, premise.house, premise.building)]


async def touching(
    session: Reads, premise: Premise, since: datetime, at: datetime, *, service: Service | None = None
) -> list[Outage]:
    """The outages of `premise` that lasted into the time from `since` to `at`, cancelled ones apart."""
    return await _at(session, _OF_TIME, _OF_TIME_HOUSES, premise, {"since": since, "at": at}, service)


async def _at(
    session: Reads,
    found: Select[Outage],
    scopes: Select[str, str],
    premise: Premise,
    moments: dict[str, datetime],
    service: Service | None,
) -> list[Outage]:
    """The database finds outages of the premise's street; which houses of it, it cannot read."""
    values = _values(premise) | moments
    outages = [one for one in await session.scalars(found, values) if service is None or one.service is service]
    if not outages:
        return []
    touching = {
        scope.outage_id
        for scope in await session.execute(scopes, values)
        if houses.covers(scope.houses, premise.house, premise.building)
    }
    return [one for one in outages if one.id in touching]


def _values(premise: Premise) -> dict[str, object]:
    return {name: getattr(premise, name) for name in _OF_PREMISE} | {"premise_id": premise.id}
