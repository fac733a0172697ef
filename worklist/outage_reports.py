"""A report of an outage as an item of the worklist: stored together, or neither; joined to an outage that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import String, and_, exists, func, literal, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from grid.outages import reports
from grid.outages.models import Outage, OutageReport, Service
from grid.outages.reports import OutageContact
from worklist.codes import WATER, Ending, ItemKind
from worklist.models import WorkItem
from worklist.worklist import Changed, Matter, Worklist

LINE: Final = "line"
"""Who ended an item of a report that told of a known outage."""
A_ROUND: Final = 200
"""Items made anew in one transaction, for which calls wait."""
_OF_REPORT: Final = WorkItem.kind == ItemKind.OUTAGE_REPORT
_ABOUT_IT: Final = exists().where(_OF_REPORT, WorkItem.subject_id == OutageReport.id)
_KEY: Final = literal(f"{ItemKind.OUTAGE_REPORT}:", String).concat(
    type_coerce(OutageReport.service, String)
    .concat(":")
    .concat(func.coalesce(OutageReport.premise_id, OutageReport.id))
)
_OPEN_THERE: Final = exists().where(
    WorkItem.company_id == OutageReport.company_id, WorkItem.key == _KEY, WorkItem.ended_at.is_(None)
)
_BARE: Final = and_(OutageReport.closed_at.is_(None), ~_ABOUT_IT, ~_OPEN_THERE)
"""Whether a report is open and nobody's item is about it, nor an open one about its place."""


@dataclass(frozen=True, slots=True)
class TakenReport:
    """What one contact became."""

    report: OutageReport
    first_at: datetime
    """The first clock: when this premise was first reported."""
    joined: bool
    """Whether somebody had told it before, or the outage was known: nothing new was promised."""
    news: tuple[Changed, ...]
    """What the pages are to be told after the commit (`Worklist.tell`)."""


async def take(session: AsyncSession, worklist: Worklist, told: OutageContact, known: Outage | None) -> TakenReport:
    """Store a contact; where `known` is off there already it is added to that outage, else to the worklist."""
    report = await reports.take(session, told, known.id if known else None)
    if known is not None:
        report.outage_id, report.closed_at = known.id, report.closed_at or told.at
        ended = await worklist.end_all(session, ItemKind.OUTAGE_REPORT, [report.id], LINE, Ending.JOINED)
        return TakenReport(report, report.reported_at, joined=True, news=tuple(ended))
    matter = replace(
        _matter(report), call_id=told.call_id, recording_id=told.recording_id, phone=told.phone, made_at=told.at
    )
    opened = await worklist.opened(session, matter)
    first = opened.contacts == 1
    news = Changed(told.company_id, opened.id, ItemKind.OUTAGE_REPORT, opened=first)
    return TakenReport(report, report.reported_at, joined=not first, news=(news,))


async def without_item(session: AsyncSession, company_id: str) -> list[str]:
    """Some open reports (ids) that nobody's item is about: they told of an outage that was known, and was cancelled."""
    query = select(OutageReport.id).where(OutageReport.company_id == company_id, _BARE)
    return list(await session.scalars(query.order_by(OutageReport.reported_at).limit(A_ROUND)))


async def give_items(session: AsyncSession, worklist: Worklist, reports: Sequence[str]) -> list[Changed]:
    """Make the items of such reports, with their first clock; two processes make each once.

    The caller tells the pages of what is returned, after their commit.
    """
    which = OutageReport.id.in_(reports)
    await session.execute(select(OutageReport.id).where(which).order_by(OutageReport.id).with_for_update())
    news = []
    for report in list(await session.scalars(select(OutageReport).where(which, _BARE))):
        opened = await worklist.opened(session, _matter(report))
        first = opened.contacts == 1
        news.append(Changed(report.company_id, opened.id, ItemKind.OUTAGE_REPORT, opened=first))
    return news


def _matter(report: OutageReport) -> Matter:
    return Matter(
        ItemKind.OUTAGE_REPORT,
        report.company_id,
        f"{ItemKind.OUTAGE_REPORT}:{report.service}:{report.premise_id or report.id}",
        branch=report.branch,
        call_id=report.call_id,
        recording_id=report.recording_id,
        phone=report.phone,
        premise_id=report.premise_id,
        place=report.place,
        topic=WATER if report.service is Service.WATER else "outages",
        subject_id=report.id,
        made_at=report.reported_at,
    )
