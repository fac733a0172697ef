"""Which appeals were made of recordings or in their calls: what a recording's keeping depends on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import case, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.codes import OPEN_STATES, AppealKind
from appeals.models import Appeal, Contact, Hold


@dataclass(frozen=True, slots=True)
class RecordedAppeal:
    """An appeal and what it names: its first contact's call and recording, or a further one's."""

    id: str
    kind: AppealKind
    topic: str
    is_open: bool
    is_held: bool
    """Under a legal hold."""
    call_id: str | None
    recording_id: str | None


async def naming(
    session: AsyncSession, *, calls: Collection[str], recordings: Collection[str], appeals: Collection[str] = ()
) -> list[RecordedAppeal]:
    """The appeals that name one of these calls or recordings, or have one of these ids; one row a contact."""
    held = exists().where(Hold.appeal_id == Appeal.id, Hold.lifted_at.is_(None))
    facts = (
        Appeal.id,
        Appeal.kind,
        Appeal.topic,
        case((Appeal.state.in_(OPEN_STATES), 1), else_=0),
        case((held, 1), else_=0),
    )
    first = select(*facts, Appeal.call_id, Appeal.recording_id).where(
        or_(Appeal.call_id.in_(calls), Appeal.recording_id.in_(recordings), Appeal.id.in_(appeals))
    )
    further = select(*facts, Contact.call_id, Contact.recording_id).join(Contact, Contact.appeal_id == Appeal.id)
    further = further.where(or_(Contact.call_id.in_(calls), Contact.recording_id.in_(recordings)))
    rows = [*(await session.execute(first)).all(), *(await session.execute(further)).all()]
    return [
        RecordedAppeal(id, kind, topic, bool(is_open), bool(is_held), call, recording)
        for id, kind, topic, is_open, is_held, call, recording in rows
    ]
