"""A technician's visit as an item: seat, item and promise stored together, or none; moved the same way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from appeals import history
from appeals.casework import promises
from appeals.codes import PromiseKind
from appeals.models import Appeal, Promise
from grid.call_outs import seats
from grid.call_outs.models import MeterVisit
from grid.call_outs.seats import Slot
from gridline.calendar.call_outs import CallOutWork
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import Clock
from gridline.companies import Company
from gridline.db import Database, new_id
from gridline.errors import Conflict, InvalidInput, NotFound
from worklist import owed
from worklist.codes import ItemKind, Level
from worklist.models import WorkItem
from worklist.steps.matters import Changed, Matter
from worklist.worklist import Worklist

WORKS: Final[Mapping[CallOutWork, str]] = {
    CallOutWork.REPLACEMENT: "Установить или заменить счётчик",
    CallOutWork.ADMISSION: "Ввести счётчик в эксплуатацию",
    CallOutWork.READINGS: "Снять контрольные показания",
}
"""What a technician comes for, as people read it."""


@dataclass(frozen=True, slots=True)
class CallOutAsked:
    """A visit that is about to be promised."""

    company: Company
    work: CallOutWork
    slot: Slot
    appeal_id: str
    actor: str
    """Who promises: `user:login`, or `ivr` for the robot."""
    phone: str
    """E.164."""
    branch: str = ""
    place: str = ""
    call_id: str | None = None
    premise_id: str | None = None


@dataclass(frozen=True, slots=True)
class CallOutBooked:
    """A visit that is stored and may be told."""

    item_id: str
    begins: datetime
    ends: datetime


class CallOuts:
    """Books visits and moves them; whoever ends their item ends them (`Worklist.end`)."""

    def __init__(self, db: Database, clock: Clock, calendar: ProductionCalendar, worklist: Worklist) -> None:
        self._db = db
        self._clock = clock
        self._calendar = calendar
        self._worklist = worklist

    async def free(self, company: Company, branch: str, *, within_s: float | None = None) -> list[Slot]:
        """The half-days that have a seat. Raises InvalidInput where the company books no visits, Unavailable."""
        async with self._db.read(within_s=within_s) as session:
            return await seats.free(session, company, branch, self._clock.now(), self._calendar)

    async def book(self, asked: CallOutAsked, *, within_s: float | None = None) -> CallOutBooked:
        """Take a seat and promise the visit. Raises Conflict where the half-day is full, InvalidInput where it may
        not be booked, NotFound without that appeal, Unavailable.
        """
        begins, ends = asked.slot.span(asked.company)
        self._may_be_booked(asked.company, asked.slot)
        company, branch, now = asked.company, asked.branch, self._clock.now()
        visit = MeterVisit(
            id=new_id(), company_id=company.id, branch=branch, work=asked.work, appeal_id=asked.appeal_id, made_at=now
        )
        matter = Matter(
            ItemKind.CALL_OUT,
            company.id,
            f"{ItemKind.CALL_OUT}:{visit.id}",
            branch=branch,
            call_id=asked.call_id,
            phone=asked.phone,
            premise_id=asked.premise_id,
            place=asked.place,
            topic="metering",
            appeal_id=asked.appeal_id,
            subject_id=visit.id,
            made_at=now,
            due_at=ends,
        )
        async with self._db.write(within_s=within_s) as session:
            await seats.take(session, company, visit, asked.slot)
            opened = await self._worklist.opened(session, matter)
            item = await session.get_one(WorkItem, opened.id)
            item.next_at = begins
            await owed.promised(session, item, asked.actor, now, kind=PromiseKind.VISIT)
        self._worklist.tell(Changed(company.id, opened.id, ItemKind.CALL_OUT, opened=True))
        return CallOutBooked(opened.id, begins, ends)

    async def move(self, item_id: str, company: Company, slot: Slot, actor: str) -> CallOutBooked:
        """Another half-day: the old promise falls away and a new one is made, both in the appeal's history.

        Raises NotFound, Conflict where the visit is over or the half-day is full, InvalidInput where it may not be
        booked.
        """
        begins, ends = slot.span(company)
        self._may_be_booked(company, slot)
        async with self._db.write() as session:
            item = await session.get(WorkItem, item_id, with_for_update=True)
            if item is None or item.kind is not ItemKind.CALL_OUT or item.company_id != company.id:
                raise NotFound("Такого выезда нет.")
            if item.ended_at is not None:
                raise Conflict("Выезд уже закончен.")
            await seats.take(session, company, await session.get_one(MeterVisit, item.subject_id), slot)
            await self._void(session, item, actor)
            item.due_at, item.next_at, item.level = ends, begins, Level.FRESH
            await owed.promised(session, item, actor, self._clock.now(), kind=PromiseKind.VISIT)
        self._worklist.tell(Changed(company.id, item_id, ItemKind.CALL_OUT))
        return CallOutBooked(item_id, begins, ends)

    def _may_be_booked(self, company: Company, slot: Slot) -> None:
        if slot not in seats.offered(company, self._clock.now(), self._calendar):
            raise InvalidInput("На это время выезды не записывают: выберите рабочий день из списка.")

    async def _void(self, session: AsyncSession, item: WorkItem, actor: str) -> None:
        promise = await session.get(Promise, item.promise_id, with_for_update=True)
        if promise is None or promise.settled_at is not None:
            return
        now = self._clock.now()
        outcome = promises.settle(promise, now, void=True)
        appeal = await session.get(Appeal, promise.appeal_id, with_for_update=True)
        if appeal is not None:
            await history.append(session, appeal, now, actor, promises.happening(f"promise_{outcome}", promise))


async def of_item(session: AsyncSession, item: WorkItem) -> MeterVisit | None:
    """The visit of an item; whoever sees the item sees it."""
    return await session.get(MeterVisit, item.subject_id) if item.kind is ItemKind.CALL_OUT else None
