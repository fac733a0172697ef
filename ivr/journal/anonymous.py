"""Takes out of the journal what leads to the caller of a call: for the trust line, which keeps nobody's number."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ivr.journal.models import CallRecord, CallStep


async def callers(session: AsyncSession, calls: Collection[str]) -> dict[str, str]:
    """By call id, the caller's number as it came, where it is still kept."""
    query = select(CallRecord.id, CallRecord.caller_raw).where(CallRecord.id.in_(calls), CallRecord.caller_raw != "")
    return {row.id: row.caller_raw for row in await session.execute(query)}


async def forget_callers(session: AsyncSession, calls: Collection[str]) -> None:
    """Empty the caller's number, what was read out to them (numbers, addresses) and the numbers they keyed."""
    await session.execute(update(CallRecord).where(CallRecord.id.in_(calls)).values(caller=None, caller_raw=""))
    of_calls = CallStep.call_id.in_(calls)
    await session.execute(update(CallStep).where(of_calls).values(prompt_text=""))
    await session.execute(update(CallStep).where(of_calls, func.length(CallStep.key) > 1).values(key=""))
