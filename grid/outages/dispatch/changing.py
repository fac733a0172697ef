"""An outage that goes on is changed: widened, given reports, its hour or cause corrected, a crew sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from grid.outages import joining
from grid.outages.dispatch.events import DispatchResult, changed, iso, locked_going_on, named_parts, note, rewritten
from grid.outages.dispatch.publishing import accept
from grid.outages.models import OutageChange, OutageScope
from grid.outages.scopes import ScopePart, in_words
from gridline.errors import InvalidInput


async def widen(
    session: AsyncSession,
    outage_id: str,
    version: int | None,
    scope: Sequence[ScopePart],
    actor: str,
    now: datetime,
    *,
    proposal_id: str | None = None,
) -> DispatchResult:
    """Add parts to an outage that goes on; open reports within them are joined. Raises Conflict, InvalidInput."""
    outage = await locked_going_on(session, outage_id, version)
    rows = await session.scalars(select(OutageScope).where(OutageScope.outage_id == outage_id))
    had = {ScopePart.of_row(row) for row in rows}
    added = [part for part in named_parts(scope) if part not in had]
    if not added:
        raise InvalidInput("Это место уже в отключении.")
    session.add_all(part.row(outage_id) for part in added)
    await session.flush()
    if proposal_id is not None:
        await accept(session, proposal_id, outage, actor, now)
    joined = await joining.join_covered(session, outage, added, now)
    rewritten(session, outage, OutageChange.WIDENED, actor, now, scope=in_words(added), reports=len(joined))
    return DispatchResult(outage, joined)


async def join(
    session: AsyncSession, outage_id: str, reports: Collection[str], actor: str, now: datetime
) -> DispatchResult:
    """Add these open reports to an outage that goes on, wherever they are from. Raises Conflict, InvalidInput."""
    outage = await locked_going_on(session, outage_id, None)
    joined = await joining.join_these(session, outage, reports, now)
    if not joined:
        raise InvalidInput("Этих сообщений уже нет среди открытых.")
    note(session, outage, OutageChange.JOINED, actor, now, reports=len(joined))
    return DispatchResult(outage, joined)


async def correct_hour(
    session: AsyncSession, outage_id: str, version: int | None, expected_end: datetime | None, actor: str, now: datetime
) -> DispatchResult:
    """Say anew when supply is expected; None: nobody knows. Raises Conflict, InvalidInput for a time gone by."""
    outage = await locked_going_on(session, outage_id, version)
    if expected_end is not None and expected_end <= max(outage.starts_at, now):
        raise InvalidInput("Ожидаемое время уже прошло. Укажите будущее или «неизвестно».")
    before, outage.expected_end = outage.expected_end, expected_end
    rewritten(session, outage, OutageChange.HOUR, actor, now, before=iso(before), after=iso(expected_end))
    return DispatchResult(outage)


async def say_cause(
    session: AsyncSession, outage_id: str, version: int | None, cause: str, actor: str, now: datetime
) -> DispatchResult:
    """Say why supply is gone; empty: nobody knows any more. Raises Conflict."""
    outage = await locked_going_on(session, outage_id, version)
    before, outage.cause = outage.cause, cause.strip()[:300]
    rewritten(session, outage, OutageChange.CAUSE, actor, now, before=before, after=outage.cause)
    return DispatchResult(outage)


async def send_crew(
    session: AsyncSession, outage_id: str, version: int | None, actor: str, now: datetime
) -> DispatchResult:
    """Say that a crew is on its way: whoever calls again hears it. Raises Conflict."""
    outage = await locked_going_on(session, outage_id, version)
    changed(session, outage, OutageChange.CREW, actor, now)
    return DispatchResult(outage)
