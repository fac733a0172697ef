"""Reports that the supply is gone: one open report a premise and service, joined by each further contact."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, String, and_, bindparam, false, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from grid import places
from grid.models import Premise
from grid.outages.models import Outage, OutageReport, OutageTelling, ReportChannel, Service
from grid.outages.scopes import in_branch
from grid.premises import Fed, fed_at
from gridline.db import Reads, new_id
from gridline.errors import NotFound
from gridline.scope import OutOfScope, Scope


@dataclass(frozen=True, slots=True)
class OutageContact:
    """One contact of somebody who has no supply: at a known premise, at a place in words, or where a recording says."""

    company_id: str
    service: Service
    at: datetime
    channel: ReportChannel = ReportChannel.PHONE
    call_id: str | None = None
    recording_id: str | None = None
    phone: str | None = None
    """E.164."""
    branch: str = ""
    premise: Premise | None = None
    settlement: str = ""
    street: str = ""
    house: str = ""
    building: str = ""

    @property
    def place(self) -> str:
        """The address in one line; empty where only the recording says it."""
        if self.premise is not None:
            return self.premise.address
        return places.one_line(
            settlement=self.settlement, street=self.street, house=self.house, building=self.building, flat=""
        )

    @property
    def number(self) -> str:
        """The house with its building: «д. 5А» is `5а`."""
        return _number(self.house, self.building)


_BRANCH = bindparam("branch", type_=String)
_JOINED = OutageReport.outage_id == bindparam("outage_id")
_OF_SERVICE = OutageReport.service == bindparam("service")
_LAST = (
    select(OutageReport)
    .where(OutageReport.company_id == bindparam("company_id"))
    .order_by(OutageReport.reported_at.desc())
    .limit(1)
)
_AT_PREMISE = _LAST.where(
    OutageReport.premise_id == bindparam("premise_id"), or_(OutageReport.closed_at.is_(None), _JOINED)
)
_AT_PREMISE_OF_SERVICE = _AT_PREMISE.where(_OF_SERVICE)
_AT_HOUSE = _LAST.where(
    _OF_SERVICE,
    OutageReport.premise_id.is_(None),
    or_(OutageReport.branch == "", _BRANCH == "", OutageReport.branch == _BRANCH),
    *(getattr(OutageReport, name) == bindparam(name) for name in ("settlement_key", "street_key", "house")),
)
# Two queries, an index each: of all a storm's reports an OR would read every one.
_JOINED_AT_HOUSE, _OPEN_AT_HOUSE = _AT_HOUSE.where(_JOINED), _AT_HOUSE.where(OutageReport.closed_at.is_(None))
_BY_PHONE = _LAST.where(
    OutageReport.phone == bindparam("phone"),
    OutageReport.channel != ReportChannel.SITE,
    or_(and_(OutageReport.closed_at.is_(None), OutageReport.last_at > bindparam("since")), _JOINED),
)


async def latest_at(
    session: Reads, place: Premise, *, service: Service | None = None, outage_id: str | None = None
) -> OutageReport | None:
    """The last report of this premise that is open, or that was joined to the outage `outage_id`.

    Of a stand-in made of an address: of its house, whoever reported it; then `service` is needed.
    """
    told: dict[str, object] = {"company_id": place.company_id, "outage_id": outage_id, "service": service}
    if place.id:
        query = _AT_PREMISE if service is None else _AT_PREMISE_OF_SERVICE
        return next(iter(await session.scalars(query, told | {"premise_id": place.id})), None)
    told |= {"branch": place.branch, "house": _number(place.house, place.building)[:20]}
    told |= {"settlement_key": place.settlement_key, "street_key": place.street_key}
    for query in (_OPEN_AT_HOUSE,) if outage_id is None else (_JOINED_AT_HOUSE, _OPEN_AT_HOUSE):
        if found := next(iter(await session.scalars(query, told)), None):
            return found
    return None


async def told_by(
    session: Reads, company_id: str, phone: str, *, since: datetime, outage_id: str | None = None
) -> OutageReport | None:
    """The last report by telephone from this number (E.164), of any place: open and told after `since`, or joined.

    What a page was told is left out: anybody may write any number there.
    """
    told = {"company_id": company_id, "phone": phone, "since": since, "outage_id": outage_id}
    return next(iter(await session.scalars(_BY_PHONE, told)), None)


async def open_ones(
    session: AsyncSession, company_id: str, *, visible_to: Scope, most: int
) -> tuple[list[OutageReport], int]:
    """Open reports, the latest heard first, up to `most` of them; and how many there are in all."""
    which = and_(
        OutageReport.company_id == company_id,
        OutageReport.closed_at.is_(None),
        visible_to.where(OutageReport.company_id, OutageReport.branch),
    )
    latest_first = select(OutageReport).where(which).order_by(OutageReport.last_at.desc(), OutageReport.id)
    counted = await session.scalar(select(func.count()).where(which))
    return list(await session.scalars(latest_first.limit(most))), counted or 0


async def find(session: AsyncSession, id: str, *, visible_to: Scope) -> OutageReport:
    """The report with this id. Raises NotFound, and OutOfScope when it is not the asker's to see."""
    report = await session.get(OutageReport, id)
    if report is None:
        raise NotFound("Такого сообщения нет.")
    if not visible_to.holds(report.company_id, report.branch):
        raise OutOfScope("Такого сообщения нет.")
    return report


async def take(session: AsyncSession, told: OutageContact, outage_id: str | None = None) -> OutageReport:
    """The report this contact makes or joins; one that was joined to the outage `outage_id` is joined again.

    Said again in the same call it is the same contact.
    """
    known = await _of_this_call(session, told)
    if known is not None:
        known.recording_id = known.recording_id or told.recording_id
        return known
    joined = await _open_at(session, told, outage_id)
    if joined is not None:
        joined.contacts += 1
        joined.last_at = told.at
        joined.recording_id = joined.recording_id or told.recording_id
        joined.phone = joined.phone or told.phone
        return joined
    made = _new(told, await _fed(session, told))
    session.add(made)
    return made


def _number(house: str, building: str) -> str:
    house = house.lower().removeprefix("д.").strip()
    return f"{house} корп. {building}" if building else house


async def is_told(session: AsyncSession, told: OutageContact, outage_id: str | None) -> bool:
    """Whether a report of the contact's place stands already: open, or joined to the outage `outage_id`."""
    stands = or_(
        OutageReport.closed_at.is_(None), false() if outage_id is None else OutageReport.outage_id == outage_id
    )
    same = _same_place(told)
    if same is None:
        return False
    query = select(OutageReport.id).where(same, OutageReport.service == told.service, stands).limit(1)
    return await session.scalar(query) is not None


async def of_phone(session: AsyncSession, outage_id: str, phone: str) -> OutageReport | None:
    """The latest report of this number (E.164) that was joined to the outage, or to the one it is nested in."""
    parent = select(Outage.parent_id).where(Outage.id == outage_id).scalar_subquery()
    query = (
        select(OutageReport)
        .where(OutageReport.phone == phone, or_(OutageReport.outage_id == outage_id, OutageReport.outage_id == parent))
        .order_by(OutageReport.last_at.desc())
        .limit(1)
    )
    found: OutageReport | None = await session.scalar(query)
    return found


def _new(told: OutageContact, fed: Fed) -> OutageReport:
    premise = told.premise
    return OutageReport(
        id=new_id(),
        company_id=told.company_id,
        call_id=told.call_id,
        service=told.service,
        premise_id=premise.id if premise else None,
        recording_id=told.recording_id,
        reported_at=told.at,
        last_at=told.at,
        contacts=1,
        channel=told.channel,
        branch=premise.branch if premise else told.branch,
        phone=told.phone,
        place=told.place,
        settlement=premise.settlement if premise else told.settlement,
        street=premise.street if premise else told.street,
        settlement_key=premise.settlement_key if premise else places.key(told.settlement),
        street_key=premise.street_key if premise else places.key(told.street),
        house=premise.house if premise else told.number[:20],
        line=fed.line,
        transformer=fed.transformer,
    )


async def _fed(session: AsyncSession, told: OutageContact) -> Fed:
    """What feeds the place; of an address without a premise, what all premises of the house have."""
    if told.premise is not None:
        return Fed(told.premise.line, told.premise.transformer, told.premise.substation)
    if not (told.settlement and told.house):
        return Fed()
    keys = (places.key(told.settlement), places.key(told.street))
    return await fed_at(session, told.company_id, *keys, told.house, told.building, branch=told.branch)


async def forget_callers(session: AsyncSession, calls: Collection[str]) -> None:
    """Take the callers of these calls out of reports and tellings; that the supply is gone there stays."""
    nobody = {"call_id": None, "recording_id": None, "phone": None}
    await session.execute(update(OutageReport).where(OutageReport.call_id.in_(calls)).values(nobody))
    told = update(OutageTelling).where(OutageTelling.call_id.in_(calls))
    await session.execute(told.values(call_id=None, phone=None))


async def forget(session: AsyncSession, *, told: Collection[str], tellings: Collection[str]) -> None:
    """Take the person out of these reports and tellings (ids); that the supply is gone at a place stays.

    The words of a telling go: they may name an address.
    """
    nobody = {"call_id": None, "recording_id": None, "phone": None}
    await session.execute(update(OutageReport).where(OutageReport.id.in_(told)).values(nobody))
    heard = update(OutageTelling).where(OutageTelling.id.in_(tellings))
    await session.execute(heard.values(call_id=None, phone=None, told=""))


async def _of_this_call(session: AsyncSession, told: OutageContact) -> OutageReport | None:
    if told.call_id is None:
        return None
    same = _same_place(told)
    if same is None or (told.recording_id and not told.place):
        # Its recording may come after it.
        untold = and_(OutageReport.premise_id.is_(None), OutageReport.place == told.place)
        same = untold if same is None else or_(same, and_(untold, OutageReport.recording_id.is_(None)))
    query = select(OutageReport).where(OutageReport.call_id == told.call_id, OutageReport.service == told.service, same)
    found: OutageReport | None = await session.scalar(query.limit(1))
    return found


async def _open_at(session: AsyncSession, told: OutageContact, outage_id: str | None) -> OutageReport | None:
    """Of the same premise, house or recording; of the same number where none of them is known."""
    same = _same_place(told)
    if same is None and told.phone is not None:
        same = and_(
            OutageReport.company_id == told.company_id,
            OutageReport.premise_id.is_(None),
            OutageReport.phone == told.phone,
            OutageReport.recording_id.is_(None),
            OutageReport.place == told.place,
        )
    if same is None:
        return None
    joined_before = false() if outage_id is None else OutageReport.outage_id == outage_id
    query = (
        select(OutageReport)
        .where(same, OutageReport.service == told.service, or_(OutageReport.closed_at.is_(None), joined_before))
        .order_by(OutageReport.reported_at)
    )
    found: OutageReport | None = await session.scalar(query.limit(1).with_for_update())
    return found


def _same_place(told: OutageContact) -> ColumnElement[bool] | None:
    """Whether a report is of this place; None where no place is known. What a recording says nobody can compare."""
    if told.premise is not None:
        return and_(OutageReport.premise_id == told.premise.id)
    in_words = and_(OutageReport.premise_id.is_(None), OutageReport.company_id == told.company_id)
    if told.settlement and told.house:  # ten thousand reports of one house are one
        return and_(
            in_words,
            in_branch(OutageReport.branch, told.branch),
            OutageReport.settlement_key == places.key(told.settlement),
            OutageReport.street_key == places.key(told.street),
            OutageReport.house == told.number[:20],
        )
    return and_(in_words, OutageReport.recording_id == told.recording_id) if told.recording_id else None
