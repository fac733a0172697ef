"""A booked visit by message: to who agreed, anew when it is moved, taken back when it is cancelled, not at night."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from grid.offices import booking, numbers, offices, slots
from grid.offices.models import Appointment
from grid.offices.slots import OfficeTimes
from gridline.calendar.workdays import ProductionCalendar
from gridline.db import Database, new_id
from gridline.settings import HOUSE
from ivr.actions.office import book_appointment, my_appointment
from outreach import consents, visits
from outreach.models import Consent, MessageOut, MessageState, Purpose
from outreach.senders.outbox import OutboxFolder
from tests.store.promises.shop import RefusingDatabase, Shop
from tests.store.test_appointments import HALF_PAST, NOW, SKEK, TEN, at, booked, order
from tests.store.test_messages import Post, post

ADDRESS = "г. Кемерово, ул. Образцовая, 1"
BOOKED = ("1", "1", "1", "1")
"""The first topic, the first time, yes, the own number."""


@pytest.fixture
def times() -> OfficeTimes:
    """СКЭК's office."""
    told = offices.load(HOUSE / "dialplan" / "offices" / "skek.yaml", SKEK)
    return slots.of_office(told, told.offices[0], SKEK.zone, ProductionCalendar())


class Office:
    """Visits and what is written of them."""

    def __init__(self, db: Database, times: OfficeTimes, folder: Path) -> None:
        self.db, self.times = db, times
        self.post: Post = post(db, sms=OutboxFolder(folder))
        self.at(NOW)

    def at(self, moment: datetime) -> None:
        self.post.clock.set(moment)

    async def agreed(self) -> Appointment:
        """A visit at ten, whose visitor has agreed to messages of it."""
        visit = await booked(self.db, self.times, order(TEN))
        async with self.db.write() as session:
            given = Consent(
                id=new_id(),
                company_id="skek",
                phone=visit.phone,
                purpose=Purpose.VISIT,
                given_at=NOW,
                call_id=new_id(),
                asked="Прислать?",
                subject_id=visit.number,
            )
            await consents.give(session, given)
            await session.flush()
            await visits.tell(session, self.post.messages, SKEK, visit, ADDRESS, call_id=None, now=NOW)
        return visit

    async def moved(self, visit: Appointment) -> Appointment:
        async with self.db.write() as session:
            new = await booking.move(session, self.times, visit, order(HALF_PAST), now=NOW)
            await visits.tell(session, self.post.messages, SKEK, new, ADDRESS, call_id=None, now=NOW)
        return new

    async def cancelled(self, visit: Appointment) -> None:
        async with self.db.write() as session:
            await booking.cancel(session, visit, call_id=None, now=NOW)
            await visits.tell_cancelled(session, self.post.messages, SKEK, visit, call_id=None, now=NOW)

    async def written(self) -> Sequence[MessageOut]:
        async with self.db.read() as session:
            return (await session.scalars(select(MessageOut).order_by(MessageOut.queued_at, MessageOut.state))).all()

    async def texts(self, state: MessageState) -> set[str]:
        return {one.text for one in await self.written() if one.state is state}


@pytest.fixture
def office(db: Database, times: OfficeTimes, tmp_path: Path) -> Office:
    return Office(db, times, tmp_path / "out")


def told(when: str, visit: Appointment) -> str:
    return f"{SKEK.name}: вы записаны на приём {when}, {ADDRESS}. Номер записи {numbers.written(visit.number)}."


async def test_it_says_when_where_and_under_which_number(office: Office) -> None:
    visit = await office.agreed()
    assert await office.texts(MessageState.WAITING) == {told("01.12 в 10:00", visit)}
    assert await office.post.messages.run_once() == 1
    assert await office.texts(MessageState.SENT) == {told("01.12 в 10:00", visit)}


async def test_moved_it_is_told_anew_and_what_waited_stays(office: Office) -> None:
    visit = await office.agreed()
    new = await office.moved(visit)
    async with office.db.write() as session:  # the form was sent twice
        await visits.tell(session, office.post.messages, SKEK, new, ADDRESS, call_id=None, now=NOW)
    assert await office.texts(MessageState.WITHDRAWN) == {told("01.12 в 10:00", visit)}
    assert await office.texts(MessageState.WAITING) == {told("01.12 в 10:30", visit)}


async def test_cancelled_it_is_taken_back_from_who_may_have_read_of_it(office: Office) -> None:
    visit = await office.agreed()
    await office.post.messages.run_once()
    await office.cancelled(visit)
    number = numbers.written(visit.number)
    assert await office.texts(MessageState.WAITING) == {
        f"{SKEK.name}: запись {number} на приём 01.12 в 10:00 отменена."
    }


async def test_cancelled_before_it_left_nothing_is_written(office: Office) -> None:
    await office.cancelled(await office.agreed())
    assert [one.state for one in await office.written()] == [MessageState.WITHDRAWN]


async def test_who_did_not_agree_is_written_nothing(office: Office) -> None:
    visit = await office.moved(await booked(office.db, office.times, order(TEN)))
    await office.cancelled(visit)
    assert await office.written() == []


async def test_at_night_it_waits_for_the_morning(office: Office) -> None:
    visit = await office.agreed()
    office.at(at("2026-11-30 22:30"))
    assert await office.post.messages.run_once() == 1
    (waits,) = await office.written()
    assert (waits.state, waits.next_at) == (MessageState.WAITING, at("2026-12-01 07:00"))
    office.at(waits.next_at + timedelta(seconds=1))
    await office.post.messages.run_once()
    assert await office.texts(MessageState.SENT) == {told("01.12 в 10:00", visit)}


async def test_by_telephone_it_is_sent_to_who_agrees_by_key(db: Database, tmp_path: Path) -> None:
    refusing = RefusingDatabase(db.url.render_as_string(hide_password=False))
    shop = Shop(tmp_path, refusing, "", "")
    try:
        agrees = shop.caller(*BOOKED, "1")
        assert await book_appointment.act(agrees, shop.services, "") == "done"
        assert await book_appointment.act(shop.caller(*BOOKED, "2"), shop.services, "") == "done"
        own = "+73842451234"  # takes no messages
        assert await book_appointment.act(shop.caller(*BOOKED, "1", number=own), shop.services, "") == "main"
        async with db.read() as session:
            (given,) = await session.scalars(select(Consent))
            (message,) = await session.scalars(select(MessageOut))
            visit = (await session.scalars(select(Appointment).where(Appointment.call_id == agrees.call.id))).one()
        assert (given.purpose, given.subject_id, given.phone) == (Purpose.VISIT, visit.number, visit.phone)
        assert given.recording_id is not None
        assert numbers.written(visit.number) in message.text
        assert await my_appointment.act(shop.caller(visit.number, "2", "1"), shop.services, "") == "done"
        async with db.read() as session:
            (message,) = await session.scalars(select(MessageOut))
        assert message.state is MessageState.WITHDRAWN
    finally:
        await shop.close()
        await refusing.close()
