"""What was told to the line and became no appeal: its draft and its item, stored together or neither."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.intake import drafts
from appeals.intake.drafts import Draft
from gridline.db import Database
from worklist.codes import Ending, ItemKind
from worklist.models import WorkItem
from worklist.worklist import Changed, Matter, Opened, Worklist

CONTACT, MESSAGE = "contact", "message"
"""Stages of a draft: a message without a number to answer to, one that was cut short."""
KINDS: Final[Mapping[str, ItemKind]] = MappingProxyType({CONTACT: ItemKind.MESSAGE, MESSAGE: ItemKind.MESSAGE})
"""The kind of item by the stage of its draft; a complaint ended half-way at every other one."""
TO_REGISTER: Final = (ItemKind.MESSAGE, ItemKind.BROKEN_OFF)
"""What an appeal can be made of."""


@dataclass(frozen=True, slots=True)
class HalfTold:
    """A draft with what its call knew of the place; `at` is when it was told, and so the item's first clock."""

    draft: Draft
    at: datetime
    branch: str = ""
    premise_id: str | None = None
    place: str = ""


async def keep(db: Database, worklist: Worklist, told: HalfTold, *, within_s: float | None = None) -> Opened:
    """Store it for a person. Told twice by one call it is one item.

    Raises Unavailable when the store does not take it (within `within_s` seconds): then nothing may be promised.
    """
    draft = told.draft
    kind = KINDS.get(draft.stage, ItemKind.BROKEN_OFF)
    async with db.write(within_s=within_s) as session:
        row = await drafts.keep(session, draft, told.at)
        await session.flush()
        opened = await worklist.opened(
            session,
            Matter(
                kind,
                draft.company_id,
                f"draft:{row.id}",
                branch=told.branch,
                call_id=draft.call_id,
                recording_id=draft.recording_id,
                phone=draft.phone,
                premise_id=told.premise_id,
                place=told.place,
                topic=row.topic or "",
                subject_id=row.id,
                made_at=told.at,
            ),
        )
    worklist.tell(Changed(draft.company_id, opened.id, kind, opened=opened.contacts == 1))
    return opened


async def of_call(session: AsyncSession, company_id: str, call_id: str) -> WorkItem | None:
    """The open item of what a call told and an appeal can be made of, if there is one."""
    query = select(WorkItem).where(
        WorkItem.company_id == company_id,
        WorkItem.call_id == call_id,
        WorkItem.kind.in_(TO_REGISTER),
        WorkItem.ended_at.is_(None),
    )
    found: WorkItem | None = await session.scalar(query.order_by(WorkItem.made_at).limit(1))
    return found


async def registered(session: AsyncSession, worklist: Worklist, item_id: str, appeal_id: str, actor: str) -> Changed:
    """An appeal was made of it (its draft was named to the register): the item ends. The commit's maker tells pages.

    Raises NotFound, Conflict when it has ended already.
    """
    ended = await worklist.end(item_id, actor, Ending.REGISTERED, session=session)
    ended.appeal_id = appeal_id
    return Changed(ended.company_id, ended.id, ended.kind)
