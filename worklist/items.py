"""Items of the worklist: every query about them, and the one place that decides who may see one.

An item is its company's and its branch's. It is the trust line's when the call or the appeal it is about is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.finding.appeals import TRUST
from appeals.models import Appeal
from appeals.personal_data import trust
from gridline.db import Reads
from gridline.errors import NotFound
from gridline.scope import OutOfScope, Scope
from worklist.codes import ItemKind
from worklist.models import WorkAttempt, WorkContact, WorkItem

_NOBODYS = (WorkItem.kind == ItemKind.DANGER, WorkItem.ended_at.is_(None), WorkItem.owner == "")
"""Which are open dangers that nobody has taken."""
_UNTAKEN = select(WorkItem.id).where(*_NOBODYS).limit(1)


@dataclass(frozen=True, slots=True)
class WorkDetails:
    """One item with everything that happened to it."""

    item: WorkItem
    contacts: Sequence[WorkContact]
    attempts: Sequence[WorkAttempt]


def of_trust() -> ColumnElement[bool]:
    """Whether an item is the trust line's."""
    appeal = exists().where(Appeal.kind == TRUST, Appeal.id == WorkItem.appeal_id)
    return or_(appeal, trust.of_trust(WorkItem.call_id))


def visible(scope: Scope) -> ColumnElement[bool]:
    """Whether an item is within the scope: the rule itself."""
    own = scope.where(WorkItem.company_id, WorkItem.branch)
    return and_(own, of_trust() if scope.trust else ~of_trust())


async def open_items(
    session: AsyncSession, kinds: Collection[ItemKind], *, visible_to: Scope, most: int
) -> list[WorkItem]:
    """Open items of these kinds, the most urgent first: danger, then by due moment.

    Two queries: with danger in its order one query would sort all that is open, ten thousand reports in a storm.
    """
    query = select(WorkItem).where(WorkItem.ended_at.is_(None), visible(visible_to))
    urgent = query.order_by(WorkItem.due_at, WorkItem.id)
    found: list[WorkItem] = []
    if ItemKind.DANGER in kinds:
        found += await session.scalars(urgent.where(WorkItem.kind == ItemKind.DANGER).limit(most))
    others = [kind for kind in kinds if kind is not ItemKind.DANGER]
    if others and len(found) < most:
        found += await session.scalars(urgent.where(WorkItem.kind.in_(others)).limit(most - len(found)))
    return found


async def ended_items(
    session: AsyncSession, kinds: Collection[ItemKind], since: datetime, *, visible_to: Scope, most: int
) -> list[WorkItem]:
    """Items of these kinds that ended after `since`, the latest first."""
    query = select(WorkItem).where(WorkItem.ended_at >= since, WorkItem.kind.in_(kinds), visible(visible_to))
    return list(await session.scalars(query.order_by(WorkItem.ended_at.desc()).limit(most)))


async def find(session: AsyncSession, id: str, *, visible_to: Scope) -> WorkDetails:
    """The item with this id and its history. Raises NotFound, and OutOfScope when it is not the asker's to see."""
    item = await session.get(WorkItem, id)
    if item is None:
        raise NotFound("Такого дела нет.")
    if not await session.scalar(select(visible(visible_to)).where(WorkItem.id == id)):
        raise OutOfScope("Такого дела нет.")
    contacts = select(WorkContact).where(WorkContact.item_id == id).order_by(WorkContact.at)
    attempts = select(WorkAttempt).where(WorkAttempt.item_id == id).order_by(WorkAttempt.at)
    return WorkDetails(item, list(await session.scalars(contacts)), list(await session.scalars(attempts)))


async def of_call(session: AsyncSession, call_id: str, *, visible_to: Scope) -> list[WorkItem]:
    """Items that a call made or joined, the earliest first."""
    joined = exists().where(WorkContact.item_id == WorkItem.id, WorkContact.call_id == call_id)
    query = select(WorkItem).where(joined, visible(visible_to)).order_by(WorkItem.made_at)
    return list(await session.scalars(query))


async def rests_on(session: AsyncSession, recording_id: str, call_id: str) -> bool:
    """Whether an item has this recording of this call: somebody hears it."""
    told = exists().where(WorkContact.call_id == call_id, WorkContact.recording_id == recording_id)
    return bool(await session.scalar(select(told)))


async def of_phone(session: AsyncSession, company_id: str, phone: str, *, visible_to: Scope) -> list[WorkItem]:
    """Open items that wait for whoever calls from this number (E.164), the most urgent first."""
    mine = (WorkItem.company_id == company_id, WorkItem.phone == phone, WorkItem.ended_at.is_(None))
    return list(await session.scalars(select(WorkItem).where(*mine, visible(visible_to)).order_by(WorkItem.due_at)))


async def is_any_danger_untaken(session: Reads) -> bool:
    """Whether there is a danger that nobody has taken, in any company."""
    return bool(await session.scalars(_UNTAKEN, {}))


async def untaken_dangers(
    session: AsyncSession,
    made_before: datetime,
    companies: Collection[str],
    branches: Collection[tuple[str, str]],
    *,
    most: int,
) -> list[WorkItem]:
    """Dangers that nobody has taken since then, for whoever raises the alarm: the oldest of each branch, then its next.

    Of whole companies, and of single branches (company, branch): those where somebody can be rung, so that what rings
    nobody takes no room from what does; nor do fifty of one branch from another's.
    """
    rung = or_(WorkItem.company_id.in_(companies), tuple_(WorkItem.company_id, WorkItem.branch).in_(branches))
    oldest_first = (WorkItem.made_at, WorkItem.id)
    turn = func.row_number().over(partition_by=(WorkItem.company_id, WorkItem.branch), order_by=oldest_first)
    turns = select(WorkItem.id, turn.label("turn")).where(*_NOBODYS, rung, WorkItem.made_at <= made_before).subquery()
    query = select(WorkItem).join(turns, turns.c.id == WorkItem.id)
    return list(await session.scalars(query.order_by(turns.c.turn, *oldest_first).limit(most)))


async def others_untaken(session: AsyncSession, item: WorkItem, *, own_phones: Collection[str]) -> int:
    """How many further dangers that nobody has taken ring the same telephones.

    `own_phones`: the company's branches (ids) with duty telephones of their own.
    """
    alike = WorkItem.branch == item.branch if item.branch in own_phones else WorkItem.branch.not_in(own_phones)
    query = select(func.count()).where(*_NOBODYS, WorkItem.company_id == item.company_id, alike, WorkItem.id != item.id)
    return await session.scalar(query) or 0


async def of_appeal(session: AsyncSession, appeal_id: str, *, visible_to: Scope) -> list[WorkItem]:
    """Items that wait for an appeal or became one, the earliest first."""
    query = select(WorkItem).where(WorkItem.appeal_id == appeal_id, visible(visible_to))
    return list(await session.scalars(query.order_by(WorkItem.made_at)))
