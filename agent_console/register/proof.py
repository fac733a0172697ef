"""What the house knows of an appeal's calls and recordings, for its evidence bundle."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.history import moment
from appeals.models import Appeal
from appeals.proof import evidence
from gridline.db import Base
from ivr.journal.models import CallRecord, CallStep
from recordings.models import Recording


async def proof_of(session: AsyncSession, appeal: Appeal) -> evidence.Proof:
    """Calls with their proof of notice and steps, and recordings with their sums."""
    calls, recordings = await evidence.links(session, appeal)
    of_appeal = (Recording.id.in_(recordings)) | (Recording.call_id.in_(calls)) | (Recording.appeal_id == appeal.id)
    kept_calls = (await session.execute(select(CallRecord).where(CallRecord.id.in_(calls)))).scalars().all()
    steps = select(CallStep).where(CallStep.call_id.in_(calls)).order_by(CallStep.started_at, CallStep.ordinal)
    by_call: dict[str, list[Mapping[str, Any]]] = {}
    for step in (await session.execute(steps)).scalars():
        by_call.setdefault(step.call_id, []).append(_plain(step))
    return evidence.Proof(
        [{**_plain(call), "steps": by_call.get(call.id, [])} for call in kept_calls],
        [_plain(one) for one in (await session.execute(select(Recording).where(of_appeal))).scalars()],
    )


def _plain(row: Base) -> dict[str, Any]:
    found = {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs}
    return {name: moment(value) if isinstance(value, datetime) else value for name, value in found.items()}
