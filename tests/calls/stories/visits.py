"""Visits to an office: booked, told, moved, cancelled, not found; a time that somebody else takes meanwhile."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import select

from carrier.errors import StoryBroken
from carrier.stories import store
from grid.offices import booking, numbers, offices, slots
from grid.offices.booking import SlotTaken, VisitOrder
from grid.offices.models import Appointment, VisitState
from grid.offices.slots import OfficeTimes
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SystemClock
from gridline.db import new_id
from gridline.numbers.damm import check_digit
from gridline.settings import HOUSE
from ivr.actions.office.times import at_that_time
from ivr.voice import spoken
from ivr.voice.prompts import Prompt
from outreach.models import MessageOut
from tests.calls.looked_up import Ended, ended
from tests.calls.stories import BOOK, DISTRESS
from tests.calls.stories.office_told import KEMEROVO
from tests.calls.street import CHANGED, Play, goes

BOOKING = ("4", "reference-menu", "3", "booking-menu")
TO_TOPICS = (*BOOKING, "1", "appointment-topic")
TO_NUMBER = (*BOOKING, "2", "appointment-enter")


def by_number(phone: str) -> Prompt:
    """Whether to book by this number."""
    return Prompt("appointment-contact", phone=spoken.phone(phone))


def times_of(scene: Play) -> OfficeTimes:
    """The times of СКЭК's office, as the line counts them."""
    company = scene.house.companies.by_id("skek")
    told = offices.load(HOUSE / "dialplan" / "offices" / "skek.yaml", company)
    return slots.of_office(told, told.offices[0], company.zone, ProductionCalendar())


async def visit_of(scene: Play, call: Ended, state: VisitState = VisitState.BOOKED) -> Appointment:
    """The visit that was booked in this call."""
    visit = await store.one(scene, Appointment, Appointment.call_id == call.id)
    if visit.state is not state:
        raise StoryBroken(f"запись {visit.number} в состоянии {visit.state}, а не {state}")
    scene.tell(None, "stored", f"запись {visit.number}: {visit.starts_at}, окно {visit.window_no}, {visit.topic}")
    return visit


async def booked(
    scene: Play, phone: str, *, starts_at: datetime | None = None, now: datetime | None = None
) -> Appointment:
    """A visit that stands before the call: on the last day that may be booked, where no story looks."""
    times, clock = times_of(scene), now or SystemClock().now()
    at = starts_at or [at for day in times.days(clock) for at in times.of_day(day, clock)][-1]
    async with scene.house.db.write() as session:
        order = VisitOrder(new_id(), "skek", "service", at, phone, "test")
        return await booking.book(session, times, order, now=clock)


@BOOK.story()
async def a_visit_is_booked_and_its_number_told(scene: Play) -> None:
    own = "+79131910001"
    async with scene.greeted(own, *TO_TOPICS) as caller:
        await goes(caller, "2", "appointment-other-day")
        wanted = (await free_days(scene))[1][0]
        await goes(caller, "5", "appointment-other-day", "1", may_book(scene, wanted), "1", by_number(own))
        await goes(caller, "1", KEMEROVO)
        await caller.hears("appointment-message-offer", within_s=30)
        await goes(caller, "1", Prompt("message-queued", phone=spoken.phone(own)))
        await caller.hears("appointment-end-menu", within_s=30)
        await caller.hears("goodbye", within_s=40)
        await caller.is_hung_up(within_s=10)
    call = await ended(scene, own, "finished")
    call.left("book", "done")
    visit = await visit_of(scene, call)
    if (visit.phone, visit.topic, visit.booked_by, visit.starts_at) != (own, "metering", "ivr", wanted):
        raise StoryBroken(f"записано: {visit.phone}, {visit.topic}, {visit.booked_by}, {visit.starts_at}")
    if not numbers.is_number(visit.number) or "appointment-booked" not in call.said:
        raise StoryBroken(f"номер {visit.number} не назван: {call.said}")
    message = await store.one(scene, MessageOut, MessageOut.subject_id == visit.number)
    if message.to != own or numbers.written(visit.number) not in message.text:
        raise StoryBroken(f"сообщение на {message.to}: {message.text}")


@BOOK.story()
async def a_booked_visit_is_told_moved_and_cancelled(scene: Play) -> None:
    own, other = "+79131910002", "+79131910003"
    visit = await booked(scene, own)
    async with scene.greeted(own, *TO_NUMBER) as caller:
        await goes(caller, f"{visit.number}#", told_at(scene, visit.starts_at))
        await caller.hears("appointment-menu", within_s=40)
        await goes(caller, "1", "appointment-other-day")
        wanted = (await free_days(scene))[0][1]
        await goes(caller, "2", may_book(scene, wanted), "1", "appointment-moved")
        await caller.hears("appointment-menu", within_s=60)
        await goes(caller, "3", "main-menu")
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("my-appointment", "main")
    moved = await visit_of(scene, call)
    if moved.number != visit.number or moved.starts_at >= visit.starts_at:
        raise StoryBroken(f"перенесено на {moved.starts_at}, номер {moved.number}, был {visit.number}")
    async with scene.greeted(other, *TO_NUMBER) as caller:  # from whichever telephone: the number is what counts
        await caller.press(f"{visit.number}#")
        await caller.hears("appointment-menu", within_s=60)
        await goes(caller, "2", "appointment-cancel-confirm", "1", "appointment-is-cancelled")
        await caller.hears("appointment-again-menu", within_s=20)
        await goes(caller, "1", "appointment-topic")
        await caller.hangs_up()
    again = await ended(scene, other)
    again.left("my-appointment", "book")
    cancelled = await store.one(scene, Appointment, Appointment.ended_call_id == again.id)
    if cancelled.state is not VisitState.CANCELLED or cancelled.phone != own:
        raise StoryBroken(f"отменено: {cancelled.state}, {cancelled.phone}")


def told_at(scene: Play, at: datetime) -> Prompt:
    """«Вы записаны на приём …»."""
    return Prompt("appointment-is", at=at_that_time(at, SystemClock().now(), times_of(scene)))


def may_book(scene: Play, at: datetime) -> Prompt:
    """«Записать вас на приём …?»."""
    return Prompt("appointment-confirm", at=at_that_time(at, SystemClock().now(), times_of(scene)))


async def free_days(scene: Play) -> list[list[datetime]]:
    """The free times of every day that has any, as the line reads them out."""
    times, now = times_of(scene), SystemClock().now()
    async with scene.house.db.read() as session:
        taken = await booking.taken(session, "skek", times.office.id, *times.period(now))
    return [free for day in times.days(now) if (free := times.free(day, now, taken))]


@BOOK.story()
async def a_number_that_nobody_was_told_ends_with_a_person(scene: Play) -> None:
    own = "+79131910004"
    async with scene.greeted(own, *TO_NUMBER, "12#", "too-few-digits") as caller:
        await caller.hears("appointment-enter", within_s=20)
        await goes(caller, "1234567#", "status-wrong-check")
        await caller.hears("appointment-enter", within_s=20)
        await goes(caller, f"{await free_number(scene)}#", "appointment-not-found")
        await caller.hears("person-connecting", within_s=40)
        await caller.hangs_up()
    (await ended(scene, own)).left("my-appointment", "operator")


async def free_number(scene: Play) -> str:
    """A number like ours that stands for nothing."""
    async with scene.house.db.read() as session:
        known = set(await session.scalars(select(Appointment.number)))
    return next(one for _ in range(100) if (one := numbers.fresh()) not in known)


@BOOK.story()
async def a_visit_that_is_past_or_cancelled_says_so_and_silence_is_a_goodbye(scene: Play) -> None:
    past, cancelled = "+79131910005", "+79131910006"
    long_ago = SystemClock().now() - timedelta(days=30)
    old = await booked(scene, past, now=long_ago, starts_at=first_free(scene, long_ago))
    gone = await booked(scene, cancelled)
    async with scene.house.db.write() as session:
        await booking.cancel(session, gone, call_id=None, now=SystemClock().now())
    for own, visit, said in ((past, old, "appointment-is-past"), (cancelled, gone, "appointment-is-cancelled")):
        async with scene.greeted(own, *TO_NUMBER, f"{visit.number}#", said) as caller:
            await caller.hears("goodbye", within_s=40)
            await caller.is_hung_up(within_s=10)
        (await ended(scene, own, "finished")).left("my-appointment", "done")


def first_free(scene: Play, now: datetime) -> datetime:
    """The first time that could be booked then."""
    times = times_of(scene)
    return next(at for day in times.days(now) for at in times.of_day(day, now))


@BOOK.story()
async def a_time_that_somebody_takes_meanwhile_is_not_promised_twice(scene: Play) -> None:
    """While they confirm their number every window of the time they chose is taken; they are offered what is left."""
    own = "+79131910007"
    async with scene.greeted(own, *TO_TOPICS) as caller:
        await goes(caller, "1", "appointment-other-day")
        wanted, following = (await free_days(scene))[0][:2]
        await goes(caller, "1", may_book(scene, wanted), "1", by_number(own))
        with suppress(SlotTaken):
            for nth in range(times_of(scene).office.windows + 1):
                await booked(scene, f"+7913191800{nth}", starts_at=wanted)
        await goes(caller, "1", "appointment-slot-taken")
        await caller.hears("appointment-other-day", within_s=60)
        await goes(caller, "1", may_book(scene, following), "1", KEMEROVO)
        await caller.hears("appointment-end-menu", within_s=40)
        await goes(caller, "1", "main-menu")
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("book", "main")
    if (await visit_of(scene, call)).starts_at != following:
        raise StoryBroken("записано на занятое время")


@BOOK.story()
async def zero_in_a_booking_is_a_person(scene: Play) -> None:
    own = "+79131910008"
    async with scene.greeted(own, *TO_TOPICS, "0", "person-connecting") as caller:
        await caller.hangs_up()
    (await ended(scene, own)).left("book", "operator")


@BOOK.story(CHANGED)
async def where_there_are_no_offices_a_person_books(scene: Play) -> None:
    own = "+79131910009"
    async with scene.greeted(own, "4", "reference-menu", "3", "booking-menu", "1", "booking-person") as caller:
        await caller.hangs_up()
    (await ended(scene, own)).left("book", "none")


@DISTRESS.each(
    "skek",
    [
        ("book", 22, (*TO_TOPICS, "1", "booking-person")),
        ("my-appointment", 23, (*TO_NUMBER, f"123456{check_digit('123456')}#", "booking-person")),
    ],
)
async def a_visit_without_a_database_is_a_persons(scene: Play, at: int, way: tuple[str, ...]) -> None:
    own = f"+791320000{at}"
    async with scene.greeted(own, *way) as caller:
        await caller.hangs_up()
