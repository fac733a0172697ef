"""Reports of no supply: one premise is one report with its first clock, and each report has its item until joined."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from grid import outages
from grid.models import Premise
from grid.outages import reports, truth
from grid.outages.models import (
    Feed,
    Outage,
    OutageChange,
    OutageEvent,
    OutageReport,
    OutageScope,
    OutageStatus,
    ReportChannel,
    Service,
)
from grid.outages.reports import OutageContact
from gridline.clock import SetClock
from gridline.companies import Companies, FeedRule
from gridline.db import Database
from gridline.settings import HOUSE
from tests.store.test_outages import HOME, NO_LINE, outage, premise, store
from worklist import clocks, outage_reports
from worklist.codes import Ending
from worklist.models import WorkContact, WorkItem
from worklist.outage_reports import TakenReport
from worklist.worklist import Worklist

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SKEK = Companies.load(HOUSE / "dialplan" / "companies").by_id("skek")
PHONE, NEIGHBOUR = "+79131203401", "+79131203402"
AT_HOME = OutageContact("skek", Service.ELECTRICITY, NOW, call_id="1" * 32, phone=PHONE, premise=HOME)


def worklist_of(db: Database) -> Worklist:
    return Worklist(db, SetClock(NOW), clocks.of_installation(HOUSE / "dialplan"))


async def take(db: Database, told: OutageContact, known: Outage | None = None) -> TakenReport:
    async with db.write() as session:
        return await outage_reports.take(session, worklist_of(db), told, known)


async def items(db: Database) -> list[WorkItem]:
    async with db.read() as session:
        return list(await session.scalars(select(WorkItem).order_by(WorkItem.made_at)))


async def test_a_second_call_of_a_premise_is_a_contact_on_the_same_item_with_its_first_clock(db: Database) -> None:
    await store(db, outage(status=OutageStatus.CANCELLED))
    first = await take(db, AT_HOME)
    again = await take(db, replace(AT_HOME, at=NOW + HOUR, call_id="2" * 32, phone=NEIGHBOUR))
    same_call = await take(db, replace(AT_HOME, at=NOW + HOUR, call_id="2" * 32, phone=NEIGHBOUR))
    assert (first.joined, again.joined) == (False, True)
    assert {first.report.id, again.report.id, same_call.report.id} == {first.report.id}
    assert again.first_at == NOW
    assert (await take(db, replace(AT_HOME, premise=NO_LINE, call_id="3" * 32))).joined is False
    home, other = await items(db)
    assert sorted([home.weight, other.weight]) == [1, 2]
    async with db.read() as session:
        assert len(list(await session.scalars(select(WorkContact)))) == 3


async def test_what_is_reported_of_water_is_another_matter_and_on_its_own_topic(db: Database) -> None:
    await store(db, outage(status=OutageStatus.CANCELLED))
    await take(db, AT_HOME)
    await take(db, replace(AT_HOME, service=Service.WATER))
    assert sorted(item.topic for item in await items(db)) == ["outages", "water"]


async def test_a_report_of_what_became_known_ends_its_item_and_keeps_its_first_clock(db: Database) -> None:
    known = outage()
    await store(db, known, OutageScope(line="ф. 12"))
    first = await take(db, AT_HOME)
    for call in "23":
        joined = await take(db, replace(AT_HOME, at=NOW + HOUR, call_id=call * 32), known)
        assert (joined.report.id, joined.report.outage_id, joined.first_at) == (first.report.id, known.id, NOW)
    assert joined.report.contacts == 3
    (item,) = await items(db)
    assert item.ending is Ending.JOINED


async def test_each_recording_is_a_report_of_its_own_unless_it_is_told_twice(db: Database) -> None:
    aloud = replace(AT_HOME, premise=None, recording_id="a" * 32)
    first = await take(db, aloud)
    told_twice = await take(db, aloud)
    other = await take(db, replace(aloud, recording_id="b" * 32))
    later = await take(db, replace(aloud, call_id="2" * 32, recording_id="c" * 32))
    assert first.report.id == told_twice.report.id
    assert len({first.report.id, other.report.id, later.report.id}) == 3
    async with db.read() as session:
        kept = sorted(one or "" for one in await session.scalars(select(OutageReport.recording_id)))
    assert kept == ["a" * 32, "b" * 32, "c" * 32]
    assert {item.recording_id for item in await items(db)} == set(kept)


async def test_two_addresses_of_one_call_are_two_reports_and_the_second_closes_not_the_first(db: Database) -> None:
    known = outage()
    await store(db, known, OutageScope(line="ф. 12"))
    here = replace(AT_HOME, premise=None, settlement="г. Кемерово", street="ул. Весенняя", house="3")
    first = await take(db, here)
    there = await take(db, replace(here, house="5"), known)
    again = await take(db, here)
    assert first.report.id == again.report.id != there.report.id
    assert (again.report.closed_at, again.report.contacts, there.report.outage_id) == (None, 1, known.id)
    (item,) = await items(db)
    assert (item.subject_id, item.ended_at) == (first.report.id, None)


async def test_a_house_of_the_same_name_in_another_branch_is_another_house(db: Database) -> None:
    here = replace(AT_HOME, premise=None, call_id=None, settlement="д. Берёзовка", house="3", branch="north")
    first = await take(db, here)
    other = await take(db, replace(here, branch="south"))
    again = await take(db, replace(here, phone=NEIGHBOUR))
    assert first.report.id == again.report.id != other.report.id


async def test_the_last_report_is_found_by_number_and_by_premise_while_it_means_something(db: Database) -> None:
    known = outage()
    await store(db, known, OutageScope(line="ф. 12"))
    made = (await take(db, AT_HOME)).report
    lately, later = NOW - HOUR, NOW + HOUR
    for reading in (db.read(), db.glance(within_s=5)):
        async with reading as session:
            by_phone = await reports.told_by(session, "skek", PHONE, since=lately)
            at_home = await reports.latest_at(session, HOME)
            assert by_phone is not None
            assert at_home is not None
            assert {(by_phone.id, by_phone.reported_at), (at_home.id, at_home.reported_at)} == {(made.id, NOW)}
            assert await reports.told_by(session, "mrsk-centra", PHONE, since=lately) is None
            assert await reports.told_by(session, "skek", NEIGHBOUR, since=lately) is None
            assert await reports.told_by(session, "skek", PHONE, since=later) is None
            assert await reports.latest_at(session, HOME, service=Service.WATER) is None
            assert await reports.latest_at(session, NO_LINE) is None
    await take(db, replace(AT_HOME, call_id="2" * 32), known)
    async with db.read() as session:
        assert await reports.latest_at(session, HOME) is None
        assert await reports.told_by(session, "skek", PHONE, since=lately) is None
        assert await reports.latest_at(session, HOME, outage_id=known.id) is not None
        assert await reports.told_by(session, "skek", PHONE, since=later, outage_id=known.id) is not None


async def test_what_a_page_was_told_is_nobodys_by_its_number(db: Database) -> None:
    await take(db, replace(AT_HOME, premise=None, settlement="п. Барзас", house="3", channel=ReportChannel.SITE))
    async with db.read() as session:
        assert await reports.told_by(session, "skek", PHONE, since=NOW - HOUR) is None


async def test_the_truth_of_a_place_knows_no_report_of_another_place(db: Database) -> None:
    known = outage()
    await store(db, known, OutageScope(line="ф. 12"))
    house = replace(AT_HOME, premise=None, settlement="г. Кемерово", street="ул. Весенняя", house="Д. 3А", building="2")
    made = (await take(db, house)).report

    def stand_in(**facts: str) -> Premise:
        asked = premise("9", "г. Кемерово", "ул. Весенняя", "ф. 12")
        for name, value in ({"id": "", "house": "3а", "building": "2"} | facts).items():
            setattr(asked, name, value)
        return asked

    async def report_at(place: Premise) -> OutageReport | None:
        async with db.glance(within_s=5) as session:
            return (await truth.of_place(session, SKEK, place, Service.ELECTRICITY, NOW)).report

    for joined in (None, known):
        await take(db, house, joined)
        found = await report_at(stand_in())
        assert found is not None
        assert (found.id, found.outage_id) == (made.id, joined.id if joined else None)
        assert [await report_at(place) for place in (stand_in(house="5"), stand_in(building=""), HOME)] == [None] * 3


async def test_the_truth_of_a_place_is_told_with_its_scope_and_its_crew(db: Database) -> None:
    known = outage()
    await store(db, known, OutageScope(line="ф. 12"))
    async with db.glance(within_s=5) as session:
        (told,) = (await truth.of_place(session, SKEK, HOME, Service.ELECTRICITY, NOW)).current
    assert ([one.line for one in told.scope], told.crew_at) == (["ф. 12"], None)
    async with db.write() as session:
        session.add(OutageEvent(outage_id=known.id, at=NOW, actor="user:d", kind=OutageChange.CREW, body={}))
    async with db.glance(within_s=5) as session:
        (told,) = (await truth.of_place(session, SKEK, HOME, Service.ELECTRICITY, NOW)).current
        water = await truth.of_place(session, SKEK, HOME, Service.WATER, NOW)
    assert told.crew_at == NOW
    assert (list(water.current), water.restored, water.report) == ([], None, None)


async def test_what_is_known_of_a_silent_feed_is_told_with_its_age_and_of_a_fresh_one_without(db: Database) -> None:
    await store(db, outage(), OutageScope(line="ф. 12"))
    rule = FeedRule(name="ods", title="ОДС", way="folder", tells="snapshot", old_after_min=60)
    fed = SKEK.model_copy(update={"feeds": (rule,)})
    async with db.write() as session:
        session.add(Feed(company_id="skek", name="ods", heard_at=NOW, good_at=NOW, problem=""))
    for minutes, as_of in ((60, None), (61, NOW)):
        async with db.glance(within_s=5) as session:
            at = NOW + timedelta(minutes=minutes)
            assert (await truth.of_place(session, fed, HOME, Service.ELECTRICITY, at)).as_of == as_of


async def test_a_restoration_is_doubted_until_it_is_confirmed_and_no_longer_than_half_a_day(db: Database) -> None:
    ended = outage(status=OutageStatus.RESTORED, actual_end=NOW - HOUR)
    await store(db, ended, OutageScope(line="ф. 12"))

    async def doubted(at: datetime) -> bool:
        async with db.glance(within_s=5) as session:
            return await outages.restored_for(session, HOME, at, service=Service.ELECTRICITY) is not None

    assert [await doubted(NOW + hours * HOUR) for hours in (-2, 0, 10, 12)] == [False, True, True, False]
    async with db.write() as session:
        (await session.get_one(Outage, ended.id)).confirmed_at = NOW
    assert not await doubted(NOW)


async def test_a_house_is_told_while_its_report_is_open_or_joined_to_what_is_known(db: Database) -> None:
    await store(db, known := outage())
    told = replace(AT_HOME, premise=None, settlement="п. Новый", house="7", building="2", call_id=None)
    await take(db, told, known)

    async def stands(which: OutageContact, outage_id: str | None) -> bool:
        async with db.read() as session:
            return await reports.is_told(session, which, outage_id)

    assert (await stands(told, known.id), await stands(told, None)) == (True, False)
    await take(db, told)
    assert await stands(told, None)
    for other in ({"building": ""}, {"service": Service.WATER}, {"company_id": "mrsk-centra"}):
        assert not await stands(replace(told, **other), None)
