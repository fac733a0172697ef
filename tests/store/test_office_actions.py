"""What callers hear of offices and visits, by the real actions: whose office is told, and a visit by every way out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from grid.models import Premise
from grid.offices import booking, numbers, slots
from grid.offices.booking import VisitOrder
from grid.offices.models import Appointment, VisitState
from grid.offices.slots import OfficeTimes
from gridline.calendar.calendar_file import MovedDay, calendar_of
from gridline.clock import SetClock
from gridline.db import new_id
from gridline.numbers.damm import check_digit
from ivr.actions.office import book_appointment, my_appointment, offices
from ivr.actions.person import operator
from ivr.actions.questions import PersonWanted
from ivr.call import Call
from tests.store.promises.shop import CALLER, ScriptedCaller, Shop, opened

TIMES = ["appointment-day", "appointment-time", "appointment-time", "appointment-time", "appointment-later"]
BOOKED = ("1", "1", "1", "1")
"""The first topic, the first time, yes, the own number."""


@pytest.fixture
async def shop(sample_template: Path, tmp_path: Path) -> AsyncIterator[Shop]:
    async with opened(sample_template, tmp_path, "", "") as made:
        yield made


class HeardCaller(ScriptedCaller):
    """One who remembers what they heard."""

    def __init__(self, call: Call, keys: Iterable[str]) -> None:
        self.said: list[str] = []
        super().__init__(call, keys, self._remember)

    async def _remember(self, id: str) -> None:
        self.said.append(id)


def caller(shop: Shop, company: str, *keys: str, branch: str = "", premise: Premise | None = None) -> HeardCaller:
    """A caller of any company."""
    services, of_company = shop.services, shop.services.companies.by_id(company)
    call = Call(new_id(), "1.1", of_company, of_company.dids[0], CALLER, CALLER, services.clock.now())
    call.branch = of_company.branch(branch) if branch else None
    call.premise = premise

    return HeardCaller(call, keys)


def living_in(settlement: str) -> Premise:
    return Premise(id="", company_id="", code="", subscriber_id="", settlement=settlement)


@pytest.mark.parametrize(
    ("company", "branch", "settlement", "keys", "asked"),
    [
        ("skek", "", "", (), []),
        ("pskovenergo", "", "", ("4",), ["office-which"]),
        ("pskovenergo", "", "г. Невель", (), []),
        ("pskovenergo", "", "д. Михайлово", ("2",), ["place-which"]),  # two districts have one
        ("pskovenergo", "", "с. Нигдеево", ("1",), ["office-which"]),
        ("moesk", "", "", ("4545",), ["settlement-letters"]),
        ("moesk", "", "г. Москва", ("1",), ["office-which"]),
        ("mrsk-centra", "yaroslavl", "", ("2",), ["office-which"]),
        ("mrsk-centra", "kursk", "", (), []),
    ],
)
async def test_whose_office_it_is_takes_no_more_questions_than_it_must(
    shop: Shop, company: str, branch: str, settlement: str, keys: tuple[str, ...], asked: list[str]
) -> None:
    line = caller(shop, company, *keys, branch=branch, premise=living_in(settlement) if settlement else None)
    assert await offices.act(line, shop.services, "") == "done"
    questions = [id for id in line.said if id in ("office-which", "place-which", "settlement-letters")]
    assert questions == asked
    assert {"office-address", "office-hours"} <= set(line.said)
    assert {"office-today", "office-shut"} & set(line.said)


async def test_on_a_short_day_office_and_people_shut_an_hour_earlier(shop: Shop) -> None:
    """The 3rd of November 2026, a Tuesday: СКЭК's office and people are there until 18:00, that day until 17:00."""
    eve = datetime(2026, 11, 3, 17, 10, tzinfo=shop.skek.zone)
    for short, told in ((False, "office-today"), (True, "office-shut")):
        calendar = calendar_of([MovedDay(eve.date(), working=True, why="приказ 9", short=short)])
        services = replace(shop.services, clock=SetClock(eve), calendar=calendar)
        line = caller(shop, "skek")
        assert await offices.act(line, services, "") == "done"
        assert told in line.said
        visitors = slots.of_office(services.offices.of("skek"), times_of(shop).office, shop.skek.zone, calendar)
        last = visitors.of_day(eve.date(), eve - timedelta(days=1))[-1]
        assert f"{last:%H:%M}" == ("16:30" if short else "17:30")
        if short:
            asks = caller(shop, "skek")
            assert await operator.act(asks, services, "water") == "closed"
            assert asks.said == ["person-closed", "person-hours", "person-hours-shorter", "person-hotline-open"]


async def test_where_there_is_no_office_it_is_said_otherwise(shop: Shop) -> None:
    assert await offices.act(caller(shop, "mrsk-centra", branch="belgorod"), shop.services, "") == "none"
    assert await book_appointment.act(caller(shop, "mrsk-centra", branch="belgorod"), shop.services, "") == "none"
    assert await offices.act(caller(shop, "pskovenergo", "9"), shop.services, "") == "none"
    with pytest.raises(PersonWanted):
        await offices.act(caller(shop, "pskovenergo", "0"), shop.services, "")


async def visits(shop: Shop) -> list[Appointment]:
    async with shop.db.read() as session:
        return list(await session.scalars(select(Appointment).order_by(Appointment.starts_at, Appointment.booked_at)))


def times_of(shop: Shop) -> OfficeTimes:
    told = shop.services.offices.of("skek")
    return slots.of_office(told, told.offices[0], shop.skek.zone, shop.services.calendar)


def first_times(shop: Shop) -> list[datetime]:
    """The free times of the first day that has any."""
    times, now = times_of(shop), shop.services.clock.now()
    return next(free for day in times.days(now) if (free := times.of_day(day, now)))


async def test_a_visit_is_booked_and_the_topic_may_come_from_the_menu(shop: Shop) -> None:
    first, *_ = first_times(shop)
    line = caller(shop, "skek", *BOOKED)
    assert await book_appointment.act(line, shop.services, "") == "done"
    assert line.said[:2] == ["appointment-topic", "place-choice"]
    assert line.said[-3:] == ["appointment-booked", "office-address", "appointment-end-menu"]
    line = caller(shop, "skek", "1", "1", "1", "1")
    assert await book_appointment.act(line, shop.services, "service") == "main"
    assert [id for id in line.said if id == "appointment-topic"] == []
    one, other = await visits(shop)
    assert (one.starts_at, one.phone, one.topic, one.call_id is None) == (first, CALLER, "connection", False)
    assert (other.starts_at, other.topic, other.window_no) == (first, "service", 2)


async def test_later_and_another_day_are_keys_and_no_is_another_time(shop: Shop) -> None:
    line = caller(shop, "skek", "1", "5", "4", "2", "2", "5", "1", "1", "1")
    times, now = times_of(shop), shop.services.clock.now()
    days = [free for day in times.days(now) if (free := times.of_day(day, now))]
    assert await book_appointment.act(line, shop.services, "") == "done"
    (made,) = await visits(shop)
    assert made.starts_at == days[1][0]  # after the «no» it begins at the first day again


async def test_who_comes_second_is_told_and_offered_the_next(shop: Shop) -> None:
    """While they confirm their number every window of their time is taken."""
    first, second, *_ = first_times(shop)
    times = times_of(shop)

    async def fill(id: str) -> None:
        if id == "appointment-contact":
            async with shop.db.write() as session:
                for nth in range(times.office.windows):
                    order = VisitOrder(new_id(), "skek", "service", first, f"+7913000000{nth}", "test")
                    await booking.book(session, times, order, now=shop.services.clock.now())
        said.append(id)

    said: list[str] = []
    line = ScriptedCaller(caller(shop, "skek").call, [*BOOKED, "1", "1"], fill)
    assert await book_appointment.act(line, shop.services, "") == "done"
    assert said.count("appointment-slot-taken") == 1
    assert said.count("appointment-contact") == 1
    mine = [one for one in await visits(shop) if one.phone == CALLER]
    assert [one.starts_at for one in mine] == [second]


async def test_two_visits_to_come_are_enough_for_one_telephone(shop: Shop) -> None:
    for _ in range(2):
        assert await book_appointment.act(caller(shop, "skek", *BOOKED), shop.services, "") == "done"
    line = caller(shop, "skek", *BOOKED)
    assert await book_appointment.act(line, shop.services, "") == "done"
    assert "appointment-too-many" in line.said
    assert "appointment-booked" not in line.said
    assert len(await visits(shop)) == 2


async def test_where_all_is_taken_a_person_books(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OfficeTimes, "free", lambda *_: [])
    line = caller(shop, "skek", "1")
    assert await book_appointment.act(line, shop.services, "") == "none"
    assert line.said[-1] == "appointment-nothing-free"


async def booked(shop: Shop) -> Appointment:
    await book_appointment.act(caller(shop, "skek", *BOOKED), shop.services, "")
    return (await visits(shop))[-1]


async def test_a_visit_is_moved_under_its_number_and_cancelled(shop: Shop) -> None:
    old = await booked(shop)
    line = caller(shop, "skek", old.number, "1", "2", "1", "3")
    assert await my_appointment.act(line, shop.services, "") == "main"
    assert line.said.count("appointment-is") == 2
    assert "appointment-moved" in line.said
    before, after = await visits(shop)
    assert (before.state, after.state, after.number) == (VisitState.SUPERSEDED, VisitState.BOOKED, old.number)
    assert after.phone == CALLER
    line = caller(shop, "skek", old.number, "2", "2", "2", "1", "1")
    assert await my_appointment.act(line, shop.services, "") == "book"
    assert line.said[-2:] == ["appointment-is-cancelled", "appointment-again-menu"]
    assert [one.state for one in await visits(shop)] == [VisitState.SUPERSEDED, VisitState.CANCELLED]
    line = caller(shop, "skek", old.number, "2")
    assert await my_appointment.act(line, shop.services, "") == "main"
    assert line.said[:2] == ["appointment-enter", "appointment-is-cancelled"]


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (VisitState.BOOKED, "appointment-is-past"),
        (VisitState.MISSED, "appointment-is-past"),
        (VisitState.ARRIVED, "appointment-is-used"),
        (VisitState.SERVED, "appointment-is-used"),
        (VisitState.CANCELLED, "appointment-is-cancelled"),
    ],
)
async def test_what_is_over_says_so_and_silence_is_the_end(shop: Shop, state: VisitState, told: str) -> None:
    visit = await booked(shop)
    async with shop.db.write() as session:
        ago = shop.services.clock.now() - timedelta(days=1)
        await session.execute(update(Appointment).values(state=state, starts_at=ago))
    line = caller(shop, "skek", visit.number)
    assert await my_appointment.act(line, shop.services, "") == "done"
    assert line.said[1] == told


async def test_a_number_that_is_wrong_three_times_is_a_persons(shop: Shop) -> None:
    visit = await booked(shop)
    stranger = next(one for _ in range(100) if (one := numbers.fresh()) != visit.number)
    wrong = str((int(check_digit("123456")) + 1) % 10)
    line = caller(shop, "skek", "12", f"123456{wrong}", stranger)
    with pytest.raises(PersonWanted):
        await my_appointment.act(line, shop.services, "")
    told = [id for id in line.said if id != "appointment-enter"]
    assert told == ["too-few-digits", "status-wrong-check", "appointment-not-found", "person-after-tries"]


async def test_what_an_agent_changed_meanwhile_is_told_anew(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    visit = await booked(shop)
    real = booking.cancel

    async def first_by_another(session: object, old: Appointment, **facts: object) -> None:
        await real(session, old, call_id=None, now=shop.services.clock.now())  # type: ignore[arg-type]
        await real(session, old, **facts)  # type: ignore[arg-type]

    monkeypatch.setattr(booking, "cancel", first_by_another)
    line = caller(shop, "skek", visit.number, "2", "1", "3")
    assert await my_appointment.act(line, shop.services, "") == "main"
    assert "appointment-changed" in line.said  # their own transaction was rolled back: it stands
    assert line.said.count("appointment-is") == 2


async def test_an_office_that_is_no_more_is_a_persons(shop: Shop) -> None:
    visit = await booked(shop)
    async with shop.db.write() as session:
        await session.execute(update(Appointment).values(office_id="closed"))
    with pytest.raises(PersonWanted):
        await my_appointment.act(caller(shop, "skek", visit.number), shop.services, "")
