"""One item as its page shows it: contacts, attempts, what there is to listen to, where it leads, how it may end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls import recordings
from agent_console.people import people
from agent_console.people.permissions import Actor
from agent_console.register.rows import url_of
from agent_console.worklist import rows, surveyed
from agent_console.worklist.audience import Audience, kinds_of
from agent_console.worklist.rows import WorkRow
from appeals.finding import appeals
from grid.call_outs.models import MeterVisit
from gridline.scope import OutOfScope
from recordings.models import Recording
from worklist import items
from worklist.codes import ENDINGS, Ending, ItemKind
from worklist.models import WorkAttempt, WorkContact, WorkItem
from worklist.steps import call_outs
from worklist.steps.called_out import WORKS
from worklist.unregistered import TO_REGISTER

BY_ITSELF: Final = frozenset({Ending.REGISTERED, Ending.JOINED, Ending.DECIDED, Ending.SHUT})
"""Endings that come of a deed elsewhere: an appeal registered, a report joined to an outage, a dispute decided."""


@dataclass(frozen=True, slots=True)
class WorkPage:
    """Everything on the page of an item."""

    item: WorkItem
    row: WorkRow
    contacts: Sequence[WorkContact]
    attempts: Sequence[WorkAttempt]
    names: dict[str, str]
    heard: Sequence[Recording]
    awaited: bool
    """Whether something was recorded that is not taken in yet."""
    appeal_number: str
    appeal_url: str
    mine: bool
    visit: MeterVisit | None
    """The technician's visit that it is about."""
    low_marks: Sequence[tuple[str, str]]
    """Questions of a survey and the marks of whoever is not content."""

    @property
    def visit_work(self) -> str:
        """What the technician comes for; or empty."""
        return WORKS[self.visit.work] if self.visit is not None else ""

    @property
    def endings(self) -> tuple[Ending, ...]:
        """How a person may end it here."""
        by_hand = tuple(one for one in ENDINGS[self.item.kind] if one not in BY_ITSELF)
        if self.item.kind is ItemKind.DICTATION:  # «Поговорили» is what the recorded answer says
            return tuple(one for one in by_hand if one is not Ending.TALKED)
        return by_hand

    @property
    def registers(self) -> bool:
        """Whether an appeal can be made of it."""
        return self.item.kind in TO_REGISTER and self.item.call_id is not None and self.item.ended_at is None

    def person(self, actor: str) -> str:
        """Who made an attempt."""
        return rows.person(actor, self.names)

    def phone(self, actor: Actor, contact: WorkContact) -> str:
        """The number of a contact, as `rows.number` shows it."""
        return rows.number(self.item.kind, actor.role, contact.phone)


async def load(session: AsyncSession, actor: Actor, id: str) -> WorkPage:
    """The page of an item for this person. Raises NotFound, OutOfScope for one that is not theirs to see."""
    details = await find(session, actor, id)
    item = details.item
    audience = Audience.of(actor, item.company_id)
    (row,) = await rows.shown(session, [item], audience.role)
    named = recorded(details)
    heard = await recordings.among(session, named, visible_to=actor.scope)
    names = await people.names(session, [one.actor for one in details.attempts])
    made = [item.appeal_id] if item.appeal_id else []
    number = (await appeals.numbers(session, made, visible_to=actor.scope)).get(item.appeal_id or "", "")
    return WorkPage(
        item=item,
        row=row,
        contacts=details.contacts,
        attempts=details.attempts,
        names=names,
        heard=heard,
        awaited=len(heard) < len(named) and item.ended_at is None,
        appeal_number=number,
        appeal_url=url_of(number, actor, item.company_id) if number else "",
        mine=item.owner == actor.signature,
        visit=await call_outs.of_item(session, item),
        low_marks=await surveyed.low_marks(session, item),
    )


async def find(session: AsyncSession, actor: Actor, id: str) -> items.WorkDetails:
    """An item of the kinds this person works on. Raises NotFound, OutOfScope."""
    details = await items.find(session, id, visible_to=actor.scope)
    if details.item.kind not in kinds_of(actor.role):
        raise OutOfScope("Такого дела нет.")
    return details


def recorded(details: items.WorkDetails) -> set[str]:
    """The recordings of an item and its contacts (ids)."""
    told = [details.item.recording_id, *(one.recording_id for one in details.contacts)]
    return {one for one in told if one is not None}
