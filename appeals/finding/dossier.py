"""Everything the register keeps of one appeal, read at once for whoever may see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.casework.case import facts
from appeals.casework.lifecycle import CaseFacts
from appeals.finding.appeals import visible
from appeals.models import Answer, Appeal, AppealEvent, Contact, Content, Hold, Measure, Promise, Refusal, Task
from appeals.proof import verify
from appeals.proof.verify import Fault
from gridline.db import unindexed
from gridline.scope import Scope


@dataclass(frozen=True, slots=True)
class Dossier:
    """One appeal with all that belongs to it, each kind in the order of its time."""

    appeal: Appeal
    content: Content
    events: tuple[AppealEvent, ...]
    measures: tuple[Measure, ...]
    tasks: tuple[Task, ...]
    answers: tuple[Answer, ...]
    contacts: tuple[Contact, ...]
    promises: tuple[Promise, ...]
    holds: tuple[Hold, ...]
    """Those that last."""
    refusal: Refusal | None
    facts: CaseFacts
    faults: tuple[Fault, ...]
    """What is not as it was written."""
    earlier: tuple[tuple[str, Appeal], ...]
    """The appeals this one leads to as far as its reader may see them, each by what it is: repeat_of, joined_to."""

    @property
    def actors(self) -> set[str]:
        """Everybody who is named in it."""
        found = {one.actor for one in self.events} | {one.actor for one in self.contacts}
        found |= {one.owner for one in self.promises}
        return found | {self.appeal.owner or "", self.refusal.proposed_by if self.refusal else ""}


async def read(session: AsyncSession, appeal: Appeal, *, visible_to: Scope) -> Dossier:
    """The dossier of an appeal that was found for this reader."""
    content = await session.get_one(Content, appeal.id)
    events = await _all(session, AppealEvent, appeal.id, AppealEvent.seq)
    holds = await _all(session, Hold, appeal.id, Hold.set_at)
    return Dossier(
        appeal=appeal,
        content=content,
        events=events,
        measures=await _all(session, Measure, appeal.id, Measure.planned_on),
        tasks=await _all(session, Task, appeal.id, Task.asked_at),
        answers=await _all(session, Answer, appeal.id, Answer.sent_at),
        contacts=await _all(session, Contact, appeal.id, Contact.at),
        promises=await _all(session, Promise, appeal.id, Promise.due_at),
        holds=tuple(one for one in holds if one.lifted_at is None),
        refusal=await session.get(Refusal, appeal.id),
        facts=await facts(session, appeal, content),
        faults=tuple(await verify.of_appeal(session, appeal, content, events)),
        earlier=await _earlier(session, appeal, visible_to),
    )


@dataclass(frozen=True, slots=True)
class LastDeed:
    """What was done last to an appeal, for those who have its page open."""

    appeal: Appeal
    event: AppealEvent
    measures: tuple[Measure, ...]


async def last_deed(session: AsyncSession, id: str) -> LastDeed:
    """Of the appeal with this id; who may see its page is for the page to know. Raises NoResultFound."""
    event = select(AppealEvent).where(AppealEvent.appeal_id == id).order_by(AppealEvent.seq.desc()).limit(1)
    return LastDeed(
        await session.get_one(Appeal, id),
        (await session.scalars(event)).one(),
        await _all(session, Measure, id, Measure.planned_on),
    )


async def _all(session: AsyncSession, model: Any, appeal_id: str, order: Any) -> tuple[Any, ...]:
    return tuple(await session.scalars(select(model).where(model.appeal_id == appeal_id).order_by(order)))


async def _earlier(session: AsyncSession, appeal: Appeal, scope: Scope) -> tuple[tuple[str, Appeal], ...]:
    named = {"repeat_of": appeal.repeat_of, "joined_to": appeal.joined_to}
    query = select(Appeal).where(Appeal.id.in_([id for id in named.values() if id]), unindexed(visible(scope)))
    by_id = {one.id: one for one in await session.scalars(query)}
    return tuple((what, by_id[id]) for what, id in named.items() if id in by_id)
