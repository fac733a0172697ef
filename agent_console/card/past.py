"""What there was before: earlier calls from this number, whom they were taken for, notes, promises to call back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls import journey
from agent_console.card.models import CallCard, CardNote
from agent_console.card.view import AppealLine, Callback, CallFacts, Chosen, LastCall, Note
from agent_console.people.models import User
from agent_console.people.permissions import Actor
from appeals.models import CALLBACK, Promise
from appeals.taxonomy import shipped
from ivr.desk import deeds
from ivr.desk.models import Deed
from ivr.journal.models import CallRecord, CallStep

CALLS = 8
NOTES = 12


async def calls_before(session: AsyncSession, actor: Actor, call: CallFacts) -> list[CallRecord]:
    """The last calls from the same number to the same company, the newest first; none of a withheld number."""
    if call.caller is None:
        return []
    query = (  # the company is looked at afterwards: with it SQLite walks all calls of the company instead
        select(CallRecord)
        .where(CallRecord.caller == call.caller, CallRecord.started_at < call.started_at)
        .order_by(CallRecord.started_at.desc())
        .limit(CALLS)
    )
    found = [one for one in await session.scalars(query) if one.company_id == call.company_id and one.id != call.id]
    return [one for one in found if actor.sees(one.company_id, one.branch)]


async def choices(session: AsyncSession, calls: Sequence[str]) -> dict[str, Chosen]:
    """Whom each of these calls was taken for, where somebody said so."""
    rows = await session.scalars(select(CallCard).where(CallCard.call_id.in_(calls)))
    return {row.call_id: chosen(row) for row in rows}


def chosen(row: CallCard) -> Chosen:
    """A stored choice."""
    told = row.chosen
    return Chosen(
        ref=told["ref"],
        name=told["name"],
        address=told["address"],
        account=told["account"],
        kind=told["kind"],
        reasons=tuple(told["reasons"]),
        premise_id=told["premise_id"],
        by=row.chosen_by,
        at=row.chosen_at,
    )


async def last_calls(
    session: AsyncSession,
    before: Sequence[CallRecord],
    taken_for: Mapping[str, Chosen],
    registered: Mapping[str, list[AppealLine]],
) -> tuple[LastCall, ...]:
    """Each earlier call with what it was about, who answered and what came of it."""
    if not before:
        return ()
    query = select(CallStep).where(CallStep.call_id.in_([one.id for one in before]))
    steps: dict[str, list[CallStep]] = defaultdict(list)
    for step in await session.scalars(query.order_by(CallStep.started_at, CallStep.ordinal)):
        steps[step.call_id].append(step)
    answered = await _answered(session, before)
    in_vain = await deeds.waited_in_vain(session, [one.id for one in before])
    return tuple(
        LastCall(
            call_id=one.id,
            at=one.started_at,
            about=_about(steps[one.id], registered.get(one.id, [])),
            outcome=_outcome(one, answered.get(one.id, ""), registered.get(one.id, []), in_vain=one.id in in_vain),
            answered_by=answered.get(one.id, ""),
            chosen=taken_for[one.id].name if one.id in taken_for else "",
        )
        for one in before
    )


async def notes(session: AsyncSession, call: CallFacts) -> tuple[Note, ...]:
    """Notes of this call and of this number, the newest first."""
    own = CardNote.call_id == call.id
    clue = or_(own, CardNote.phone == call.caller) if call.caller else own
    query = select(CardNote).where(CardNote.company_id == call.company_id, clue).order_by(CardNote.at.desc())
    rows = await session.scalars(query.limit(NOTES))
    return tuple(Note(row.at, row.author, row.text, row.call_id == call.id) for row in rows)


async def callbacks(session: AsyncSession, call: CallFacts, before: Sequence[str], at: datetime) -> list[Callback]:
    """Promises to call back made in this call or an earlier one and not kept yet, the most urgent first."""
    query = select(Promise).where(CALLBACK, Promise.call_id.in_([call.id, *before]), Promise.settled_at.is_(None))
    rows = sorted(await session.scalars(query), key=lambda row: row.due_at)
    return [Callback(row.id, row.due_at, row.due_at < at, row.call_id == call.id) for row in rows]


async def _answered(session: AsyncSession, before: Sequence[CallRecord]) -> dict[str, str]:
    """The name of whoever answered each call last."""
    done = await deeds.in_calls(session, before, [Deed.ANSWERED])
    by_user = {id: events[-1].user_id for id, events in done.items() if events}
    rows = await session.execute(select(User.id, User.name).where(User.id.in_(by_user.values())))
    names = {row.id: row.name for row in rows}
    return {id: names[user_id] for id, user_id in by_user.items() if user_id in names}


def _about(steps: Sequence[CallStep], registered: Sequence[AppealLine]) -> str:
    if registered:
        return registered[0].topic_title
    code = journey.topic(one.leads_to or one.place for one in steps)
    return shipped().topics[code].title if code else ""


def _outcome(call: CallRecord, answered: str, registered: Sequence[AppealLine], *, in_vain: bool) -> str:
    if registered:
        return f"обращение {registered[0].number}"
    if answered:
        return "ответил оператор"
    if call.ended_at is None:
        return "идёт сейчас"
    if in_vain:
        return "не дождался оператора"
    return "положил трубку в меню" if call.outcome == "hung-up" else "обслужен в меню"
