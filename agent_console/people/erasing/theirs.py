"""What is a person's, by their request: calls with what was recorded of them, appeals, and what of it must stay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.people.erasing.models import ErasureRequest
from appeals.finding import recorded
from appeals.finding.appeals import visible as appeal_visible
from appeals.finding.recorded import RecordedAppeal
from appeals.models import Appeal, Contact, Content
from appeals.personal_data.trust import visible
from gridline.db import unindexed
from gridline.scope import Scope
from ivr.journal.models import CallRecord
from recordings import holds
from recordings.models import Recording, RecordingState
from worklist.models import WorkContact, WorkItem

MOST: Final = 5000
"""Calls and appeals that are looked at for one request."""


@dataclass(frozen=True, slots=True)
class TheirCall:
    """A call of theirs."""

    call: CallRecord
    recordings: tuple[Recording, ...]
    """Those whose sound is still there."""
    kept: str
    """Why it stays; empty: it goes."""


@dataclass(frozen=True, slots=True)
class TheirAppeal:
    """An appeal of theirs; why it stays is the register's to say."""

    id: str
    number: str


async def calls_of(session: AsyncSession, request: ErasureRequest, *, visible_to: Scope) -> list[TheirCall]:
    """Their calls that the asker sees, the latest first."""
    named: list[ColumnElement[bool]] = [CallRecord.id.in_(request.calls)]
    if request.phone:
        named.append(CallRecord.caller == request.phone)
    seen = visible(visible_to, CallRecord.company_id, CallRecord.branch, CallRecord.id)
    whose = unindexed(and_(CallRecord.company_id == request.company_id, seen))  # else all its calls are read
    query = select(CallRecord).where(or_(*named), whose).order_by(CallRecord.started_at.desc())
    return await _looked_at(session, list(await session.scalars(query.limit(MOST))))


async def calls_named(
    session: AsyncSession, ids: Collection[str], company_id: str, *, visible_to: Scope
) -> list[TheirCall]:
    """Those of these calls that the asker sees, and why each would stay, whoever called."""
    seen = visible(visible_to, CallRecord.company_id, CallRecord.branch, CallRecord.id)
    whose = unindexed(and_(CallRecord.company_id == company_id, seen))  # else all its calls are read
    query = select(CallRecord).where(CallRecord.id.in_(ids), whose)
    return await _looked_at(session, list(await session.scalars(query)))


async def stored(session: AsyncSession, ids: Collection[str]) -> set[str]:
    """Those of these calls that are stored at all, whoever may see them."""
    return set(await session.scalars(select(CallRecord.id).where(CallRecord.id.in_(ids))))


async def hidden_appeals(session: AsyncSession, ids: Collection[str], *, visible_to: Scope) -> set[str]:
    """Those of these ids that are of appeals which the asker does not see."""
    return set(await session.scalars(select(Appeal.id).where(Appeal.id.in_(ids), not_(appeal_visible(visible_to)))))


async def _looked_at(session: AsyncSession, found: Sequence[CallRecord]) -> list[TheirCall]:
    ids = [one.id for one in found]
    sounds: dict[str, list[Recording]] = defaultdict(list)
    there = select(Recording).where(Recording.call_id.in_(ids), Recording.state != RecordingState.ERASED)
    for row in await session.scalars(there.order_by(Recording.started_at)):
        sounds[row.call_id].append(row)
    rows = [row for one in sounds.values() for row in one]
    of_appeals = await recorded.naming(
        session,
        calls=ids,
        recordings=[row.id for row in rows],
        appeals=[row.appeal_id for row in rows if row.appeal_id],
    )
    owed = await _owed(session, ids)
    return [
        TheirCall(one, tuple(sounds[one.id]), await _kept(session, one, sounds[one.id], of_appeals, owed))
        for one in found
    ]


async def appeals_of(
    session: AsyncSession, request: ErasureRequest, calls: Collection[str], *, visible_to: Scope
) -> list[TheirAppeal]:
    """Their appeals that the asker sees: named, from their number or address, or made in these calls; by number."""
    about = [
        select(Appeal.id).where(Appeal.company_id == request.company_id, Appeal.number.in_(request.appeals)),
        select(Appeal.id).where(Appeal.call_id.in_(calls)),
    ]
    if request.phone:
        about.append(select(Content.appeal_id).where(Content.phone == request.phone))
        about.append(select(Contact.appeal_id).where(Contact.phone == request.phone))
    if request.email:
        about.append(select(Content.appeal_id).where(func.lower(Content.email) == request.email))
    ids = set(await session.scalars(union(*about)))
    query = select(Appeal.id, Appeal.number).where(
        Appeal.id.in_(ids), Appeal.company_id == request.company_id, appeal_visible(visible_to)
    )
    return [TheirAppeal(id, number) for id, number in await session.execute(query.order_by(Appeal.number).limit(MOST))]


async def _owed(session: AsyncSession, calls: Collection[str]) -> set[str]:
    """Those of these calls of which an item is open: somebody was promised something."""
    made = select(WorkItem.call_id).where(WorkItem.call_id.in_(calls), WorkItem.ended_at.is_(None))
    joined = select(WorkContact.call_id).join(WorkItem, WorkItem.id == WorkContact.item_id)
    joined = joined.where(WorkContact.call_id.in_(calls), WorkItem.ended_at.is_(None))
    return {id for id in await session.scalars(union(made, joined)) if id}


async def _kept(
    session: AsyncSession,
    call: CallRecord,
    rows: Sequence[Recording],
    of_appeals: Sequence[RecordedAppeal],
    owed: Collection[str],
) -> str:
    if call.ended_at is None:
        return "звонок ещё идёт"
    if (reason := await holds.reason_to_keep(session, [row.id for row in rows])) is not None:
        return f"запрет на уничтожение: {reason}"
    ids, made = {row.id for row in rows}, {row.appeal_id for row in rows if row.appeal_id}
    mine = [one for one in of_appeals if one.call_id == call.id or one.recording_id in ids or one.id in made]
    if any(one.is_held for one in mine):
        return "запрет на уничтожение обращения, сделанного в звонке"
    if any(one.is_open for one in mine):
        return "обращение, сделанное в звонке, ещё рассматривается"
    return "по звонку есть незаконченное дело" if call.id in owed else ""
