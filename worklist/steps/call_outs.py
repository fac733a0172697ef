"""A technician's visit: appeal, seat, item and promise stored together, or none; moved and ended the same way."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals import history, numbering
from appeals.casework import fulfilled, promises
from appeals.casework.fulfilled import RequestEnd
from appeals.codes import PromiseKind
from appeals.models import Appeal, Promise
from appeals.register import Register, Registered
from grid.call_outs import seats
from grid.call_outs.models import MeterVisit
from grid.call_outs.seats import Slot
from gridline.calendar.call_outs import CallOutWork
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import Clock
from gridline.companies import Companies, Company
from gridline.db import Database, new_id
from gridline.errors import Conflict, InvalidInput, NotFound
from worklist import owed
from worklist.codes import Ending, ItemKind, Level
from worklist.models import WorkItem
from worklist.steps.called_out import WORKS, CallOutAsked, CallOutAt, CallOutBooked, topic_of
from worklist.steps.matters import Changed, Matter
from worklist.worklist import Worklist


class AlreadyCalledOut(Conflict):
    """As many visits for this work as the company lets one premise have are promised; `standing` comes first."""

    code = "already-called-out"

    def __init__(self, standing: CallOutBooked) -> None:
        written = numbering.written(standing.number)
        super().__init__(f"Выезд по этому адресу уже обещан: заявка {written}. Перенесите его или отмените.")
        self.standing = standing


class CallOuts:
    """Books visits, moves them, and ends them with their items; one for each worklist."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        calendar: ProductionCalendar,
        companies: Companies,
        register: Register,
        worklist: Worklist,
    ) -> None:
        self._db = db
        self._clock = clock
        self._calendar = calendar
        self._companies = companies
        self._register = register
        self._worklist = worklist
        worklist.on_ending.append(self._ended)

    async def free(
        self, company: Company, branch: str, *, home: bool = False, within_s: float | None = None
    ) -> list[Slot]:
        """The half-days that have a seat; `home`: of visits to people's homes.

        Raises InvalidInput where the company books no visits, Unavailable.
        """
        async with self._db.read(within_s=within_s) as session:
            return await seats.free(session, company, branch, self._clock.now(), self._calendar, home=home)

    async def standing(self, asked: CallOutAt, *, within_s: float | None = None) -> CallOutBooked | None:
        """The visit that is promised there already, where no other may be booked. Raises Unavailable."""
        async with self._db.read(within_s=within_s) as session:
            return await self._standing(session, asked)

    async def book(self, asked: CallOutAsked, *, within_s: float | None = None) -> CallOutBooked:
        """Register the request, take a seat and promise the visit, all or nothing.

        Raises Conflict where the half-day is full, AlreadyCalledOut, InvalidInput where it may not be booked,
        Unavailable.
        """
        self._may_be_booked(asked.company, asked.slot, asked.work)
        items: list[WorkItem] = []

        async def beside(session: AsyncSession, made: Registered) -> None:
            items.append(await self._of_appeal(session, made.appeal_id) or await self._stored(session, asked, made))

        made = await self._register.register(asked.request(), beside=beside, within_s=within_s)
        item = items[-1]
        self._worklist.tell(Changed(asked.company.id, item.id, ItemKind.CALL_OUT, opened=not made.existed))
        return _booked(item, made.number)

    async def move(self, item_id: str, company: Company, slot: Slot, actor: str) -> CallOutBooked:
        """Another half-day: the old promise falls away and a new one is made, both in the appeal's history.

        Raises NotFound, Conflict where the visit is over or the half-day is full, InvalidInput where it may not be
        booked.
        """
        begins, ends = slot.span(company)
        async with self._db.write() as session:
            item = await session.get(WorkItem, item_id, with_for_update=True)
            if item is None or item.kind is not ItemKind.CALL_OUT or item.company_id != company.id:
                raise NotFound("Такого выезда нет.")
            if item.ended_at is not None:
                raise Conflict("Выезд уже закончен.")
            visit = await session.get_one(MeterVisit, item.subject_id)
            self._may_be_booked(company, slot, visit.work)
            await self._void(session, item, actor)  # first the journal, then the seat, as a booking locks them
            await seats.take(session, company, visit, slot)
            item.due_at, item.next_at, item.level = ends, begins, Level.FRESH
            await owed.promised(session, item, actor, self._clock.now(), kind=PromiseKind.VISIT)
        self._worklist.tell(Changed(company.id, item_id, ItemKind.CALL_OUT))
        return CallOutBooked(item_id, begins, ends)

    def _may_be_booked(self, company: Company, slot: Slot, work: CallOutWork) -> None:
        home = work is CallOutWork.HOME_VISIT
        if slot not in seats.offered(company, self._clock.now(), self._calendar, home=home):
            raise InvalidInput("На это время выезды не записывают: выберите рабочий день из списка.")

    async def _of_appeal(self, session: AsyncSession, appeal_id: str) -> WorkItem | None:
        """The item that was stored beside this appeal when it was registered; None: it was registered just now."""
        query = select(WorkItem).where(WorkItem.appeal_id == appeal_id, WorkItem.kind == ItemKind.CALL_OUT)
        return (await session.scalars(query)).first()

    async def _stored(self, session: AsyncSession, asked: CallOutAsked, made: Registered) -> WorkItem:
        company, now = asked.company, self._clock.now()
        begins, ends = asked.slot.span(company)
        if (standing := await self._standing(session, asked)) is not None:
            raise AlreadyCalledOut(standing)
        visit = MeterVisit(
            id=new_id(),
            company_id=company.id,
            branch=asked.branch,
            work=asked.work,
            appeal_id=made.appeal_id,
            made_at=now,
        )
        await seats.take(session, company, visit, asked.slot)
        matter = Matter(
            ItemKind.CALL_OUT,
            company.id,
            f"{ItemKind.CALL_OUT}:{visit.id}",
            branch=asked.branch,
            call_id=asked.call_id,
            phone=asked.phone,
            premise_id=asked.premise_id,
            place=asked.place,
            topic=topic_of(asked.work),
            appeal_id=made.appeal_id,
            subject_id=visit.id,
            made_at=now,
            due_at=ends,
        )
        item = await session.get_one(WorkItem, (await self._worklist.opened(session, matter)).id)
        item.next_at = begins
        await owed.promised(session, item, asked.actor, now, kind=PromiseKind.VISIT)
        return item

    async def _standing(self, session: AsyncSession, asked: CallOutAt) -> CallOutBooked | None:
        there = WorkItem.premise_id == asked.premise_id if asked.premise_id else WorkItem.place == asked.place
        query = (
            select(WorkItem, Appeal.number)
            .join(MeterVisit, MeterVisit.id == WorkItem.subject_id)
            .join(Appeal, Appeal.id == WorkItem.appeal_id)
            .where(WorkItem.kind == ItemKind.CALL_OUT, WorkItem.company_id == asked.company.id, there)
            .where(WorkItem.ended_at.is_(None), WorkItem.due_at > self._clock.now(), MeterVisit.work == asked.work)
            .order_by(WorkItem.due_at)
        )
        found = (await session.execute(query)).all()
        home = asked.work is CallOutWork.HOME_VISIT
        if len(found) < seats.rule_of(asked.company, home=home).per_premise:
            return None
        item, number = found[0]
        return _booked(item, number)

    async def _void(self, session: AsyncSession, item: WorkItem, actor: str) -> None:
        promise = await session.get(Promise, item.promise_id, with_for_update=True)
        if promise is None or promise.settled_at is not None:
            return
        now = self._clock.now()
        outcome = promises.settle(promise, now, void=True)
        appeal = await session.get(Appeal, promise.appeal_id, with_for_update=True)
        if appeal is not None:
            await history.append(session, appeal, now, actor, promises.happening(f"promise_{outcome}", promise))

    async def _ended(self, session: AsyncSession, item: WorkItem) -> None:
        """A visit that is over is over for its request too, unless nobody came: then the answer is still owed."""
        if item.kind is not ItemKind.CALL_OUT or item.ended_at is None:
            return
        declined = item.ending is Ending.DECLINED
        visit = await seats.ended(session, item.subject_id, item.ended_at, gives_back=declined)
        if visit is None or item.appeal_id is None or item.ending is Ending.MISSED:
            return
        company = self._companies.by_id(item.company_id)
        text = _came(visit)
        if declined:
            whose = "" if visit.work is CallOutWork.HOME_VISIT else " мастера"
            text = f"Заявитель отказался от выезда{whose} {visit.day:%d.%m.%Y}."
        deed = RequestEnd(company, item.appeal_id, text, item.ended_by, item.ended_at)
        if declined:
            await fulfilled.not_wanted(session, deed)
        else:
            done_at = owed.done_at(item, item.ended_at)
            await fulfilled.carried_out(session, deed, done_at=done_at, proof={"item": item.id, "call_out": visit.id})


def _came(visit: MeterVisit) -> str:
    if visit.work is CallOutWork.HOME_VISIT:
        return f"Сотрудник приезжал к заявителю на дом {visit.day:%d.%m.%Y}."
    return f"Мастер приезжал {visit.day:%d.%m.%Y}: {WORKS[visit.work].lower()}."


def _booked(item: WorkItem, number: str) -> CallOutBooked:
    return CallOutBooked(item.id, item.next_at or item.made_at, item.due_at, number)


async def of_item(session: AsyncSession, item: WorkItem) -> MeterVisit | None:
    """The visit of an item; whoever sees the item sees it."""
    if item.kind is not ItemKind.CALL_OUT or item.subject_id is None:
        return None
    return await session.get(MeterVisit, item.subject_id)
