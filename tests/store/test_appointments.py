"""Booked visits on both databases: one window for one visitor, moved and cancelled, marked by the office, forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from grid.offices import booking, marks, numbers, offices, slots, visits
from grid.offices.booking import SlotTaken, TooManyVisits, VisitOrder
from grid.offices.marks import VisitMark
from grid.offices.models import Appointment, VisitState
from grid.offices.slots import OfficeTimes
from gridline.calendar.workdays import ProductionCalendar
from gridline.companies import Companies
from gridline.db import Database, new_id
from gridline.errors import Conflict, InvalidInput, NotFound
from gridline.scope import Scope
from gridline.settings import HOUSE

SKEK = Companies.load(HOUSE / "dialplan" / "companies").by_id("skek")
ALL = Scope("skek")


def at(local: str) -> datetime:
    """By Kemerovo's clocks, in UTC."""
    return datetime.fromisoformat(local).replace(tzinfo=SKEK.zone).astimezone(UTC)


NOW = at("2026-11-30 17:10")
TEN, HALF_PAST = at("2026-12-01 10:00"), at("2026-12-01 10:30")


@pytest.fixture
def times() -> OfficeTimes:
    """СКЭК's office with one window."""
    told = offices.load(HOUSE / "dialplan" / "offices" / "skek.yaml", SKEK)
    office = told.offices[0].model_copy(update={"windows": 1})
    return slots.of_office(told, office, SKEK.zone, ProductionCalendar())


def order(starts_at: datetime = TEN, phone: str = "+79131203401", call: str | None = None) -> VisitOrder:
    return VisitOrder(new_id(), "skek", "metering", starts_at, phone, "ivr", call)


async def booked(db: Database, times: OfficeTimes, wanted: VisitOrder, now: datetime = NOW) -> Appointment:
    async with db.write() as session:
        return await booking.book(session, times, wanted, now=now)


async def free(db: Database, times: OfficeTimes, day: date, now: datetime = NOW) -> list[str]:
    since, until = times.period(now)
    async with db.read() as session:
        taken = await booking.taken(session, "skek", times.office.id, since, until)
    return [f"{one:%H:%M}" for one in times.free(day, now, taken)]


async def marked(db: Database, visit: Appointment, mark: VisitMark, now: datetime) -> Appointment:
    """The visit as it stands after the mark."""
    async with db.write() as session:
        own = await visits.find(session, visit.id, visible_to=ALL)
        await marks.make(session, own, mark, now=now)
        return own


async def rows(db: Database) -> Sequence[Appointment]:
    async with db.read() as session:
        return (await session.scalars(select(Appointment).order_by(Appointment.booked_at))).all()


async def test_what_is_booked_is_not_free_and_has_a_number_that_can_be_keyed(db: Database, times: OfficeTimes) -> None:
    assert (await free(db, times, date(2026, 12, 1)))[:6] == ["08:00", "08:30", "09:00", "09:30", "10:00", "10:30"]
    visit = await booked(db, times, order())
    assert "10:00" not in await free(db, times, date(2026, 12, 1))
    assert numbers.is_number(visit.number)
    assert (visit.state, visit.window_no, visit.minutes, visit.starts_at) == (VisitState.BOOKED, 1, 30, TEN)
    async with db.read() as session:
        found = await visits.by_number(session, "skek", visit.number)
        assert found is not None
        assert found.id == visit.id
        assert await visits.by_number(session, "moesk", visit.number) is None


async def test_booking_twice_under_one_id_books_once(db: Database, times: OfficeTimes) -> None:
    wanted = order()
    first, second = await booked(db, times, wanted), await booked(db, times, wanted)
    assert first.number == second.number
    assert len(await rows(db)) == 1


@pytest.mark.parametrize("windows", [1, 3])
async def test_so_many_at_once_as_there_are_windows_and_the_others_are_told(
    db: Database, times: OfficeTimes, windows: int
) -> None:
    """Each on a connection of its own: on PostgreSQL they meet in the index, on SQLite they wait for each other."""
    times = replace(times, office=times.office.model_copy(update={"windows": windows}))
    wanted = [order(phone=f"+7913120340{number}") for number in range(6)]
    came = await asyncio.gather(*(booked(db, times, one) for one in wanted), return_exceptions=True)
    got = [one for one in came if isinstance(one, Appointment)]
    assert sorted(one.window_no for one in got) == list(range(1, windows + 1))
    assert all(isinstance(one, SlotTaken) for one in came if not isinstance(one, Appointment))
    assert len({one.number for one in got}) == windows
    assert "10:00" not in await free(db, times, date(2026, 12, 1))


@pytest.mark.parametrize(
    "wrong",
    [
        "2026-11-30 17:30",  # sooner than two hours from now
        "2026-12-01 10:10",  # between two visits
        "2026-12-01 17:45",  # it would end after the office shuts
        "2026-12-05 10:00",  # a Saturday
        "2026-12-15 10:00",  # farther than two weeks
        "2026-11-27 10:00",
    ],
)
async def test_a_time_that_the_office_does_not_offer_is_refused(db: Database, times: OfficeTimes, wrong: str) -> None:
    with pytest.raises(InvalidInput, match="не записывают"):
        await booked(db, times, order(at(wrong)))
    assert await rows(db) == []


async def test_one_telephone_has_two_visits_to_come_and_no_more(db: Database, times: OfficeTimes) -> None:
    for hour in (10, 11):
        await booked(db, times, order(at(f"2026-12-01 {hour}:00")))
    with pytest.raises(TooManyVisits, match="На этот телефон уже записано приёмов: 2"):
        await booked(db, times, order(at("2026-12-01 13:00")))
    await booked(db, times, order(at("2026-12-02 13:00")), now=at("2026-12-01 10:01"))  # one of them is over


async def test_of_many_calls_at_one_moment_one_telephone_gets_two_visits(db: Database, times: OfficeTimes) -> None:
    """Each in a transaction of its own, begun before any of them has stored its visit."""
    both = asyncio.Barrier(6) if db.engine.dialect.name == "postgresql" else asyncio.Barrier(1)

    async def call(hour: int) -> Appointment:
        async with db.write() as session:
            await session.execute(select(1))
            await both.wait()
            return await booking.book(session, times, order(at(f"2026-12-01 {hour}:00"), call=new_id()), now=NOW)

    came = await asyncio.gather(*(call(hour) for hour in range(10, 16)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in came) == ["Appointment"] * 2 + ["TooManyVisits"] * 4
    assert len(await rows(db)) == 2


async def test_nor_has_one_call_whatever_telephones_are_keyed_in_it(db: Database, times: OfficeTimes) -> None:
    call = new_id()
    for hour in (10, 11):
        await booked(db, times, order(at(f"2026-12-01 {hour}:00"), f"+791312034{hour}", call))
    with pytest.raises(TooManyVisits, match="В этом звонке уже записано приёмов: 2"):
        await booked(db, times, order(at("2026-12-01 12:00"), "+79131203412", call))
    for hour in (12, 13):  # another call, and none
        await booked(db, times, order(at(f"2026-12-01 {hour}:00"), "+79131203412", new_id() if hour == 12 else None))
    assert len(await rows(db)) == 4


async def test_moved_it_keeps_its_number_and_gives_its_window_back(db: Database, times: OfficeTimes) -> None:
    old = await booked(db, times, order())
    async with db.write() as session:
        new = await booking.move(session, times, old, order(HALF_PAST), now=NOW)
    assert new.number == old.number
    assert [one.state for one in await rows(db) if one.id == old.id] == [VisitState.SUPERSEDED]
    assert (await free(db, times, date(2026, 12, 1)))[4:6] == ["10:00", "11:00"]
    async with db.read() as session:
        found = await visits.by_number(session, "skek", old.number)
        assert found is not None
        assert found.starts_at == HALF_PAST
    with pytest.raises(Conflict, match="уже отменена, перенесена"):
        async with db.write() as session:
            await booking.move(session, times, old, order(at("2026-12-01 12:00")), now=NOW)


async def test_a_move_to_a_time_just_taken_leaves_it_where_it_was(db: Database, times: OfficeTimes) -> None:
    old = await booked(db, times, order())
    await booked(db, times, order(HALF_PAST, "+79130000000"))
    with pytest.raises(SlotTaken):
        async with db.write() as session:
            await booking.move(session, times, old, order(HALF_PAST), now=NOW)
    async with db.read() as session:
        found = await visits.by_number(session, "skek", old.number)
    assert found is not None
    assert (found.starts_at, found.state) == (TEN, VisitState.BOOKED)


async def test_cancelled_it_is_free_for_another_and_its_number_still_says_so(db: Database, times: OfficeTimes) -> None:
    visit = await booked(db, times, order())
    async with db.write() as session:
        await booking.cancel(session, visit, call_id=None, now=NOW)
    with pytest.raises(Conflict):
        async with db.write() as session:
            await booking.cancel(session, visit, call_id=None, now=NOW)
    assert "10:00" in await free(db, times, date(2026, 12, 1))
    other = await booked(db, times, order(phone="+79130000000"))
    assert other.number != visit.number
    async with db.read() as session:
        found = await visits.by_number(session, "skek", visit.number)
    assert found is not None
    assert found.state is VisitState.CANCELLED


async def test_at_the_years_end_it_is_the_companys_own_day(db: Database, times: OfficeTimes) -> None:
    """In Kemerovo the year begins four hours before Moscow's; the holidays are days off, the 31st of 2026 too."""
    now = at("2026-12-30 21:30")  # still the 30th in Kemerovo, 17:30 in Moscow
    days = [day.isoformat() for day in times.days(now) if await free(db, times, day, now)]
    assert days == ["2027-01-11", "2027-01-12", "2027-01-13"]
    visit = await booked(db, times, order(at("2027-01-11 08:00")), now=now)
    assert visit.starts_at == datetime(2027, 1, 11, 1, 0, tzinfo=UTC)


async def test_before_a_holiday_the_last_visits_are_an_hour_earlier_where_the_hours_say_so(
    db: Database, times: OfficeTimes
) -> None:
    """The 30th of April 2026 is a Thursday: usually until 18:00."""
    eve, now = date(2026, 4, 30), at("2026-04-28 09:00")
    assert (await free(db, times, eve, now))[-1] == "17:30"
    shorter = replace(times, schedule=times.schedule.model_copy(update={"before_holiday": "shorter"}))
    assert (await free(db, shorter, eve, now))[-1] == "16:30"
    assert (await free(db, shorter, date(2026, 4, 29), now))[-1] == "17:30"
    with pytest.raises(InvalidInput, match="не записывают"):
        await booked(db, shorter, order(at("2026-04-30 17:00")), now=now)


async def test_the_office_marks_what_becomes_of_it(db: Database, times: OfficeTimes) -> None:
    visit = await booked(db, times, order())
    for minutes, mark in ((0, VisitMark.ARRIVED), (7, VisitMark.CALLED), (21, VisitMark.SERVED)):
        visit = await marked(db, visit, mark, TEN + timedelta(minutes=minutes))
    assert (visit.state, visit.called_at, visit.served_at) == (
        VisitState.SERVED,
        TEN + timedelta(minutes=7),
        TEN + timedelta(minutes=21),
    )
    for state, called in ((VisitState.ARRIVED, True), (VisitState.ARRIVED, False), (VisitState.BOOKED, False)):
        visit = await marked(db, visit, VisitMark.BACK, NOW)
        assert (visit.state, visit.called_at is not None) == (state, called)
    with pytest.raises(Conflict, match="сейчас поставить нельзя"):
        await marked(db, visit, VisitMark.SERVED, NOW)


async def test_two_who_mark_at_once_make_one_mark(db: Database, times: OfficeTimes) -> None:
    visit = await booked(db, times, order())

    async def mark() -> None:
        async with db.write() as session:
            own = await visits.find(session, visit.id, visible_to=ALL)
            await both.wait()
            await marks.make(session, own, VisitMark.ARRIVED, now=TEN)

    both = asyncio.Barrier(2) if db.engine.dialect.name == "postgresql" else asyncio.Barrier(1)
    came = await asyncio.gather(mark(), mark(), return_exceptions=True)
    assert sorted(type(one).__name__ for one in came) == ["Conflict", "NoneType"]


async def test_a_branch_sees_its_own_and_the_trust_line_none(db: Database, times: OfficeTimes) -> None:
    times = replace(times, office=times.office.model_copy(update={"branch": "north"}))
    visit = await booked(db, times, order())
    async with db.read() as session:
        assert (await visits.find(session, visit.id, visible_to=Scope("skek", "north"))).id == visit.id
        for scope in (Scope("skek", "south"), Scope("moesk"), Scope("skek", trust=True)):
            with pytest.raises(NotFound):
                await visits.find(session, visit.id, visible_to=scope)


async def test_a_trust_call_leaves_the_window_booked_and_nobody_named(db: Database, times: OfficeTimes) -> None:
    """Moved in an ordinary call, cancelled in one that became the trust line's: no row of the number names them."""
    own = await booked(db, times, order(call="a" * 32))
    other = await booked(db, times, order(HALF_PAST, "+79130000000", "c" * 32))
    async with db.write() as session:
        moved = await booking.move(session, times, own, order(at("2026-12-01 12:00"), call="b" * 32), now=NOW)
    async with db.write() as session:
        await booking.cancel(session, moved, call_id="d" * 32, now=NOW)
    async with db.write() as session:
        await visits.forget_callers(session, ["d" * 32])
    kept = {one.id: (one.phone, one.call_id, one.ended_call_id) for one in await rows(db)}
    assert kept == {
        own.id: ("", None, None),
        moved.id: ("", None, None),
        other.id: ("+79130000000", "c" * 32, None),
    }


async def test_what_is_old_is_forgotten_once(db: Database, times: OfficeTimes) -> None:
    await booked(db, times, order())
    await booked(db, times, order(at("2026-12-08 10:00")))
    for expected in (1, 0):
        async with db.write() as session:
            assert await visits.forget_before(session, "skek", at("2026-12-02 00:00")) == expected
    assert sorted(one.phone for one in await rows(db)) == ["", "+79131203401"]
    async with db.read() as session:
        coming = await visits.to_come(session, "skek", NOW, phone="+79131203401", call_id="", visible_to=ALL)
    assert [one.starts_at for one in coming] == [at("2026-12-08 10:00")]
