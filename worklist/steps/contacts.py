"""The item that a contact makes or joins."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.db import new_id
from worklist.clocks import Clocks
from worklist.codes import ItemKind, Level
from worklist.models import WorkContact, WorkItem
from worklist.steps.matters import Matter


async def told_before(session: AsyncSession, matter: Matter) -> WorkItem | None:
    """The item this very contact is on already: a retry after a lost reply, or the spool brought in a second time.

    A call promised in a call whose last one has been made is a new promise, with an item of its own.
    """
    if matter.call_id is None:
        return None
    same = (
        WorkContact.call_id == matter.call_id,
        WorkContact.recording_id == matter.recording_id,
        WorkItem.company_id == matter.company_id,
        WorkItem.key == matter.key,
    )
    query = select(WorkItem).join(WorkContact, WorkContact.item_id == WorkItem.id).where(*same)
    if matter.kind is ItemKind.CALLBACK:
        query = query.where(WorkItem.ended_at.is_(None))
    found: WorkItem | None = await session.scalar(query.limit(1))
    return found


async def open_item(session: AsyncSession, matter: Matter) -> WorkItem | None:
    """The open item of the same matter, locked."""
    query = select(WorkItem).where(
        WorkItem.company_id == matter.company_id, WorkItem.key == matter.key, WorkItem.ended_at.is_(None)
    )
    found: WorkItem | None = await session.scalar(query.with_for_update())
    return found


def join(item: WorkItem, matter: Matter) -> None:
    """One more contact: its first clock stays, what was not known before is taken over."""
    item.weight += 1
    item.recording_id = item.recording_id or matter.recording_id
    item.phone = item.phone or matter.phone
    item.appeal_id = item.appeal_id or matter.appeal_id


def new_item(matter: Matter, clocks: Clocks, now: datetime) -> WorkItem:
    """The item of a first contact, nobody's yet, with the clock of its kind."""
    made_at = matter.made_at or now
    begins = max(made_at, matter.opens_at or made_at)
    due_at = matter.due_at or begins + clocks.of(matter.kind, matter.company_id).allotted
    return WorkItem(
        id=new_id(),
        company_id=matter.company_id,
        branch=matter.branch,
        kind=matter.kind,
        key=matter.key,
        made_at=made_at,
        due_at=due_at,
        next_at=begins,
        weight=1,
        attempts=0,
        call_id=matter.call_id,
        recording_id=matter.recording_id,
        phone=matter.phone,
        premise_id=matter.premise_id,
        place=matter.place,
        topic=matter.topic,
        appeal_id=matter.appeal_id,
        promise_id=matter.promise_id,
        subject_id=matter.subject_id,
        owner="",
        taken_at=None,
        level=Level.FRESH,
        ending=None,
        ended_at=None,
        ended_by="",
        note="",
    )
