"""Drafts: what was told by telephone and became no appeal, kept with its audio. The worklist makes an item of each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.models import DraftAppeal
from gridline.db import new_id


@dataclass(frozen=True, slots=True)
class Draft:
    """What there was of it when the caller hung up, or could not go on."""

    company_id: str
    stage: str
    call_id: str | None = None
    phone: str | None = None
    topic: str | None = None
    recording_id: str | None = None


async def keep(session: AsyncSession, draft: Draft, at: datetime) -> DraftAppeal:
    """Store it. A call leaves at most one: the later state wins, and what it does not know stays."""
    if draft.call_id is not None:
        query = select(DraftAppeal).where(
            DraftAppeal.company_id == draft.company_id, DraftAppeal.call_id == draft.call_id
        )
        known = (await session.execute(query)).scalars().first()
        if known is not None:
            known.stage, known.topic = draft.stage, draft.topic or known.topic
            known.recording_id = draft.recording_id or known.recording_id
            known.phone = draft.phone or known.phone
            return known
    row = DraftAppeal(
        id=new_id(),
        company_id=draft.company_id,
        at=at,
        call_id=draft.call_id,
        phone=draft.phone,
        topic=draft.topic,
        recording_id=draft.recording_id,
        stage=draft.stage,
    )
    session.add(row)
    return row


async def forget(session: AsyncSession, ids: Collection[str]) -> None:
    """Keep no number in these drafts."""
    await session.execute(update(DraftAppeal).where(DraftAppeal.id.in_(ids)).values(phone=None))
