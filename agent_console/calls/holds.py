"""Legal holds as the console shows them: whoever may see a call sees the holds on it, and nobody else."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.personal_data.trust import visible
from gridline.errors import NotFound
from gridline.scope import OutOfScope, Scope
from ivr.journal.models import CallRecord
from recordings.models import RecordingHold


@dataclass(frozen=True, slots=True)
class HeldCall:
    """A hold with the call whose recordings it keeps."""

    hold: RecordingHold
    call: CallRecord


def _seen(scope: Scope) -> ColumnElement[bool]:
    return visible(scope, CallRecord.company_id, CallRecord.branch, CallRecord.id)


async def of_company(session: AsyncSession, company_id: str, *, visible_to: Scope, most: int) -> list[HeldCall]:
    """Up to `most` holds on calls of a company: those in force first, the latest first."""
    query = select(RecordingHold, CallRecord).join(CallRecord, CallRecord.id == RecordingHold.call_id)
    query = query.where(CallRecord.company_id == company_id, _seen(visible_to))
    lifted = case((RecordingHold.lifted_at.is_(None), 0), else_=1)
    rows = (await session.execute(query.order_by(lifted, RecordingHold.set_at.desc()).limit(most))).all()
    return [HeldCall(hold, call) for hold, call in rows]


async def of_call(session: AsyncSession, call_id: str) -> RecordingHold | None:
    """The hold in force on a call that the asker sees."""
    query = select(RecordingHold).where(RecordingHold.call_id == call_id, RecordingHold.lifted_at.is_(None))
    return (await session.scalars(query)).first()


async def to_lift(session: AsyncSession, id: str, *, visible_to: Scope) -> RecordingHold:
    """The hold with this id, locked. Raises NotFound, OutOfScope."""
    query = select(RecordingHold, case((_seen(visible_to), 1), else_=0))
    query = query.join(CallRecord, CallRecord.id == RecordingHold.call_id).where(RecordingHold.id == id)
    row = (await session.execute(query.with_for_update(of=RecordingHold))).first()
    if row is None:
        raise NotFound("Такого запрета нет.")
    if not row[1]:
        raise OutOfScope("Такого запрета нет.")
    found: RecordingHold = row[0]
    return found
