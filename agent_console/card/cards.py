"""What agents keep with a call: whom they took the caller for, and their notes. Every query about them.

The call was found for the asker before (`agent_console.card.requested`): what is kept with it is theirs to see.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls.calls import FoundCall
from agent_console.card.models import CallCard, CardDraft, CardNote
from agent_console.card.values import Candidate, Chosen, Note
from agent_console.people.permissions import Actor
from grid import premises
from gridline.scope import Scope

NOTES = 12


async def choices(session: AsyncSession, calls: Sequence[str], *, visible_to: Scope) -> dict[str, Chosen]:
    """By call id, whom each of these calls was taken for, where somebody said so.

    Not when it was somebody of another branch's premise: a colleague there may have talked with this number.
    """
    rows = list(await session.scalars(select(CallCard).where(CallCard.call_id.in_(calls))))
    found = {row.call_id: _chosen(row) for row in rows}
    named = {one.premise_id for one in found.values() if one.premise_id}
    hidden = await premises.hidden_among(session, named, visible_to=visible_to)
    return {call: one for call, one in found.items() if one.premise_id not in hidden}


async def choice(session: AsyncSession, call_id: str) -> Chosen | None:
    """Whom this call was taken for."""
    row = await session.get(CallCard, call_id)
    return None if row is None else _chosen(row)


async def choose(
    session: AsyncSession, call: FoundCall, candidate: Candidate | None, *, by: Actor, at: datetime
) -> None:
    """Keep whom the agent takes the caller for; None: nobody any more."""
    if candidate is None:
        await session.execute(delete(CallCard).where(CallCard.call_id == call.id))
        return
    row = await session.get(CallCard, call.id) or CallCard(call_id=call.id, company_id=call.company_id)
    row.chosen = {
        "ref": candidate.ref,
        "name": candidate.name,
        "address": candidate.address,
        "account": candidate.account,
        "kind": candidate.kind,
        "reasons": list(candidate.reasons),
        "premise_id": candidate.premise_id,
    }
    row.chosen_by, row.chosen_at = by.name, at
    session.add(row)
    await session.flush()


async def notes(session: AsyncSession, call: FoundCall) -> tuple[Note, ...]:
    """Notes of this call and of this number, the newest first."""
    own = CardNote.call_id == call.id
    clue = or_(own, CardNote.phone == call.caller) if call.caller else own
    query = select(CardNote).where(CardNote.company_id == call.company_id, clue).order_by(CardNote.at.desc())
    rows = await session.scalars(query.limit(NOTES))
    return tuple(Note(row.at, row.author, row.text, row.call_id == call.id) for row in rows)


async def note(session: AsyncSession, call: FoundCall, text: str, *, by: Actor, at: datetime) -> None:
    """Add a remark about this call and its number."""
    session.add(
        CardNote(company_id=call.company_id, call_id=call.id, phone=call.caller, text=text, author=by.name, at=at)
    )
    await session.flush()


def _chosen(row: CallCard) -> Chosen:
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


async def forget_callers(session: AsyncSession, calls: Collection[str]) -> None:
    """Remove whom the agents took the callers of these calls for, their notes, and what was typed in the form."""
    for kept in (CallCard, CardNote, CardDraft):
        await session.execute(delete(kept).where(kept.call_id.in_(calls)))


async def remove_notes(session: AsyncSession, ids: Collection[str]) -> None:
    """Remove these notes: what one says of a caller is theirs, whichever call it was written in."""
    await session.execute(delete(CardNote).where(CardNote.id.in_(ids)))
