"""Items of the worklist: made, joined, taken, tried and ended; each change one transaction, then told to pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gridline import metrics
from gridline.clock import Clock
from gridline.db import Database
from gridline.errors import Conflict, InvalidInput, NotFound
from gridline.processes.news import NewsTopic, tell
from worklist import owed
from worklist.clocks import Clocks
from worklist.codes import ENDINGS, LEVELS, AttemptResult, Ending, ItemKind, Level
from worklist.models import WorkAttempt, WorkContact, WorkItem, subject
from worklist.steps import contacts, in_bulk
from worklist.steps.matters import Changed, Matter, Opened

__all__ = ["Changed", "Matter", "Opened", "Worklist", "level"]


class Clocked(Protocol):
    """What the level of an item goes by."""

    company_id: str
    kind: ItemKind
    made_at: datetime
    due_at: datetime


class Worklist:
    """The only writer of items. Whoever shows them is told of each change after its commit, in `listeners`."""

    def __init__(self, db: Database, clock: Clock, clocks: Clocks) -> None:
        self._db = db
        self._clock = clock
        self._clocks = clocks
        self.listeners: list[Callable[[Changed], None]] = []
        self.on_ending: list[Callable[[AsyncSession, WorkItem], Awaitable[None]]] = []
        """Told of each item that ends, within its transaction: each ends what it keeps of it."""

    async def open(self, matter: Matter, *, within_s: float | None = None) -> Opened:
        """Make an item, or join the open one with the same key. Told twice by the same call it is told once.

        Raises Unavailable when the store does not take it (within `within_s` seconds): then nothing may be promised.
        """
        async with self._db.write(within_s=within_s) as session:
            opened = await self.opened(session, matter)
        self.tell(Changed(matter.company_id, opened.id, matter.kind, opened=opened.contacts == 1))
        return opened

    async def opened(self, session: AsyncSession, matter: Matter) -> Opened:
        """The same within somebody's transaction; whoever calls it tells the pages after their commit (`tell`)."""
        now = self._clock.now()
        if (known := await contacts.told_before(session, matter)) is not None:
            return _opened(known)
        item = await contacts.open_item(session, matter)
        if item is None:
            item = contacts.new_item(matter, self._clocks, now)
            try:
                async with session.begin_nested():
                    session.add(item)
            except IntegrityError:  # another contact on the same matter came at the same moment
                item = await contacts.open_item(session, matter)
                if item is None:
                    raise
                contacts.join(item, matter)
        else:
            contacts.join(item, matter)
        session.add(
            WorkContact(
                item_id=item.id,
                at=matter.made_at or now,
                call_id=matter.call_id,
                recording_id=matter.recording_id,
                phone=matter.phone,
            )
        )
        return _opened(item)

    async def take(self, item_id: str, actor: str, *, from_nobody: bool = False) -> WorkItem:
        """Make it `actor`'s; from another person it is taken too, and that is seen.

        `from_nobody`: first come takes it. Raises NotFound, Conflict when it has ended or somebody was first.
        """
        async with self._db.write() as session:
            item = await _locked(session, item_id)
            if from_nobody and item.owner not in ("", actor):
                raise Conflict("Это дело только что взял другой.")
            accepted_s = _accepted_s(item, self._clock.now())
            item.owner, item.taken_at = actor, self._clock.now()
        if accepted_s is not None:
            metrics.DANGER_ACCEPTED_S.observe(accepted_s)
        self.tell(_changed(item))
        return item

    async def release(self, item_id: str) -> None:
        """Give it back: it is nobody's. Raises NotFound, Conflict."""
        async with self._db.write() as session:
            item = await _locked(session, item_id)
            item.owner, item.taken_at = "", None
        self.tell(_changed(item))

    async def attempt(
        self,
        item_id: str,
        actor: str,
        result: AttemptResult,
        *,
        note: str = "",
        call_id: str | None = None,
        give_back: bool = False,
    ) -> WorkItem:
        """Record an attempt in vain; the next is due after the pause of the rule. Raises NotFound, Conflict.

        `give_back`: it is nobody's until then, so that whoever is free makes the next.
        """
        async with self._db.write() as session:
            item = await _locked(session, item_id)
            self._tried(session, item, actor, result, note, call_id)
            item.next_at = self._clock.now() + self._clocks.of(item.kind, item.company_id).pause_after(item.attempts)
            if give_back:
                item.owner, item.taken_at = "", None
            await owed.tried(session, item, actor, self._clock.now())
        self.tell(_changed(item))
        return item

    def level_of(self, item: Clocked, now: datetime) -> Level:
        """How much of its time has passed; a call that was promised at night has it from the morning."""
        begins = item.made_at
        if item.kind is ItemKind.CALLBACK:
            begins = max(begins, item.due_at - self._clocks.of(item.kind, item.company_id).allotted)
        return level(begins, item.due_at, now)

    def tries(self, item: WorkItem) -> int:
        """Attempts after which the item may end as unreached."""
        return self._clocks.of(item.kind, item.company_id).tries

    async def end(
        self,
        item_id: str,
        actor: str,
        ending: Ending,
        *,
        note: str = "",
        result: AttemptResult | None = None,
        call_id: str | None = None,
        session: AsyncSession | None = None,
    ) -> WorkItem:
        """End an item, with the attempt (`result`) that ended it.

        Raises InvalidInput for an ending that its kind does not have, or for `unreached` before the rule's attempts
        were made; NotFound; Conflict when it has ended already. In the caller's own `session` the pages are told by
        the caller.
        """
        if session is not None:
            return await self._ended(session, item_id, actor, ending, note, result, call_id)
        async with self._db.write() as own:
            item = await self._ended(own, item_id, actor, ending, note, result, call_id)
        self.tell(_changed(item))
        return item

    async def end_all(
        self,
        session: AsyncSession,
        kind: ItemKind,
        subjects: Sequence[str],
        actor: str,
        ending: Ending,
        *,
        note: str = "",
    ) -> list[Changed]:
        """`in_bulk.end_all`, now."""
        return await in_bulk.end_all(session, kind, subjects, actor, ending, self._clock.now(), note=note)

    async def _ended(
        self,
        session: AsyncSession,
        item_id: str,
        actor: str,
        ending: Ending,
        note: str,
        result: AttemptResult | None,
        call_id: str | None,
    ) -> WorkItem:
        item = await _locked(session, item_id)
        if ending not in ENDINGS[item.kind]:
            raise InvalidInput("Так это дело не закончить.")
        if result is not None:
            self._tried(session, item, actor, result, note, call_id)
        tries = self.tries(item)
        if ending is Ending.UNREACHED and item.attempts < tries:
            raise InvalidInput(f"Сначала попробуйте дозвониться: попыток {item.attempts} из {tries}.")
        now = self._clock.now()
        if ending is Ending.MISSED and now <= item.due_at:
            raise InvalidInput("Время выезда ещё не вышло: перенесите его или отмените.")
        if ending is Ending.ACCEPTED and (accepted_s := _accepted_s(item, now)) is not None:
            metrics.DANGER_ACCEPTED_S.observe(accepted_s)
        item.ending, item.ended_at, item.ended_by, item.note = ending, now, actor, note
        await owed.ended(session, item, actor, now)
        for follow in self.on_ending:
            await follow(session, item)
        return item

    async def raise_levels(self) -> list[Changed]:
        """Items whose time has reached a new level (50, 80, 100 %) since the last call, each told once."""
        now = self._clock.now()
        raised: list[Changed] = []
        async with self._db.read() as session:
            open_items = await session.execute(
                select(
                    WorkItem.id, WorkItem.company_id, WorkItem.kind, WorkItem.level, WorkItem.made_at, WorkItem.due_at
                )
                .where(WorkItem.ended_at.is_(None), WorkItem.level != Level.LATE)
                .order_by(WorkItem.due_at)
            )
            found = [(row, self.level_of(row, now)) for row in open_items]
        for row, reached in found:
            if reached is row.level:
                continue
            async with self._db.write() as session:
                unchanged = (WorkItem.id == row.id, WorkItem.level == row.level, WorkItem.ended_at.is_(None))
                done = await session.execute(
                    update(WorkItem).where(*unchanged).values(level=reached).returning(WorkItem.id)
                )
                if done.first() is None:
                    continue
                tell(session, NewsTopic.WORK, row.company_id, subject(row.kind, row.id))
            raised.append(Changed(row.company_id, row.id, row.kind, level=reached))
            self.tell(raised[-1])
        return raised

    def tell(self, changed: Changed | None) -> None:
        """Tell those who show items; for whoever changed one in a transaction of their own, after its commit."""
        if changed is not None:
            for listener in self.listeners:
                listener(changed)

    def _tried(
        self,
        session: AsyncSession,
        item: WorkItem,
        actor: str,
        result: AttemptResult,
        note: str,
        call_id: str | None,
    ) -> None:
        item.attempts += 1
        session.add(
            WorkAttempt(item_id=item.id, at=self._clock.now(), actor=actor, result=result, note=note, call_id=call_id)
        )


def level(made_at: datetime, due_at: datetime, now: datetime) -> Level:
    """How much of an item's time has passed."""
    whole = (due_at - made_at).total_seconds()
    per_cent = 100 * (now - made_at).total_seconds() / whole if whole > 0 else 100.0
    return next((reached for limit, reached in reversed(LEVELS) if per_cent >= limit), Level.FRESH)


def _accepted_s(item: WorkItem, now: datetime) -> float | None:
    """Seconds a danger has waited for the first person who takes it over now; None for whatever else."""
    first = item.kind is ItemKind.DANGER and item.taken_at is None
    return (now - item.made_at).total_seconds() if first else None


async def _locked(session: AsyncSession, item_id: str) -> WorkItem:
    item = await session.get(WorkItem, item_id, with_for_update=True)
    if item is None:
        raise NotFound("Такого дела нет.")
    if item.ended_at is not None:
        raise Conflict("Это дело уже закончено.")
    return item


def _opened(item: WorkItem) -> Opened:
    return Opened(item.id, item.made_at, item.due_at, item.weight)


def _changed(item: WorkItem) -> Changed:
    return Changed(item.company_id, item.id, item.kind)
