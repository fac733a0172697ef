"""Many items at once, found by what they are about: ended, opened anew, their callers forgotten.

Each runs in its caller's transaction; the caller tells the pages (`Worklist.tell`) of what is returned, after their
commit.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import and_, case, exists, not_, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from gridline.processes.news import NewsTopic, tell
from recordings.models import Recording, RecordingKind
from worklist.codes import Ending, ItemKind
from worklist.models import WorkAttempt, WorkContact, WorkItem, subject
from worklist.steps.matters import Changed

AT_ONCE: Final = 500
"""Subjects in one statement."""
_OF_PLACE: Final = WorkItem.kind.in_((ItemKind.DANGER, ItemKind.OUTAGE_REPORT))
"""Matters of a place, whoever told of them."""
_GOES_ON: Final = or_(_OF_PLACE, WorkItem.kind == ItemKind.CALL_OUT)
"""What others see to even where its caller is forgotten: a technician who was promised to a house drives there."""


async def end_all(
    session: AsyncSession,
    kind: ItemKind,
    subjects: Sequence[str],
    actor: str,
    ending: Ending,
    now: datetime,
    *,
    note: str = "",
) -> list[Changed]:
    """End every open item of a kind that is about these subjects (ids), in the caller's transaction.

    The caller tells the pages (`tell`) of what is returned, after their commit.
    """
    changed: list[Changed] = []
    for first in range(0, len(subjects), AT_ONCE):
        some = subjects[first : first + AT_ONCE]
        ended = await session.execute(
            update(WorkItem)
            .where(WorkItem.kind == kind, WorkItem.subject_id.in_(some), WorkItem.ended_at.is_(None))
            .values(ending=ending, ended_at=now, ended_by=actor, note=note)
            .returning(WorkItem.company_id, WorkItem.id)
        )
        changed += [Changed(company_id, id, kind) for company_id, id in ended]
    _tell(session, changed)
    return changed


async def reopen_all(session: AsyncSession, kind: ItemKind, subjects: Sequence[str], ending: Ending) -> list[Changed]:
    """Open anew the items about these subjects (ids) that ended so by mistake, in the caller's transaction.

    Their first clock goes on. One whose matter has an open item again stays ended, and of several on one matter
    all but the earliest. The caller tells the pages.
    """
    changed: list[Changed] = []
    other, sooner = aliased(WorkItem), aliased(WorkItem)
    again = exists().where(other.company_id == WorkItem.company_id, other.key == WorkItem.key, other.ended_at.is_(None))
    before = or_(sooner.made_at < WorkItem.made_at, and_(sooner.made_at == WorkItem.made_at, sooner.id < WorkItem.id))
    same = (sooner.company_id == WorkItem.company_id, sooner.key == WorkItem.key)
    for first in range(0, len(subjects), AT_ONCE):
        some = subjects[first : first + AT_ONCE]
        not_first = exists().where(
            *same, sooner.kind == kind, sooner.subject_id.in_(some), sooner.ending == ending, before
        )
        opened = await session.execute(
            update(WorkItem)
            .where(WorkItem.kind == kind, WorkItem.subject_id.in_(some), WorkItem.ending == ending)
            .where(~again, ~not_first)
            .values(ending=None, ended_at=None, ended_by="")
            .returning(WorkItem.company_id, WorkItem.id)
            .execution_options(synchronize_session=False)
        )
        changed += [Changed(company_id, id, kind) for company_id, id in opened]
    _tell(session, changed)
    return changed


async def forget_callers(session: AsyncSession, calls: Collection[str]) -> None:
    """Take the callers of calls that became the trust line's out of what others must go on seeing to.

    A danger, a missing supply and a technician's visit stay, as matters of a place; the words that were left about a
    danger stay with it, for they were promised to the dispatcher and name the place. What is owed to the caller alone
    is the security service's with all it says: `worklist.items.of_trust`.
    """
    nobody = {"call_id": None, "recording_id": None, "phone": None}
    talk = exists().where(Recording.id == WorkItem.recording_id, Recording.kind != RecordingKind.MESSAGE)
    words = case((and_(WorkItem.kind == ItemKind.DANGER, ~talk), WorkItem.recording_id), else_=null())
    of_calls = WorkContact.call_id.in_(calls)
    joined = select(WorkContact.item_id).where(of_calls)
    phones = select(WorkContact.phone).where(of_calls)
    same = update(WorkItem).where(_GOES_ON, WorkItem.id.in_(joined), WorkItem.phone.in_(phones))
    await session.execute(same.values(phone=None))
    await session.execute(
        update(WorkItem).where(_GOES_ON, WorkItem.call_id.in_(calls)).values(nobody | {"recording_id": words})
    )
    others = or_(WorkItem.call_id.is_(None), WorkItem.call_id.not_in(calls))
    seen = exists().where(WorkItem.id == WorkContact.item_id, others)
    await session.execute(update(WorkContact).where(of_calls, seen).values(nobody))


async def forget(session: AsyncSession, *, of_them: Collection[str], contacts: Collection[str]) -> None:
    """Keep nothing of a person in these ended items and contacts (ids): only that there were such and how they ended.

    A danger and a missing supply keep their place. The key goes: one of a callback is made of the number.
    """
    mine = WorkItem.id.in_(of_them)
    emptied = {"phone": None, "recording_id": None, "note": "", "key": WorkItem.id}
    await session.execute(update(WorkItem).where(mine).values(emptied))
    await session.execute(update(WorkItem).where(mine, not_(_OF_PLACE)).values(place="", premise_id=None))
    await session.execute(update(WorkAttempt).where(WorkAttempt.item_id.in_(of_them)).values(note=""))
    joined = update(WorkContact).where(WorkContact.id.in_(contacts))
    await session.execute(joined.values(phone=None, recording_id=None))


def _tell(session: AsyncSession, changed: Sequence[Changed]) -> None:
    for one in changed:
        tell(session, NewsTopic.WORK, one.company_id, subject(one.kind, one.item_id))
