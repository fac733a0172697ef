"""Calls: every query about them, and the one place that decides who may see one.

A call is its company's and its branch's, or the trust line's (`appeals.personal_data.trust`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.web.query_string import PageStart
from appeals.personal_data.trust import of_trust, visible
from gridline.db import unindexed
from gridline.errors import NotFound
from gridline.numbers.phones import e164, printable
from gridline.scope import OutOfScope, Scope
from ivr.desk import deeds, devices
from ivr.desk.models import LOST, Left, QueueVisit
from ivr.figures.callers import CallerEnd, came_in, came_to
from ivr.journal.models import CallRecord, CallStep, call_id
from ivr.live.board import Board
from ivr.live.view import CallKey, LiveCall
from recordings.models import PLAYABLE, Recording

NOT_THERE: Final = "Такого звонка нет."


@dataclass(frozen=True, slots=True)
class FoundCall:
    """A call, from its record or, before that is stored, from the board."""

    id: str
    company_id: str
    branch: str
    caller: str | None
    """E.164; None: withheld, or no number."""
    caller_raw: str
    linkedid: str
    started_at: datetime
    ended_at: datetime | None
    live: LiveCall | None
    """While the caller is on the line."""


class CallResult(StrEnum):
    """What a list of calls may be narrowed to."""

    ANSWERED = "answered"
    LOST = "lost"
    """Waited in vain."""
    UNSEEN = "unseen"
    """Waited; how that ended was not seen."""
    MENU = "menu"
    """Waited for nobody."""
    IN = "in"
    """Came in and is over."""
    SERVED = "served"
    """Got an answer of the menu (`ivr.figures.callers`)."""
    GIVEN_UP = "given-up"
    """Got nothing there."""
    END_UNSEEN = "end-unseen"
    """Nobody can say what they came to, in a queue or in the menu."""
    OUT = "out"
    """An agent has called."""
    RECORDED = "recorded"
    """Something of it can be heard, whatever became of the caller."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which calls of a company are wanted; empty values are "any"."""

    since: datetime
    before: datetime
    """The period, its end not included."""
    number: str = ""
    """A phone number, or its last digits."""
    result: CallResult | None = None
    queue: str = ""
    agent: str = ""
    branch: str = ""


async def find(session: AsyncSession, id: str, *, visible_to: Scope) -> CallRecord:
    """The stored call with this id. Raises NotFound, and OutOfScope when it is not the asker's to see."""
    seen = visible(visible_to, CallRecord.company_id, CallRecord.branch, CallRecord.id)
    row = (await session.execute(select(CallRecord, case((seen, 1), else_=0)).where(CallRecord.id == id))).first()
    if row is None:
        raise NotFound(NOT_THERE)
    record: CallRecord = row[0]
    if not row[1] or record.company_id is None:
        raise OutOfScope(NOT_THERE)
    return record


async def find_anywhere(session: AsyncSession, board: Board, id: str, *, visible_to: Scope) -> FoundCall:
    """The call with this id, stored or on the line only. Raises as `find`."""
    live = next((one for one in board.snapshot().calls if id_of(one.key) == id), None)
    try:
        return _of_record(await find(session, id, visible_to=visible_to), live)
    except OutOfScope:
        raise
    except NotFound:
        if live is None or not live.company:
            raise
    trust = bool(await session.scalar(select(of_trust(id))))
    if trust != visible_to.trust or not visible_to.holds(live.company):
        raise OutOfScope(NOT_THERE)
    return FoundCall(
        id, live.company, "", e164(live.caller), printable(live.caller), live.key.linkedid, live.since, None, live
    )


def _of_record(record: CallRecord, live: LiveCall | None) -> FoundCall:
    return FoundCall(
        record.id,
        record.company_id or "",
        record.branch,
        record.caller,
        record.caller_raw,
        record.linkedid,
        record.started_at,
        record.ended_at,
        live,
    )


def id_of(key: CallKey) -> str:
    """The id of a call on the board."""
    return call_id(key.node, key.boot, key.linkedid)


async def is_of_agent(session: AsyncSession, board: Board, call: FoundCall, agent: str | None) -> bool:
    """Whether this call rings at the agent now, or did, or was taken by them: then they see it by their work alone."""
    if agent is None:
        return False
    for interface in (devices.browser(agent), devices.desk_phone(agent)):
        now = board.agent(interface)
        if now is not None and now.call is not None and id_of(now.call) == call.id:
            return True
    done = await deeds.in_calls(session, [call])
    return any(event.agent == agent for event in done[call.id])


async def page(
    session: AsyncSession, company_id: str, wanted: Narrowed, *, visible_to: Scope, after: PageStart | None, most: int
) -> tuple[list[CallRecord], PageStart | None]:
    """Up to `most` calls of the company, the newest first, and where the next page begins (None at the end)."""
    query = _narrowed(select(CallRecord).where(CallRecord.company_id == company_id), wanted)
    query = query.where(visible(visible_to, CallRecord.company_id, CallRecord.branch, CallRecord.id))
    if after is not None:
        same = and_(CallRecord.started_at == after.at, CallRecord.id < after.id)
        query = query.where(or_(CallRecord.started_at < after.at, same))
    query = query.order_by(CallRecord.started_at.desc(), CallRecord.id.desc()).limit(most + 1)
    found = list(await session.scalars(query))
    last = found[most - 1] if len(found) > most else None
    return found[:most], PageStart(last.started_at, last.id) if last else None


async def neighbours(
    session: AsyncSession, company_id: str, wanted: Narrowed, call: CallRecord, *, visible_to: Scope
) -> tuple[str | None, str | None]:
    """Ids of the calls that stand above and below this one in the list of those wanted; None at its ends."""
    query = _narrowed(select(CallRecord.id).where(CallRecord.company_id == company_id), wanted)
    query = query.where(visible(visible_to, CallRecord.company_id, CallRecord.branch, CallRecord.id)).limit(1)
    at, id = CallRecord.started_at, CallRecord.id
    later = query.where(or_(at > call.started_at, and_(at == call.started_at, id > call.id)))
    earlier = query.where(or_(at < call.started_at, and_(at == call.started_at, id < call.id)))
    return (
        await session.scalar(later.order_by(at, id)),
        await session.scalar(earlier.order_by(at.desc(), id.desc())),
    )


async def before(session: AsyncSession, call: FoundCall, *, visible_to: Scope, most: int) -> list[CallRecord]:
    """The last calls from the same number to the same company, the newest first; none of a withheld number."""
    if call.caller is None:
        return []
    seen = visible(visible_to, CallRecord.company_id, CallRecord.branch, CallRecord.id)
    query = (
        select(CallRecord)
        .where(
            CallRecord.caller == call.caller,
            CallRecord.started_at < call.started_at,
            # By the number's index: seeing the company's, SQLite walks all calls of the company instead.
            unindexed(and_(CallRecord.company_id == call.company_id, CallRecord.id != call.id, seen)),
        )
        .order_by(CallRecord.started_at.desc())
        .limit(most)
    )
    return list(await session.scalars(query))


async def among(session: AsyncSession, ids: Sequence[str], *, visible_to: Scope) -> list[CallRecord]:
    """Those of these calls that the asker may see, the earliest first."""
    seen = visible(visible_to, CallRecord.company_id, CallRecord.branch, CallRecord.id)
    query = select(CallRecord).where(CallRecord.id.in_(ids), unindexed(seen)).order_by(CallRecord.started_at)
    return list(await session.scalars(query))


async def steps(session: AsyncSession, ids: Sequence[str]) -> dict[str, list[CallStep]]:
    """By call id, the steps of calls that the asker sees, in their order."""
    found: dict[str, list[CallStep]] = {id: [] for id in ids}
    query = select(CallStep).where(CallStep.call_id.in_(ids)).order_by(CallStep.started_at, CallStep.ordinal)
    for step in await session.scalars(query):
        found[step.call_id].append(step)
    return found


async def visits(session: AsyncSession, ids: Sequence[str]) -> dict[str, list[QueueVisit]]:
    """By call id, the waits in queues of calls that the asker sees, in their order."""
    found: dict[str, list[QueueVisit]] = defaultdict(list)
    query = select(QueueVisit).where(QueueVisit.call_id.in_(ids)).order_by(QueueVisit.entered_at)
    for visit in await session.scalars(query):
        found[visit.call_id].append(visit)
    return found


def _narrowed(query: Select[Any], wanted: Narrowed) -> Select[Any]:
    query = query.where(CallRecord.started_at >= wanted.since, CallRecord.started_at < wanted.before)
    if wanted.branch:
        query = query.where(CallRecord.branch == wanted.branch)
    if wanted.number:
        query = query.where(_number(wanted.number))
    visit = exists().where(QueueVisit.call_id == CallRecord.id)
    answered = visit.where(QueueVisit.outcome == Left.ANSWERED)
    lost = visit.where(QueueVisit.outcome.in_(LOST))
    if wanted.queue:
        query = query.where(visit.where(QueueVisit.queue == wanted.queue))
    if wanted.agent:
        answered_by = visit.where(QueueVisit.agent == wanted.agent)
        query = query.where(or_(answered_by, CallRecord.called_by == wanted.agent))
    match wanted.result:
        case CallResult.ANSWERED:
            query = query.where(answered)
        case CallResult.LOST:
            query = query.where(lost, ~answered)
        case CallResult.UNSEEN:
            query = query.where(visit, ~lost, ~answered)
        case CallResult.MENU:
            query = query.where(~visit, CallRecord.called_by == "")
        case CallResult.IN:
            query = query.where(came_in())
        case CallResult.SERVED:
            query = query.where(came_in(), came_to() == CallerEnd.SERVED.value)
        case CallResult.GIVEN_UP:
            query = query.where(came_in(), came_to() == CallerEnd.GIVEN_UP.value)
        case CallResult.END_UNSEEN:
            query = query.where(came_in(), came_to() == CallerEnd.UNSEEN.value)
        case CallResult.OUT:
            query = query.where(CallRecord.called_by != "")
        case CallResult.RECORDED:
            there = exists().where(Recording.call_id == CallRecord.id, Recording.state.in_(PLAYABLE))
            query = query.where(there)
    return query


def _number(q: str) -> ColumnElement[bool]:
    whole, digits = e164(q), re.sub(r"\D", "", q)
    return CallRecord.caller == whole if whole is not None else CallRecord.caller.endswith(digits, autoescape=True)
