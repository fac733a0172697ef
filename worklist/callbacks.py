"""Calls that somebody is owed: promised to them (R2), or offered to who was lost (R25); ended when they call again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from grid.outages.models import OutageReport
from gridline.clock import Clock
from gridline.db import Database
from gridline.errors import InvalidInput
from gridline.scope import Scope
from worklist import items, owed
from worklist.codes import Ending, ItemKind
from worklist.models import WorkContact, WorkItem
from worklist.worklist import Changed, Matter, Opened, Worklist

OWED_A_CALL: Final = (ItemKind.CALLBACK, ItemKind.LOST_CALLER)
"""What ends when the person calls themselves and is answered."""


@dataclass(frozen=True, slots=True)
class CallbackAsked:
    """A call that is about to be promised; `since` is the place in the queue that is kept."""

    company_id: str
    phone: str
    """E.164."""
    actor: str
    """Who promises: `user:login`, or `ivr` for the robot."""
    branch: str = ""
    topic: str = ""
    place: str = ""
    call_id: str | None = None
    recording_id: str | None = None
    premise_id: str | None = None
    appeal_id: str | None = None
    since: datetime | None = None
    opens_at: datetime | None = None
    """When those who will call begin to work, where they do not now."""


@dataclass(frozen=True, slots=True)
class LostCaller:
    """Who waited in vain."""

    company_id: str
    phone: str
    """E.164."""
    call_id: str
    at: datetime
    """When they were lost."""


class Callbacks:
    """Promises calls and ends those that are owed no more. The words are said after `promise` has returned."""

    def __init__(self, db: Database, clock: Clock, worklist: Worklist) -> None:
        self._db = db
        self._clock = clock
        self._worklist = worklist

    async def promise(self, asked: CallbackAsked, *, within_s: float | None = None) -> Opened:
        """Store the promise: an item and, with an appeal, the register's promise, or neither.

        A number (an appeal) that is owed a call already keeps its first clock. Raises InvalidInput without a number,
        NotFound without that appeal, Unavailable when the store does not take it within `within_s` seconds.
        """
        if not asked.phone:
            raise InvalidInput("Укажите номер, по которому перезвонить.")
        about = asked.appeal_id or asked.phone
        matter = Matter(
            ItemKind.CALLBACK,
            asked.company_id,
            f"{ItemKind.CALLBACK}:{about}",
            branch=asked.branch,
            call_id=asked.call_id,
            recording_id=asked.recording_id,
            phone=asked.phone,
            premise_id=asked.premise_id,
            place=asked.place,
            topic=asked.topic,
            appeal_id=asked.appeal_id,
            made_at=asked.since,
            opens_at=asked.opens_at,
        )
        async with self._db.write(within_s=within_s) as session:
            opened = await self._worklist.opened(session, matter)
            item = await session.get_one(WorkItem, opened.id)
            if item.appeal_id is not None and item.promise_id is None:
                await owed.promised(session, item, asked.actor, self._clock.now())
        first = opened.contacts == 1
        self._worklist.tell(Changed(asked.company_id, opened.id, ItemKind.CALLBACK, opened=first))
        return opened

    async def called_again(self, company_id: str, phone: str, *, call_id: str, actor: str) -> Sequence[str]:
        """They called and were answered: what they were owed by earlier calls is done. Returns the items' ids."""
        query = select(WorkItem).where(
            WorkItem.company_id == company_id,
            WorkItem.phone == phone,
            WorkItem.ended_at.is_(None),
            WorkItem.kind.in_(OWED_A_CALL),
            or_(WorkItem.call_id.is_(None), WorkItem.call_id != call_id),
        )
        async with self._db.read() as session:  # nearly nobody is owed a call: no write for every answer
            if await session.scalar(query.limit(1)) is None:
                return []
        async with self._db.write() as session:
            found = list(await session.scalars(query.with_for_update()))
            for item in found:
                await self._worklist.end(item.id, actor, Ending.CALLED_AGAIN, call_id=call_id, session=session)
        for item in found:
            self._worklist.tell(Changed(company_id, item.id, item.kind))
        return [item.id for item in found]

    async def lost(self, caller: LostCaller) -> Opened | None:
        """Offer who was lost to an agent (R25), where they have reported an outage and are owed no call already.

        Returns the item, or None where there is nothing to call them back for. Raises Unavailable.
        """
        async with self._db.write() as session:
            report = await _report_of(session, caller)
            if report is None or await _is_owed(session, caller):
                return None
            matter = Matter(
                ItemKind.LOST_CALLER,
                caller.company_id,
                f"{ItemKind.LOST_CALLER}:{caller.phone}",
                branch=report.branch,
                call_id=caller.call_id,
                phone=caller.phone,
                premise_id=report.premise_id,
                place=report.place,
                topic="outages",
                subject_id=report.id,
                made_at=caller.at,
            )
            opened = await self._worklist.opened(session, matter)
        first = opened.contacts == 1
        self._worklist.tell(Changed(caller.company_id, opened.id, ItemKind.LOST_CALLER, opened=first))
        return opened


async def _report_of(session: AsyncSession, caller: LostCaller) -> OutageReport | None:
    """What they reported in this call, or by this number and it is open; said of a neighbour's report as well."""
    still_open = and_(WorkContact.phone == caller.phone, WorkItem.ended_at.is_(None))
    joined = exists().where(
        WorkContact.item_id == WorkItem.id,
        WorkItem.subject_id == OutageReport.id,
        or_(WorkContact.call_id == caller.call_id, still_open),
    )
    own = or_(
        OutageReport.call_id == caller.call_id,
        and_(OutageReport.phone == caller.phone, OutageReport.closed_at.is_(None)),
        joined,
    )
    query = select(OutageReport).where(OutageReport.company_id == caller.company_id, own)
    found: OutageReport | None = await session.scalar(query.order_by(OutageReport.last_at.desc()).limit(1))
    return found


async def _is_owed(session: AsyncSession, caller: LostCaller) -> bool:
    query = select(WorkItem.id).where(
        WorkItem.company_id == caller.company_id,
        WorkItem.phone == caller.phone,
        WorkItem.kind == ItemKind.CALLBACK,
        WorkItem.ended_at.is_(None),
    )
    return await session.scalar(query.limit(1)) is not None


async def of_caller(
    session: AsyncSession, company_id: str, phone: str | None, call_id: str, *, visible_to: Scope
) -> list[WorkItem]:
    """Open calls owed to who calls from this number, or promised in this very call; the most urgent first."""
    mine = WorkItem.call_id == call_id
    clue = or_(mine, WorkItem.phone == phone) if phone else mine
    query = select(WorkItem).where(
        WorkItem.company_id == company_id,
        WorkItem.ended_at.is_(None),
        WorkItem.kind.in_(OWED_A_CALL),
        clue,
        items.visible(visible_to),
    )
    return list(await session.scalars(query.order_by(WorkItem.due_at)))


async def of_appeal(session: AsyncSession, appeal_id: str) -> WorkItem | None:
    """The open call owed about an appeal; whoever sees the appeal sees it."""
    query = select(WorkItem).where(
        WorkItem.appeal_id == appeal_id, WorkItem.kind == ItemKind.CALLBACK, WorkItem.ended_at.is_(None)
    )
    found: WorkItem | None = await session.scalar(query.limit(1))
    return found


async def lost_and_free(session: AsyncSession, company_id: str, now: datetime, *, visible_to: Scope) -> WorkItem | None:
    """The lost caller whom nobody has taken and who is to be called now, the most urgent of them."""
    query = select(WorkItem).where(
        WorkItem.company_id == company_id,
        WorkItem.kind == ItemKind.LOST_CALLER,
        WorkItem.ended_at.is_(None),
        WorkItem.owner == "",
        WorkItem.next_at <= now,
        items.visible(visible_to),
    )
    found: WorkItem | None = await session.scalar(query.order_by(WorkItem.due_at).limit(1))
    return found
