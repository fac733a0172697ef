"""An outage ends: restored, confirmed or cancelled; and opens again where somebody is still dark."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from grid.outages import joining
from grid.outages.dispatch.changing import widen
from grid.outages.dispatch.events import (
    DispatchResult,
    changed,
    iso,
    locked,
    locked_going_on,
    named_parts,
    note,
    rewritten,
)
from grid.outages.dispatch.publishing import NewOutage, numbered
from grid.outages.joining import GOES_ON
from grid.outages.models import Outage, OutageChange, OutageReport, OutageScope, OutageStatus
from grid.outages.scopes import ScopePart, in_words
from gridline.errors import Conflict, InvalidInput


async def restore(
    session: AsyncSession, outage_id: str, version: int | None, at: datetime, actor: str, now: datetime
) -> DispatchResult:
    """Supply is back, as far as the dispatcher knows: provisional until `confirm`.

    Raises Conflict when it does not go on, InvalidInput for a moment before its start or still to come.
    """
    outage = await locked_going_on(session, outage_id, version)
    if at < outage.starts_at:
        raise InvalidInput("Включено раньше, чем отключено: исправьте время.")
    if at > now:
        raise InvalidInput("Это время ещё не наступило. Укажите, когда включили.")
    outage.status, outage.actual_end, outage.confirmed_at = OutageStatus.RESTORED, at, None
    rewritten(session, outage, OutageChange.RESTORED, actor, now, at=iso(at))
    return DispatchResult(outage)


async def confirm(
    session: AsyncSession, outage_id: str, actor: str, now: datetime, *, version: int | None = None
) -> DispatchResult:
    """The restoration is beyond doubt. Raises Conflict unless it is provisional."""
    outage = await locked(session, outage_id, version)
    if outage.status is not OutageStatus.RESTORED or outage.confirmed_at is not None:
        raise Conflict("Подтвердить можно только восстановленное и ещё не подтверждённое отключение.")
    outage.confirmed_at = now
    changed(session, outage, OutageChange.CONFIRMED, actor, now)
    return DispatchResult(outage)


async def reopen(
    session: AsyncSession,
    outage_id: str,
    scope: Sequence[ScopePart],
    actor: str,
    now: datetime,
    *,
    version: int | None = None,
) -> DispatchResult:
    """Somebody within a restored outage is still dark: a nested outage of that scope, with the first clock.

    `outage` of the answer is the nested one; a second «still dark» widens it. Raises Conflict for an outage that is not
    restored, InvalidInput for a place that was never in it.
    """
    outage = await locked(session, outage_id, version)
    if outage.status is not OutageStatus.RESTORED:
        raise Conflict("Открыть снова можно только восстановленное отключение.")
    parts = named_parts(scope)
    if not await joining.within(session, outage, parts):
        raise InvalidInput("Этого места в отключении не было: примите сообщение как новое.")
    nested = await session.scalar(_nested_in(outage_id).with_for_update())
    if nested is not None:
        rows = await session.scalars(select(OutageScope).where(OutageScope.outage_id == nested.id))
        had = {ScopePart.of_row(row) for row in rows}
        added = [part for part in parts if part not in had]
        return await widen(session, nested.id, None, added, actor, now) if added else DispatchResult(nested)
    new = NewOutage(
        outage.company_id, outage.service, parts, outage.starts_at, cause=outage.cause, branch=outage.branch
    )
    nested = await numbered(session, new, now, parent_id=outage_id)
    session.add_all(part.row(nested.id) for part in parts)
    await session.flush()
    joined = await joining.join_covered(session, nested, parts, now)
    changed(session, outage, OutageChange.REOPENED, actor, now, nested=nested.code, scope=in_words(parts))
    note(session, nested, OutageChange.PUBLISHED, actor, now, scope=in_words(parts), parent=outage.code)
    return DispatchResult(nested, joined)


async def nested_in(session: AsyncSession, outage_id: str) -> Outage | None:
    """The outage within a restored one that a further «still dark» widens."""
    found: Outage | None = await session.scalar(_nested_in(outage_id))
    return found


async def cancel(
    session: AsyncSession, outage_id: str, version: int | None, reason: str, actor: str, now: datetime
) -> DispatchResult:
    """It never was, or will not be: reports that were joined to it are open again. Raises Conflict, InvalidInput."""
    if not reason.strip():
        raise InvalidInput("Напишите, почему отключение отменено.")
    outage = await locked_going_on(session, outage_id, version)
    outage.status = OutageStatus.CANCELLED
    ids = await joining.release(session, OutageReport.outage_id == outage_id)
    rewritten(session, outage, OutageChange.CANCELLED, actor, now, reason=reason.strip()[:300], reports=len(ids))
    return DispatchResult(outage, released=ids)


def _nested_in(outage_id: str) -> Select[Outage]:
    return select(Outage).where(Outage.parent_id == outage_id, Outage.status.in_(GOES_ON))
