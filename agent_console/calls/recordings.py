"""Recordings: every query about them. Who may see a recording is who may see its call (`agent_console.calls.calls`).

No controller may have met the call: then the recording is where the appeal made of it is, or the queue waited in.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.models import Appeal
from appeals.personal_data.trust import of_trust, visible
from gridline.db import unindexed
from gridline.errors import NotFound
from gridline.scope import OutOfScope, Scope
from ivr.desk.models import QueueVisit
from ivr.journal.models import CallRecord
from ivr.outbound.models import CallOutRecord
from recordings.holds import is_held
from recordings.models import PLAYABLE, Recording, RecordingHold, RecordingKind
from worklist.codes import ItemKind
from worklist.models import WorkItem

_NOT_THERE: Final = "Такой записи нет."
_MADE = or_(Appeal.recording_id == Recording.id, Appeal.id == Recording.appeal_id)
_MET = CallRecord.id.is_not(None)
_COMPANY = case(
    (_MET, CallRecord.company_id),
    else_=func.coalesce(
        select(Appeal.company_id).where(_MADE).limit(1).correlate(Recording).scalar_subquery(),
        select(QueueVisit.company_id).where(QueueVisit.call_id == Recording.call_id).limit(1).scalar_subquery(),
    ),
)
_BRANCH = case(
    (_MET, CallRecord.branch), else_=select(Appeal.branch).where(_MADE).limit(1).correlate(Recording).scalar_subquery()
)


def _seen(scope: Scope) -> ColumnElement[bool]:
    """A message about a danger is the dispatcher's, whatever else was told in its call: that was said to its caller.

    One that was left in a call of ours is theirs who see to its item: no call that came in is there to go by.
    """
    seen = visible(scope, _COMPANY, _BRANCH, Recording.call_id)
    if scope.trust:
        return seen
    ours = exists().where(CallOutRecord.id == Recording.call_id)
    passed_on = exists().where(
        WorkItem.recording_id == Recording.id,
        or_(WorkItem.kind == ItemKind.DANGER, and_(WorkItem.kind == ItemKind.MESSAGE, ours)),
        scope.where(WorkItem.company_id, WorkItem.branch),
    )
    return or_(seen, and_(Recording.kind == RecordingKind.MESSAGE, passed_on))


async def find(session: AsyncSession, id: str, *, visible_to: Scope) -> Recording:
    """The recording with this id. Raises NotFound, and OutOfScope when it is not the asker's to hear of."""
    query = select(Recording, case((_seen(visible_to), 1), else_=0)).outerjoin(
        CallRecord, CallRecord.id == Recording.call_id
    )
    row = (await session.execute(query.where(Recording.id == id))).first()
    if row is None:
        raise NotFound(_NOT_THERE)
    recording: Recording = row[0]
    if not row[1]:
        raise OutOfScope(_NOT_THERE)
    return recording


async def find_playable(session: AsyncSession, id: str, *, visible_to: Scope) -> Recording:
    """As `find`, for a recording that can be heard: NotFound for one that failed, or was erased."""
    recording = await find(session, id, visible_to=visible_to)
    if recording.state not in PLAYABLE:
        raise NotFound("Этой записи нет: она уничтожена или не удалась.")
    return recording


async def company_of(session: AsyncSession, recording: Recording) -> str | None:
    """The id of the company whose a recording is that the asker sees."""
    query = select(_COMPANY).select_from(Recording).outerjoin(CallRecord, CallRecord.id == Recording.call_id)
    company_id: str | None = await session.scalar(query.where(Recording.id == recording.id))
    return company_id


async def among(session: AsyncSession, ids: Collection[str], *, visible_to: Scope) -> list[Recording]:
    """Those of these recordings that the asker may see, the earliest first."""
    query = select(Recording).outerjoin(CallRecord, CallRecord.id == Recording.call_id)
    query = query.where(Recording.id.in_(ids), unindexed(_seen(visible_to))).order_by(Recording.started_at)
    return list(await session.scalars(query))


async def of_appeal(
    session: AsyncSession, appeal_id: str, calls: Collection[str], named: Collection[str], *, visible_to: Scope
) -> list[Recording]:
    """Those made of an appeal, in these calls (ids), or named by it (ids), the earliest first."""
    belongs = or_(Recording.id.in_(named), Recording.call_id.in_(calls), Recording.appeal_id == appeal_id)
    query = select(Recording).outerjoin(CallRecord, CallRecord.id == Recording.call_id)
    query = query.where(belongs, unindexed(_seen(visible_to))).order_by(Recording.started_at)
    return list(await session.scalars(query))


async def of_call(session: AsyncSession, call_id: str) -> list[Recording]:
    """Those of a call that the asker sees, the earliest first."""
    query = select(Recording).where(Recording.call_id == call_id).order_by(Recording.started_at)
    return list(await session.scalars(query))


async def of_robot(session: AsyncSession, call_id: str) -> list[Recording]:
    """What the caller of a call that the asker sees said to the robot, the earliest first."""
    query = select(Recording).where(Recording.call_id == call_id, Recording.kind != RecordingKind.TALK)
    return list(await session.scalars(query.order_by(Recording.started_at)))


async def last_talk(session: AsyncSession, call_id: str) -> str | None:
    """The id of the last talk with an agent that was taken in from a call that the asker sees."""
    query = select(Recording.id).where(Recording.call_id == call_id, Recording.kind == RecordingKind.TALK)
    return await session.scalar(query.order_by(Recording.started_at.desc()).limit(1))


async def calls_to_hear(session: AsyncSession, calls: Sequence[str]) -> set[str]:
    """Of calls (ids) that the asker sees, those of which something can be heard."""
    query = select(Recording.call_id).where(Recording.call_id.in_(calls), Recording.state.in_(PLAYABLE))
    return set(await session.scalars(query))


async def of_trust_among(session: AsyncSession, ids: Collection[str]) -> set[str]:
    """Those of these recordings that belong to calls of the trust line."""
    return set(await session.scalars(select(Recording.id).where(Recording.id.in_(ids), of_trust(Recording.call_id))))


async def older(session: AsyncSession, company_id: str, before: datetime, *, after: str, most: int) -> list[Recording]:
    """Up to `most` recordings of a company that can be heard and began before then, in the order of their ids."""
    query = select(Recording).outerjoin(CallRecord, CallRecord.id == Recording.call_id)
    query = query.where(Recording.id > after, Recording.state.in_(PLAYABLE), Recording.started_at < before)
    query = query.where(unindexed(_COMPANY.in_([company_id])))
    return list(await session.scalars(query.order_by(Recording.id).limit(most)))


async def with_ids(session: AsyncSession, ids: Collection[str]) -> list[Recording]:
    """Those of these recordings that can be heard, for whoever keeps them."""
    query = select(Recording).where(Recording.id.in_(ids), Recording.state.in_(PLAYABLE))
    return list(await session.scalars(query.order_by(Recording.id)))


async def held_among(session: AsyncSession, calls: Collection[str]) -> set[str]:
    """Those of these calls (ids) whose recordings are under a legal hold."""
    query = select(RecordingHold.call_id).where(RecordingHold.call_id.in_(calls), is_held(RecordingHold.call_id))
    return set(await session.scalars(query))
