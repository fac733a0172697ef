"""Items as rows of a list: what stands in each, masked for its audience; rows that are equal look alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls.calls import FoundCall
from agent_console.people import people, privacy
from agent_console.people.models import Role
from agent_console.people.permissions import Actor
from agent_console.worklist.audience import Audience, kinds_of
from appeals.taxonomy import shipped
from worklist import items
from worklist.codes import Ending, ItemKind, Level, title
from worklist.models import WorkItem

MOST: Final = 150
"""Rows on a page, the most urgent first: nobody works through more at once."""
DUTY: Final = "duty:"
"""Before the number of a duty telephone that took an item."""
_FIRST: Final[Mapping[ItemKind, str]] = MappingProxyType(
    {
        ItemKind.DANGER: "Принять и передать бригаде",
        ItemKind.OUTAGE_REPORT: "Проверить и отнести к отключению",
        ItemKind.LOST_CALLER: "Перезвонить",
        ItemKind.CALLBACK: "Перезвонить",
        ItemKind.MESSAGE: "Прослушать",
        ItemKind.BROKEN_OFF: "Прослушать и зарегистрировать",
        ItemKind.DICTATION: "Позвонить и продиктовать ответ",
        ItemKind.CALL_OUT: "Приехать к сроку",
        ItemKind.DISPUTE: "Прослушать и решить",
    }
)


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One item in a list."""

    id: str
    kind: ItemKind
    title: str
    level: Level
    branch: str
    made_at: datetime
    due_at: datetime
    next_at: datetime
    place: str
    topic: str
    phone: str
    """Masked by role; empty where there is none."""
    contacts: int
    attempts: int
    owner: str
    """A signature; empty: nobody's."""
    owner_name: str
    next_step: str
    heard: bool
    """Whether there is something to listen to."""
    ending: Ending | None
    ended_at: datetime | None
    ended_by: str
    note: str

    @property
    def rings(self) -> bool:
        """Whether it must be heard by everybody of its audience until somebody takes it."""
        return self.kind is ItemKind.DANGER and not self.owner and self.ending is None

    @property
    def late(self) -> bool:
        """Whether its time is over."""
        return self.level is Level.LATE and self.ending is None


async def open_rows(session: AsyncSession, audience: Audience) -> tuple[WorkRow, ...]:
    """The open items of this audience, the most urgent first."""
    found = await items.open_items(session, audience.kinds, visible_to=audience.scope, most=MOST)
    return await shown(session, found, audience.role)


async def ended_rows(session: AsyncSession, audience: Audience, since: datetime) -> tuple[WorkRow, ...]:
    """The items of this audience that ended after `since`, the latest first."""
    found = await items.ended_items(session, audience.kinds, since, visible_to=audience.scope, most=MOST)
    return await shown(session, found, audience.role)


async def shown(session: AsyncSession, found: Sequence[WorkItem], role: Role) -> tuple[WorkRow, ...]:
    """These items as rows for this role."""
    names = await people.names(session, [one for item in found for one in (item.owner, item.ended_by)])
    return tuple(_row(item, role, names) for item in found)


async def of_call(session: AsyncSession, call: FoundCall, actor: Actor) -> tuple[WorkRow, ...]:
    """What this call made or joined, and what waits for whoever calls from its number."""
    found = await items.of_call(session, call.id, visible_to=actor.scope)
    if call.caller is not None:
        found += await items.of_phone(session, call.company_id, call.caller, visible_to=actor.scope)
    return await _of_theirs(session, found, actor)


async def of_appeal(session: AsyncSession, appeal_id: str, actor: Actor) -> tuple[WorkRow, ...]:
    """What waits for this appeal, and what it was made of."""
    return await _of_theirs(session, await items.of_appeal(session, appeal_id, visible_to=actor.scope), actor)


async def _of_theirs(session: AsyncSession, found: Sequence[WorkItem], actor: Actor) -> tuple[WorkRow, ...]:
    theirs = {item.id: item for item in found if item.kind in kinds_of(actor.role)}
    return await shown(session, list(theirs.values()), actor.role)


def person(actor: str, names: Mapping[str, str]) -> str:
    """Who took or ended an item, for a reader."""
    if actor.startswith(DUTY):
        return "дежурный телефон"
    return people.spelled(actor, names) if actor else ""


def number(kind: ItemKind, role: Role, phone: str | None) -> str:
    """A caller's number, masked by role; whoever sees to a danger must be able to ring back, so it is whole there."""
    return phone or "" if kind is ItemKind.DANGER else privacy.shown_to(role, "phone", phone) or ""


def _row(item: WorkItem, role: Role, names: Mapping[str, str]) -> WorkRow:
    topics = shipped().topics
    return WorkRow(
        id=item.id,
        kind=item.kind,
        title=title(item.kind, item.topic),
        level=item.level,
        branch=item.branch,
        made_at=item.made_at,
        due_at=item.due_at,
        next_at=item.next_at,
        place=item.place,
        topic=topics[item.topic].title if item.topic in topics else "",
        phone=number(item.kind, role, item.phone),
        contacts=item.weight,
        attempts=item.attempts,
        owner=item.owner,
        owner_name=person(item.owner, names),
        next_step=_next_step(item),
        heard=item.recording_id is not None,
        ending=item.ending,
        ended_at=item.ended_at,
        ended_by=person(item.ended_by, names),
        note=item.note,
    )


def _next_step(item: WorkItem) -> str:
    if item.ending is not None:
        return ""
    if item.attempts:
        return "Попробовать ещё раз"
    if item.kind is ItemKind.MESSAGE and item.phone:
        return "Прослушать и перезвонить"
    return _FIRST[item.kind]
