"""Legal holds on the recordings of a call: set by one person, lifted by another, and no destruction while one lasts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.db import new_id
from gridline.errors import Conflict, InvalidInput
from recordings.models import Recording, RecordingHold

LONGEST_REASON: Final = 300


def is_held(call: Any) -> ColumnElement[bool]:
    """Whether the recordings of the call of this id (a column or a value) are held."""
    return exists().where(RecordingHold.call_id == call, RecordingHold.lifted_at.is_(None))


async def hold(session: AsyncSession, call_id: str, *, reason: str, actor: str, at: datetime) -> RecordingHold:
    """Hold the recordings of a call. Raises InvalidInput without a reason, Conflict where they are held already."""
    reason = " ".join(reason.split())
    if not reason:
        raise InvalidInput("Укажите основание запрета: дело, запрос, претензию.")
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(f"Основание длиннее {LONGEST_REASON} знаков: сократите его.")
    if await session.scalar(select(is_held(call_id))):
        raise Conflict("Уничтожать записи этого звонка уже запрещено.")
    row = RecordingHold(id=new_id(), call_id=call_id, reason=reason, set_by=actor, set_at=at)
    session.add(row)
    return row


async def lift(session: AsyncSession, row: RecordingHold, *, actor: str, at: datetime) -> None:
    """Lift a hold; not by whoever set it. Raises Conflict."""
    if row.lifted_at is not None:
        raise Conflict("Запрет уже снят.")
    if row.set_by == actor:
        raise Conflict("Запрет снимает второй человек, а не тот, кто его наложил.")
    row.lifted_by, row.lifted_at = actor, at


async def reason_to_keep(session: AsyncSession, recordings: Collection[str]) -> str | None:
    """Why none of these recordings (ids) may be destroyed, as the earliest hold on one of them says; None: they may."""
    query = select(RecordingHold.reason).join(Recording, Recording.call_id == RecordingHold.call_id)
    query = query.where(Recording.id.in_(recordings), RecordingHold.lifted_at.is_(None))
    return await session.scalar(query.order_by(RecordingHold.set_at).limit(1))
