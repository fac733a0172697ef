"""Visits of technicians: seats that are never one too many, promises kept, missed, moved; on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select

from appeals.casework import promises
from appeals.casework.casework import Casework
from appeals.casework.promises import Promises
from appeals.models import Answer, Appeal, AppealEvent, Promise
from appeals.proof.verify import verify
from appeals.register import Register
from grid.call_outs.models import MeterVisit
from grid.call_outs.seats import Slot
from gridline.calendar.call_outs import CallOutRule, CallOutWork, HalfDay, HalfDays
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SetClock
from gridline.companies import Companies, Company
from gridline.db import Database, new_id
from gridline.errors import Conflict, InvalidInput, NotFound
from gridline.settings import HOUSE
from worklist import clocks
from worklist.codes import Ending, ItemKind, title
from worklist.models import WorkItem
from worklist.steps.call_outs import AlreadyCalledOut, CallOuts
from worklist.steps.called_out import CallOutAsked, CallOutBooked
from worklist.worklist import Worklist

OLGA = "user:olga"
PHONE = "+79131203455"
FRIDAY = datetime(2026, 12, 4, 5, 0, tzinfo=UTC)
"""At noon in Кемерово."""


class House:
    """The services of one installation, and СКЭК with two seats in each half-day."""

    def __init__(self, db: Database, companies: Companies) -> None:
        self.db, self.clock = db, SetClock(FRIDAY)
        calendar = ProductionCalendar()
        self.worklist = Worklist(db, self.clock, clocks.of_installation(HOUSE / "dialplan"))
        self.register = Register(db, self.clock, companies, calendar)
        self.visits = CallOuts(db, self.clock, calendar, companies, self.register, self.worklist)
        self._house = 0
        self.casework = Casework(db, self.clock, companies, calendar)
        skek = companies.by_id("skek")
        assert skek.call_outs is not None
        self.skek: Company = skek.model_copy(update={"call_outs": skek.call_outs.model_copy(update={"at_once": 2})})

    def asked(self, slot: Slot, place: str = "", **more: Any) -> CallOutAsked:
        """An admission, each at a house of its own unless `place` names one."""
        self._house += 1
        given = {"company": self.skek, "work": CallOutWork.ADMISSION, "slot": slot, "actor": "ivr", "phone": PHONE}
        place = place or f"ул. Мира, {self._house}"
        return CallOutAsked(**{**given, "key": new_id(), "place": place, **more})

    async def item(self, id: str) -> WorkItem:
        async with self.db.read() as session:
            return await session.get_one(WorkItem, id)

    async def promise(self, item: WorkItem) -> Promise:
        async with self.db.read() as session:
            return await session.get_one(Promise, item.promise_id)

    async def appeal(self, booked: CallOutBooked) -> tuple[Appeal, list[Promise]]:
        """The request of a visit, with what is still promised in it."""
        async with self.db.read() as session:
            appeal = (await session.scalars(select(Appeal).where(Appeal.number == booked.number))).one()
            return appeal, await promises.of_appeal(session, appeal.id)

    async def live(self, slot: Slot) -> int:
        async with self.db.read() as session:
            taken = select(func.count()).where(MeterVisit.day == slot.day, MeterVisit.half == slot.half)
            return await session.scalar(taken.where(MeterVisit.seat.is_not(None))) or 0


@pytest.fixture
def house(db: Database, companies: Companies) -> House:
    return House(db, companies)


async def test_the_days_are_working_days_from_the_second_on(house: House) -> None:
    free = await house.visits.free(house.skek, "")
    assert free[0] == Slot(date(2026, 12, 8), HalfDay.MORNING)  # Friday, then Monday and Tuesday
    assert len(free) == 20
    assert all(slot.day.weekday() < 5 for slot in free)


async def test_two_at_once_never_exceed_the_seats(house: House) -> None:
    slot = (await house.visits.free(house.skek, ""))[0]
    wanted = [house.asked(slot) for _ in range(6)]
    results = await asyncio.gather(*(house.visits.book(one) for one in wanted), return_exceptions=True)
    refused = [one for one in results if isinstance(one, BaseException)]
    assert [type(one) for one in refused] == [Conflict] * 4
    assert await house.live(slot) == 2
    assert slot not in await house.visits.free(house.skek, "")
    async with house.db.read() as session:
        items = select(func.count()).where(WorkItem.kind == ItemKind.CALL_OUT)
        assert await session.scalar(items) == 2  # whoever got no seat has no item and no promise
        assert await session.scalar(select(func.count()).where(Promise.kind == "visit")) == 2
        assert list(await session.scalars(select(Appeal.sequence).order_by(Appeal.sequence))) == [1, 2]  # nor a number


async def test_a_visit_is_a_dated_promise_kept_though_it_is_marked_the_day_after(house: House) -> None:
    slot = (await house.visits.free(house.skek, ""))[0]
    booked = await house.visits.book(house.asked(slot))
    item = await house.item(booked.item_id)
    assert (item.due_at, item.next_at) == (booked.ends, booked.begins)
    assert booked.ends == datetime(2026, 12, 8, 5, 0, tzinfo=UTC)  # noon there
    house.clock.set(booked.ends + timedelta(hours=20))
    await house.worklist.end(booked.item_id, OLGA, Ending.VISITED)
    assert (await house.promise(item)).outcome == "kept"


async def test_a_request_that_was_carried_out_is_answered_with_it_and_closed(house: House) -> None:
    slot = (await house.visits.free(house.skek, ""))[0]
    booked = await house.visits.book(house.asked(slot))
    house.clock.set(booked.ends + timedelta(hours=20))
    await house.worklist.end(booked.item_id, OLGA, Ending.VISITED)
    appeal, owed = await house.appeal(booked)
    assert (appeal.state, appeal.owner, appeal.answered_at, appeal.version) == ("closed", OLGA, booked.ends, 2)
    assert owed == []
    async with house.db.read() as session:
        answer = (await session.scalars(select(Answer).where(Answer.appeal_id == appeal.id))).one()
        kinds = select(AppealEvent.kind).where(AppealEvent.appeal_id == appeal.id).order_by(AppealEvent.seq)
        assert list(await session.scalars(kinds))[-5:] == ["promise_kept", "assigned", "taken", "answered", "closed"]
    assert (answer.text, answer.way) == ("Мастер приезжал 08.12.2026: ввести счётчик в эксплуатацию.", "by-number")
    assert "Кемеровской" in answer.further_appeal
    async with house.db.read() as session:
        assert not (await verify(session)).faults


async def test_nobody_came_and_the_answer_is_still_owed(house: House) -> None:
    slot = (await house.visits.free(house.skek, ""))[0]
    booked = await house.visits.book(house.asked(slot))
    house.clock.set(booked.ends + timedelta(minutes=1))
    await house.worklist.end(booked.item_id, OLGA, Ending.MISSED)
    appeal, owed = await house.appeal(booked)
    assert (appeal.state, [one.kind for one in owed]) == ("registered", ["answer"])


async def test_a_request_that_nobody_wants_any_more_is_withdrawn(house: House) -> None:
    slot = (await house.visits.free(house.skek, ""))[0]
    booked = await house.visits.book(house.asked(slot))
    await house.worklist.end(booked.item_id, OLGA, Ending.DECLINED)
    appeal, owed = await house.appeal(booked)
    assert (appeal.state, appeal.answered_at, owed) == ("withdrawn", None, [])
    async with house.db.read() as session:
        assert not (await verify(session)).faults


async def test_a_request_that_waits_for_a_department_is_left_to_people(house: House) -> None:
    slot = (await house.visits.free(house.skek, ""))[0]
    booked = await house.visits.book(house.asked(slot))
    casework, (appeal, _) = house.casework, await house.appeal(booked)
    version = await casework.assign(appeal.id, owner=OLGA, unit=None, actor=OLGA, version=appeal.version)
    version = await casework.take(appeal.id, actor=OLGA, version=version)
    due = booked.ends.date()
    await casework.ask(appeal.id, kind="subtask", whom="Учёт", text="?", due_on=due, actor=OLGA, version=version)
    house.clock.set(booked.ends)
    await house.worklist.end(booked.item_id, OLGA, Ending.VISITED)
    appeal, owed = await house.appeal(booked)
    assert (appeal.state, {one.kind for one in owed}) == ("asked", {"answer", "task"})


async def test_one_premise_has_one_visit_of_a_kind_to_come(house: House) -> None:
    first, second = (await house.visits.free(house.skek, ""))[:2]
    booked = await house.visits.book(house.asked(first, "ул. Мира, 5"))
    again = house.asked(second, "ул. Мира, 5")
    assert await house.visits.standing(again) == booked
    with pytest.raises(AlreadyCalledOut, match=booked.number[2:8]) as refused:
        await house.visits.book(again)
    assert refused.value.standing == booked
    assert await house.live(second) == 0
    for other in ({"work": CallOutWork.READINGS}, {"place": "ул. Мира, 7"}):
        await house.visits.book(replace(again, key=new_id(), **other))
    house.clock.set(booked.ends)  # it was never ended, and its time is over
    assert await house.visits.standing(again) is None


async def test_of_many_who_ask_at_once_for_one_premise_one_has_it(house: House) -> None:
    slot = (await house.visits.free(house.skek, ""))[0]
    wanted = [house.asked(slot, "ул. Мира, 5") for _ in range(4)]
    results = await asyncio.gather(*(house.visits.book(one) for one in wanted), return_exceptions=True)
    assert [type(one) for one in results if isinstance(one, BaseException)] == [AlreadyCalledOut] * 3
    assert await house.live(slot) == 1


async def test_of_many_controllers_that_are_asked_at_once_one_books_it(db: Database, companies: Companies) -> None:
    """Each with a register of its own, as the processes of two nodes have."""
    houses = [House(db, companies) for _ in range(4)]
    slot = (await houses[0].visits.free(houses[0].skek, ""))[0]
    booked = (one.visits.book(one.asked(slot, "ул. Мира, 5")) for one in houses)
    results = await asyncio.gather(*booked, return_exceptions=True)
    assert sorted(type(one).__name__ for one in results) == ["AlreadyCalledOut"] * 3 + ["CallOutBooked"]
    assert await houses[0].live(slot) == 1


async def test_a_visit_to_a_home_has_days_seats_and_words_of_its_own(house: House) -> None:
    rule = HalfDays.model_validate(
        {"morning": "09:00-13:00", "afternoon": "14:00-17:00", "at_once": 1, "first_after": 1}
    )
    company = house.skek.model_copy(update={"home_visits": rule})

    def at_home(slot: Slot) -> CallOutAsked:
        return house.asked(slot, company=company, work=CallOutWork.HOME_VISIT, about="Договор")

    slot = (await house.visits.free(company, "", home=True))[0]
    assert slot == Slot(date(2026, 12, 7), HalfDay.MORNING, home=True)
    results = await asyncio.gather(*(house.visits.book(at_home(slot)) for _ in range(3)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in results) == ["CallOutBooked", "Conflict", "Conflict"]
    [booked] = [one for one in results if isinstance(one, CallOutBooked)]
    assert slot not in await house.visits.free(company, "", home=True)
    first = (await house.visits.free(company, ""))[0]
    for _ in range(2):  # technicians have seats of their own on the same half-days
        await house.visits.book(house.asked(first, company=company))
    with pytest.raises(InvalidInput, match="не записывают"):
        await house.visits.book(at_home(first))
    with pytest.raises(InvalidInput, match="не записывают"):
        await house.visits.move(booked.item_id, company, first, OLGA)
    item = await house.item(booked.item_id)
    assert title(item.kind, item.topic) == "Выезд на дом"
    assert (booked.begins, booked.ends) == slot.span(company)
    moved = await house.visits.move(booked.item_id, company, (await house.visits.free(company, "", home=True))[1], OLGA)
    house.clock.set(moved.ends)
    await house.worklist.end(booked.item_id, OLGA, Ending.VISITED)
    appeal, owed = await house.appeal(booked)
    assert (appeal.kind, appeal.topic, appeal.state, owed) == ("request", "service", "closed", [])
    async with house.db.read() as session:
        answer = (await session.scalars(select(Answer).where(Answer.appeal_id == appeal.id))).one()
    assert answer.text == f"Сотрудник приезжал к заявителю на дом {moved.ends:%d.%m.%Y}."


def test_a_visit_to_a_home_is_no_work_of_a_technician() -> None:
    hours = {"morning": "09:00-13:00", "afternoon": "14:00-17:00", "at_once": 1}
    with pytest.raises(ValidationError, match="Опишите его в home_visits"):
        CallOutRule.model_validate(hours | {"works": ["home-visit"]})


async def test_asked_twice_under_one_key_is_one_visit(house: House) -> None:
    slot = (await house.visits.free(house.skek, ""))[0]
    asked = house.asked(slot)
    first, second = await house.visits.book(asked), await house.visits.book(asked)
    assert first == second
    assert await house.live(slot) == 1


async def test_a_visit_that_nobody_made_is_a_broken_promise_but_not_before_its_time(house: House) -> None:
    slot = (await house.visits.free(house.skek, ""))[0]
    booked = await house.visits.book(house.asked(slot))
    with pytest.raises(InvalidInput, match="ещё не вышло"):
        await house.worklist.end(booked.item_id, OLGA, Ending.MISSED)
    house.clock.set(booked.ends + timedelta(minutes=1))
    await house.worklist.end(booked.item_id, OLGA, Ending.MISSED)
    assert (await house.promise(await house.item(booked.item_id))).outcome == "broken"


async def test_a_cancelled_visit_gives_its_seat_back_and_is_owed_no_more(house: House) -> None:
    slot = (await house.visits.free(house.skek, ""))[0]
    booked = [await house.visits.book(house.asked(slot)) for _ in range(2)]
    with pytest.raises(Conflict, match="только что заняли"):
        await house.visits.book(house.asked(slot))
    await house.worklist.end(booked[0].item_id, OLGA, Ending.DECLINED)
    assert (await house.promise(await house.item(booked[0].item_id))).outcome == "void"
    await house.visits.book(house.asked(slot))
    assert await house.live(slot) == 2


async def test_a_moved_visit_has_a_new_promise_and_the_old_seat_is_free(house: House) -> None:
    first, second = (await house.visits.free(house.skek, ""))[:2]
    booked = await house.visits.book(house.asked(first))
    before = await house.item(booked.item_id)
    moved = await house.visits.move(booked.item_id, house.skek, second, OLGA)
    after = await house.item(booked.item_id)
    assert (after.due_at, moved.ends) == (moved.ends, second.span(house.skek)[1])
    assert (await house.promise(before)).outcome == "void"
    assert (await house.promise(after)).outcome is None
    assert (await house.live(first), await house.live(second)) == (0, 1)
    async with house.db.read() as session:
        kinds = select(AppealEvent.kind).where(AppealEvent.appeal_id == after.appeal_id).order_by(AppealEvent.seq)
        assert list(await session.scalars(kinds))[-3:] == ["promise_made", "promise_void", "promise_made"]


async def test_what_may_not_be_booked_is_refused_and_nothing_is_left(house: House, companies: Companies) -> None:
    saturday = Slot(date(2026, 12, 12), HalfDay.MORNING)
    with pytest.raises(InvalidInput, match="не записывают"):
        await house.visits.book(house.asked(saturday))
    slot = (await house.visits.free(house.skek, ""))[0]
    booked = await house.visits.book(house.asked(slot))
    with pytest.raises(InvalidInput, match="не записывают"):
        await house.visits.move(booked.item_id, house.skek, saturday, OLGA)
    with pytest.raises(NotFound):
        await house.visits.move("f" * 32, house.skek, slot, OLGA)
    await house.worklist.end(booked.item_id, OLGA, Ending.DECLINED)
    with pytest.raises(Conflict, match="уже закончен"):
        await house.visits.move(booked.item_id, house.skek, slot, OLGA)
    with pytest.raises(InvalidInput, match="не записывают"):
        await house.visits.free(companies.by_id("moesk"), "")
    assert await house.live(slot) == 0


async def test_the_promise_of_a_visit_is_settled_in_its_item_alone(house: House) -> None:
    slot = (await house.visits.free(house.skek, ""))[0]
    item = await house.item((await house.visits.book(house.asked(slot))).item_id)
    assert item.promise_id is not None
    with pytest.raises(Conflict, match="в его деле"):
        await Promises(house.db, house.clock).keep(item.promise_id, actor=OLGA)
