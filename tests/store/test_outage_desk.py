"""A dispatcher's steps at the store: reports become a proposal, the proposal an outage, and no report is left lying."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from grid import outages, places
from grid.models import Premise, Subscriber, SubscriberKind
from grid.outages import proposals, tellings, thresholds
from grid.outages.dispatch.events import Overtaken
from grid.outages.dispatch.publishing import NewOutage, Overlapping
from grid.outages.models import (
    Outage,
    OutageChange,
    OutageEvent,
    OutageProposal,
    OutageReport,
    OutageStatus,
    ProposalState,
    Service,
    TellingWay,
)
from grid.outages.reports import OutageContact
from grid.outages.scopes import ScopePart
from gridline.clock import SetClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import Conflict, InvalidInput
from gridline.scope import OutOfScope, Scope
from worklist import clocks, outage_reports
from worklist.codes import Ending, ItemKind
from worklist.models import WorkItem
from worklist.outage_desk import OutageDesk
from worklist.worklist import Worklist

NOW = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ANNA, BORIS = "user:anna", "user:boris"
EVERYBODY = Scope()
NOWHERE = Path("/nowhere")
TP = ScopePart(transformer="ТП-1")


@dataclass
class Night:
    """One company's dispatcher's room: two feeders, two transformers each, four premises each."""

    db: Database
    clock: SetClock
    worklist: Worklist
    desk: OutageDesk

    async def report(self, premise: Premise, known: Outage | None = None) -> str:
        """Somebody calls from a premise; the report's id."""
        call_id = f"call-{premise.code}-{self.clock.now():%H%M%S}"
        return await self.told(
            OutageContact(
                "skek",
                Service.ELECTRICITY,
                self.clock.now(),
                call_id=call_id,
                phone=f"+7900000{premise.code:>04}",
                premise=premise,
            ),
            known,
        )

    async def report_at(self, settlement: str, street: str, house: str, call_id: str = "c1") -> str:
        """Somebody without an account says an address, or none; the report's id."""
        told = OutageContact("skek", Service.ELECTRICITY, self.clock.now(), call_id=call_id)
        return await self.told(replace(told, settlement=settlement, street=street, house=house))

    async def told(self, told: OutageContact, known: Outage | None = None) -> str:
        """A contact is taken; its report's id."""
        async with self.db.write() as session:
            taken = await outage_reports.take(session, self.worklist, told, known)
        for changed in taken.news:
            self.worklist.tell(changed)
        return taken.report.id

    async def proposed(self) -> list[OutageProposal]:
        """What is proposed after a round."""
        await self.desk.refresh("skek")
        async with self.db.read() as session:
            return await proposals.open_proposals(session, "skek", visible_to=EVERYBODY)

    async def stored(self, id: str) -> OutageReport:
        async with self.db.read() as session:
            report = await session.get(OutageReport, id)
        assert report is not None
        return report

    async def items(self) -> list[WorkItem]:
        """Items of reports, the earliest first."""
        async with self.db.read() as session:
            query = select(WorkItem).where(WorkItem.kind == ItemKind.OUTAGE_REPORT)
            return list(await session.scalars(query.order_by(WorkItem.made_at, WorkItem.id)))

    async def events(self, outage: Outage) -> list[tuple[str, OutageChange]]:
        async with self.db.read() as session:
            query = select(OutageEvent).where(OutageEvent.outage_id == outage.id)
            return [(one.actor, one.kind) for one in await session.scalars(query.order_by(OutageEvent.at))]

    async def off_at(self, premise: Premise) -> list[Outage]:
        async with self.db.read() as session:
            return await outages.current_for(session, premise, self.clock.now())


def premises() -> list[Premise]:
    return [
        Premise(
            id=f"{number:032}",
            company_id="skek",
            code=str(number),
            subscriber_id="s" * 32,
            branch="",
            settlement="г. Кемерово",
            street="ул. Весенняя",
            house=str(number),
            building="",
            flat="",
            address=f"г. Кемерово, ул. Весенняя, д. {number}",
            settlement_key=places.key("г. Кемерово"),
            street_key=places.key("ул. Весенняя"),
            line=f"Ф-{number // 8}",
            transformer=f"ТП-{number // 4}",
            substation="ПС Южная",
        )
        for number in range(16)
    ]


HOMES = premises()
"""ТП-0: 0-3, ТП-1: 4-7 (Ф-0); ТП-2: 8-11, ТП-3: 12-15 (Ф-1)."""


@pytest.fixture
async def night(db: Database, companies: Companies) -> Night:
    clock = SetClock(NOW)
    worklist = Worklist(db, clock, clocks.of_installation(NOWHERE))
    async with db.write() as session:
        session.add(Subscriber(id="s" * 32, company_id="skek", account="1", name="А", kind=SubscriberKind.PERSON))
        await session.flush()
        session.add_all(premises())
    return Night(db, clock, worklist, OutageDesk(db, clock, companies, worklist, thresholds.of_installation(NOWHERE)))


def new(*scope: ScopePart, **facts: object) -> NewOutage:
    usual: dict[str, object] = {"starts_at": NOW - 10 * MINUTE, "cause": "Ветер"}
    return NewOutage("skek", Service.ELECTRICITY, scope, **(usual | facts))  # type: ignore[arg-type]


async def test_reports_become_a_proposal_and_its_outage_takes_them_and_their_items(night: Night) -> None:
    ids = [await night.report(HOMES[number]) for number in (4, 5, 6)]
    (proposal,) = await night.proposed()
    assert (proposal.key, proposal.reports, proposal.scope) == ("transformer:ТП-1", 3, [{"transformer": "ТП-1"}])

    outage = await night.desk.publish(new(TP, proposal_id=proposal.id), ANNA)
    assert [one.code for one in await night.off_at(HOMES[7])] == ["Д-1"]
    assert await night.off_at(HOMES[8]) == []
    assert [(await night.stored(id)).outage_id for id in ids] == [outage.id] * 3
    assert {(one.ending, one.ended_by) for one in await night.items()} == {(Ending.JOINED, ANNA)}
    assert await night.proposed() == []
    assert await night.events(outage) == [(ANNA, OutageChange.PUBLISHED)]


async def test_a_dismissed_proposal_comes_back_only_when_it_has_grown(night: Night) -> None:
    for number in (4, 5, 6):
        await night.report(HOMES[number])
    (proposal,) = await night.proposed()
    await night.desk.dismiss(proposal.id, ANNA)
    assert await night.proposed() == []
    await night.report(HOMES[7])
    assert await night.proposed() == []  # four are not half as many again as three
    for number in (0, 1):
        await night.report(HOMES[number])
    assert [one.key for one in await night.proposed()] == ["feeder:Ф-0"]
    with pytest.raises(Conflict):
        await night.desk.dismiss(proposal.id, BORIS)


async def test_a_larger_proposal_takes_the_place_of_the_smaller_one(night: Night) -> None:
    for number in (4, 5, 6):
        await night.report(HOMES[number])
    (small,) = await night.proposed()
    for number in (0, 1):
        await night.report(HOMES[number])
    (large,) = await night.proposed()
    assert large.key == "feeder:Ф-0"
    assert large.first_report_at == NOW
    async with night.db.read() as session:
        faded = await session.get(OutageProposal, small.id)
    assert faded is not None
    assert faded.state is ProposalState.FADED


async def test_an_unfounded_report_is_no_voice(night: Night) -> None:
    for number in (4, 5, 6):
        await night.report(HOMES[number])
    assert len(await night.proposed()) == 1
    for item in (await night.items())[:2]:
        await night.worklist.end(item.id, ANNA, Ending.UNFOUNDED, note="шутка")
    await night.desk.refresh("skek")
    assert await night.proposed() == []


async def test_ten_thousand_reports_of_one_address_are_one_report_and_one_item(night: Night) -> None:
    ids = {await night.report_at("п. Дальний", "ул. Новая", "д. 7А", f"c{number}") for number in range(50)}
    (item,) = await night.items()
    (id,) = ids
    assert ((await night.stored(id)).contacts, item.weight) == (50, 50)
    assert await night.proposed() == []


async def test_an_address_without_an_account_is_fed_by_what_feeds_its_house(night: Night) -> None:
    id = await night.report_at("Кемерово", "Весенняя ул.", "5")
    report = await night.stored(id)
    assert (report.line, report.transformer) == ("Ф-0", "ТП-1")


async def test_an_outage_told_by_a_feed_takes_the_reports_that_came_before_it(night: Night) -> None:
    id = await night.report(HOMES[4])
    async with night.db.write() as session:
        outage = Outage(
            id="o" * 32,
            company_id="skek",
            code="77",
            service=Service.ELECTRICITY,
            planned=False,
            status=OutageStatus.ACTIVE,
            cause="",
            starts_at=NOW - MINUTE,
        )
        session.add(outage)
        await session.flush()
        session.add(ScopePart(substation="ПС Южная").row(outage.id))
    await night.desk.refresh("skek")
    assert (await night.stored(id)).outage_id == outage.id
    assert [one.ending for one in await night.items()] == [Ending.JOINED]
    assert await night.events(outage) == [("gridline", OutageChange.JOINED)]


async def test_an_overlap_is_shown_and_published_only_by_who_knows_of_it(night: Night) -> None:
    first = await night.desk.publish(new(TP), ANNA)
    with pytest.raises(Overlapping, match="Д-1") as met:
        await night.desk.publish(new(ScopePart(settlement="Кемерово", street="Весенняя")), BORIS)
    assert [one.id for one in met.value.outages] == [first.id]
    with pytest.raises(Overlapping):
        await night.desk.publish(new(ScopePart(line="Ф-0")), BORIS)
    second = await night.desk.publish(new(ScopePart(line="Ф-0")), BORIS, beside=[first.id])
    assert second.code == "Д-2"
    await night.desk.publish(new(ScopePart(line="Ф-1")), BORIS)  # meets neither


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"expected_end": NOW - HOUR}, "не позже начала"),
        ({"expected_end": NOW - 5 * MINUTE}, "уже прошло"),
        ({"starts_at": NOW + HOUR}, "ещё не наступило"),
        ({"planned": True, "starts_at": NOW + HOUR}, "нужно ожидаемое время"),
    ],
)
async def test_times_that_cannot_be_are_refused_in_words(night: Night, facts: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        await night.desk.publish(new(TP, **facts), ANNA)
    async with night.db.read() as session:
        assert list(await session.scalars(select(Outage))) == []


async def test_nothing_is_published_of_nowhere(night: Night) -> None:
    with pytest.raises(InvalidInput, match="что отключено"):
        await night.desk.publish(new(ScopePart()), ANNA)


async def test_of_two_dispatchers_on_one_outage_the_second_is_told_who_was_first(night: Night) -> None:
    outage = await night.desk.publish(new(TP), ANNA)
    await night.desk.correct_hour(outage.id, 1, NOW + HOUR, ANNA)
    with pytest.raises(Overtaken, match="user:anna: исправлено время"):
        await night.desk.correct_hour(outage.id, 1, NOW + 2 * HOUR, BORIS)
    both = await asyncio.gather(
        night.desk.restore(outage.id, 2, NOW, ANNA),
        night.desk.restore(outage.id, 2, NOW, BORIS),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in both) == ["Outage", "Overtaken"]


async def test_widened_by_a_proposal_the_reports_of_the_new_part_join(night: Night) -> None:
    outage = await night.desk.publish(new(TP), ANNA)
    ids = [await night.report(HOMES[number]) for number in (0, 1, 2)]
    (proposal,) = await night.proposed()
    assert proposal.key == "feeder:Ф-0"  # the transformer that is off already counts for its feeder
    await night.desk.widen(outage.id, 1, [ScopePart(line="Ф-0")], BORIS, proposal_id=proposal.id)
    assert {(await night.stored(id)).outage_id for id in ids} == {outage.id}
    with pytest.raises(InvalidInput, match="уже в отключении"):
        await night.desk.widen(outage.id, 2, [ScopePart(line="Ф-0")], BORIS)


async def test_restored_is_provisional_until_confirmed(night: Night) -> None:
    outage = await night.desk.publish(new(TP), ANNA)
    with pytest.raises(InvalidInput, match="раньше, чем отключено"):
        await night.desk.restore(outage.id, 1, NOW - HOUR, ANNA)
    with pytest.raises(InvalidInput, match="ещё не наступило"):
        await night.desk.restore(outage.id, 1, NOW + MINUTE, ANNA)
    restored = await night.desk.restore(outage.id, 1, NOW, ANNA)
    assert (restored.status, restored.actual_end, restored.confirmed_at) == (OutageStatus.RESTORED, NOW, None)
    assert await night.off_at(HOMES[4]) == []
    assert (await night.desk.confirm(outage.id, ANNA)).confirmed_at == NOW
    with pytest.raises(Conflict):
        await night.desk.confirm(outage.id, ANNA)
    with pytest.raises(Conflict):
        await night.desk.correct_hour(outage.id, None, NOW + HOUR, ANNA)


async def test_still_dark_reopens_as_a_nested_outage_with_the_first_clock(night: Night) -> None:
    outage = await night.desk.publish(new(TP), ANNA)
    await night.desk.restore(outage.id, 1, NOW, ANNA)
    night.clock.advance(HOUR)
    dark = await night.report(HOMES[4])
    nested = await night.desk.reopen(outage.id, [ScopePart(premise_id=HOMES[4].id)], "gridline")
    assert (nested.parent_id, nested.starts_at) == (outage.id, outage.starts_at)
    assert (await night.stored(dark)).outage_id == nested.id
    assert [one.id for one in await night.off_at(HOMES[4])] == [nested.id]
    assert await night.off_at(HOMES[5]) == []  # whose light is on is told nothing else
    again = await night.desk.reopen(outage.id, [ScopePart(premise_id=HOMES[5].id)], "gridline")
    assert again.id == nested.id
    assert [one.id for one in await night.off_at(HOMES[5])] == [nested.id]
    assert (await night.desk.reopen(outage.id, [ScopePart(premise_id=HOMES[5].id)], "gridline")).id == nested.id


async def test_still_dark_of_a_place_that_was_never_in_it_reopens_nothing(night: Night) -> None:
    outage = await night.desk.publish(new(TP), ANNA)
    await night.desk.restore(outage.id, 1, NOW, ANNA)
    with pytest.raises(InvalidInput, match="не было"):
        await night.desk.reopen(outage.id, [ScopePart(premise_id=HOMES[9].id)], "gridline")


async def test_cancelled_by_mistake_made_its_reports_are_open_again_with_items(night: Night) -> None:
    ids = [await night.report(HOMES[number]) for number in (4, 5, 6)]
    outage = await night.desk.publish(new(TP), ANNA)
    with pytest.raises(InvalidInput, match="почему"):
        await night.desk.cancel(outage.id, 1, " ", ANNA)
    await night.desk.cancel(outage.id, 1, "Другая подстанция", ANNA)
    assert {(await night.stored(id)).closed_at for id in ids} == {None}
    assert len([one for one in await night.items() if one.ended_at is None]) == 3
    assert [one.key for one in await night.proposed()] == ["transformer:ТП-1"]


async def test_what_was_told_while_it_was_known_has_an_item_when_it_is_cancelled(night: Night) -> None:
    outage = await night.desk.publish(new(TP), ANNA)
    told = OutageContact("skek", Service.ELECTRICITY, NOW, call_id="c1", phone="+79000000004", premise=HOMES[4])
    async with night.db.write() as session:
        for contact in (told, replace(told, service=Service.WATER, call_id="c2")):
            await outage_reports.take(session, night.worklist, contact, outage)
    assert await night.items() == []
    night.clock.advance(HOUR)
    news: list[str] = []
    night.worklist.listeners.append(lambda changed: news.append(changed.item_id))
    await night.desk.cancel(outage.id, 1, "Другая подстанция", ANNA)
    opened = await night.items()
    assert {one.topic for one in opened} == {"outages", "water"}
    assert {(one.made_at, one.phone, one.ended_at) for one in opened} == {(NOW, "+79000000004", None)}
    assert sorted(news) == sorted(one.id for one in opened)


async def test_cancelled_by_a_feed_its_reports_are_open_again_and_each_has_an_item(night: Night) -> None:
    before = [await night.report(HOMES[number]) for number in (4, 5)]
    outage = await night.desk.publish(new(TP), ANNA)
    night.clock.advance(MINUTE)
    during = [await night.report(HOMES[number], known=outage) for number in (6, 7)]
    async with night.db.write() as session:
        await session.execute(update(Outage).values(status=OutageStatus.CANCELLED))
    await night.report(HOMES[7])  # says it again before the round: its place has an open item then
    for _ in range(3):
        await night.desk.refresh("skek")
    for id in (*before, *during):
        assert ((await night.stored(id)).outage_id, (await night.stored(id)).closed_at) == (None, None)
    listed = [(one.premise_id, one.ended_at, one.made_at, one.weight) for one in await night.items()]
    first = [(HOMES[number].id, None, NOW, 1) for number in (4, 5)]
    later = [(HOMES[number].id, None, NOW + MINUTE, 1) for number in (6, 7)]
    assert sorted(listed) == [*first, *later]
    assert [one.key for one in await night.proposed()] == ["transformer:ТП-1"]


async def test_reports_from_anywhere_can_be_joined_by_hand(night: Night) -> None:
    outage = await night.desk.publish(new(TP), ANNA)
    far = await night.report_at("", "", "")  # only a recording says where
    await night.desk.join(outage.id, [far], BORIS)
    assert (await night.stored(far)).outage_id == outage.id
    with pytest.raises(InvalidInput, match="среди открытых"):
        await night.desk.join(outage.id, [far], BORIS)


async def test_who_was_told_what_is_kept_and_counted(night: Night) -> None:
    outage = await night.desk.publish(new(TP), ANNA)
    async with night.db.write() as session:
        await tellings.told(session, outage.id, NOW, TellingWay.LINE, "Света нет", call_id="c1", phone="+79000000001")
        await tellings.told(session, outage.id, NOW + MINUTE, TellingWay.AGENT, "Включат к ночи", call_id="c2")
    async with night.db.read() as session:
        told = await tellings.of_outage(session, outage.id, visible_to=EVERYBODY)
        assert [(one.way, one.told) for one in told] == [
            (TellingWay.AGENT, "Включат к ночи"),
            (TellingWay.LINE, "Света нет"),
        ]
        assert await tellings.of_outage(session, outage.id, visible_to=Scope("mrsk")) == []
        assert await tellings.how_many(session, [outage.id]) == {outage.id: {TellingWay.LINE: 1, TellingWay.AGENT: 1}}


async def test_two_processes_propose_one_outage_once(night: Night, companies: Companies) -> None:
    for number in (4, 5, 6):
        await night.report(HOMES[number])
    second = OutageDesk(night.db, night.clock, companies, night.worklist, thresholds.of_installation(NOWHERE))
    await asyncio.gather(night.desk.refresh("skek"), second.refresh("skek"))
    assert len(await night.proposed()) == 1


async def test_only_the_houses_of_a_street_that_are_named_are_joined(night: Night) -> None:
    odd, even = [await night.report_at("п. Дальний", "ул. Новая", house, f"c{house}") for house in ("5", "6")]
    outage = await night.desk.publish(
        new(ScopePart(settlement="п. Дальний", street="ул. Новая", houses="1-15 нечётные")), ANNA
    )
    assert (await night.stored(odd)).outage_id == outage.id
    assert (await night.stored(even)).closed_at is None
    later = [await night.report_at("п. Дальний", "ул. Новая", house, f"d{house}") for house in ("7", "8")]
    await night.desk.refresh("skek")
    assert [(await night.stored(id)).outage_id for id in later] == [outage.id, None]


async def test_an_outage_of_one_branch_takes_nothing_of_another_branch(night: Night) -> None:
    """«Берёзовка» stands in both; a report whose branch nobody knows may be either's."""
    village = ScopePart(settlement="д. Берёзовка")
    told = OutageContact("skek", Service.ELECTRICITY, NOW, settlement="д. Берёзовка")
    north, south, unknown = [
        await night.told(replace(told, house=str(number), branch=branch))
        for number, branch in enumerate(("north", "south", ""), start=1)
    ]
    new = NewOutage("skek", Service.ELECTRICITY, (village,), NOW, branch="north")
    published = await night.desk.publish(new, ANNA)
    joined = {id: (await night.stored(id)).outage_id for id in (north, south, unknown)}
    assert joined == {north: published.id, south: None, unknown: published.id}
    await night.desk.refresh("skek")
    assert (await night.stored(south)).outage_id is None
    later = await night.told(replace(told, house="4", branch="north"))
    await night.desk.refresh("skek")
    assert (await night.stored(later)).outage_id == published.id
    with pytest.raises(Overlapping):
        await night.desk.publish(replace(new, branch=""), ANNA)
    other = await night.desk.publish(replace(new, branch="south"), BORIS)
    assert (await night.stored(south)).outage_id == other.id


async def test_premises_of_another_branch_are_no_overlap(night: Night) -> None:
    street = ScopePart(settlement="г. Кемерово", street="ул. Весенняя")
    async with night.db.write() as session:
        for one in await session.scalars(select(Premise)):
            one.branch = "north"
    await night.desk.publish(NewOutage("skek", Service.ELECTRICITY, (TP,), NOW, branch="north"), ANNA)
    with pytest.raises(Overlapping):
        await night.desk.publish(NewOutage("skek", Service.ELECTRICITY, (street,), NOW, branch="north"), ANNA)
    await night.desk.publish(NewOutage("skek", Service.ELECTRICITY, (street,), NOW, branch="south"), ANNA)


async def test_a_node_of_two_branches_is_shown_to_each_with_its_part_and_decided_by_who_sees_both(night: Night) -> None:
    """ТП-1 feeds houses 4 and 5 of the north, 6 and 7 of the south; the west has nothing of it."""
    async with night.db.write() as session:
        for one in await session.scalars(select(Premise)):
            one.branch = "north" if int(one.code) < 6 else "south"
    for home, branch in ((4, "north"), (5, "north"), (6, "south")):
        told = premises()[home]
        told.branch = branch
        await night.report(told)
    (proposal,) = await night.proposed()
    assert (proposal.key, proposal.branch) == ("transformer:ТП-1", "")

    async def seen(branch: str) -> list[tuple[int, dict[str, int], bool]]:
        async with night.db.read() as session:
            shown = await proposals.shown(session, "skek", visible_to=Scope("skek", branch))
        return [(one.reports, dict(one.branches), one.whole) for one in shown]

    assert await seen("") == [(3, {"north": 2, "south": 1}, True)]
    assert await seen("north") == [(2, {"north": 2}, False)]
    assert await seen("south") == [(1, {"south": 1}, False)]
    assert await seen("west") == []
    async with night.db.read() as session:
        with pytest.raises(Conflict, match="питает и другие филиалы"):
            await proposals.to_decide(session, proposal.id, visible_to=Scope("skek", "north"))
        with pytest.raises(OutOfScope):
            await proposals.find(session, proposal.id, visible_to=Scope("skek", "west"))
    with pytest.raises(InvalidInput, match="для всей компании"):
        await night.desk.publish(new(TP, proposal_id=proposal.id, branch="north"), ANNA)
    last = premises()[7]
    last.branch = "south"
    await night.report(last)
    await night.proposed()
    assert await seen("south") == [(2, {"south": 2}, False)]
    await night.desk.publish(new(TP, proposal_id=proposal.id), ANNA)
    assert await night.proposed() == []
    assert {one.ending for one in await night.items()} == {Ending.JOINED}
