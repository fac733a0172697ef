"""«Still dark»: supply was said to be back, and somebody says that it is not: a caller, or whom a robot asked."""

from __future__ import annotations

from dataclasses import replace

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from grid.outages.dispatch import ending
from grid.outages.models import Outage
from grid.outages.reports import OutageContact
from grid.outages.scopes import ScopePart
from grid.places import houses
from gridline.errors import Conflict, InvalidInput
from worklist import outage_reports
from worklist.codes import Ending, ItemKind
from worklist.outage_reports import TakenReport
from worklist.worklist import Worklist

log = structlog.get_logger(__name__)


async def take(
    session: AsyncSession, worklist: Worklist, told: OutageContact, restored: Outage, actor: str
) -> TakenReport:
    """Store the report; its place is off again, nested in `restored` and with the first clock, and joined to that.

    A place that was never in it, whose house cannot be read, or that a recording alone says, and an outage that is not
    restored any more make an ordinary report, which waits with its item for the dispatcher.
    """
    part = _part(told)
    if part is None:
        return await outage_reports.take(session, worklist, told, None)
    try:
        step = await ending.reopen(session, restored.id, [part], actor, told.at)
    except (Conflict, InvalidInput) as refused:
        log.info("not-reopened", outage=restored.id, call=told.call_id, reason=refused.message)
        return await outage_reports.take(session, worklist, told, None)
    ended = await worklist.end_all(session, ItemKind.OUTAGE_REPORT, step.joined, actor, Ending.JOINED)
    taken = await outage_reports.take(session, worklist, told, step.outage)
    return replace(taken, news=(*ended, *taken.news))


def _part(told: OutageContact) -> ScopePart | None:
    if told.premise is not None:
        return ScopePart(premise_id=told.premise.id)
    # A house that cannot be read would be the whole street: `houses.covers`.
    if told.settlement and houses.read(told.number) is not None:
        return ScopePart(settlement=told.settlement, street=told.street, houses=told.number)
    return None
