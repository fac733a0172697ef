"""Whoever agreed is called, after a restoration or before planned works; a program that dies calls nobody twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from asterisk_conf.packages import PackageRoot
from carrier.errors import NotRung
from carrier.phone import Phone
from carrier.stories.installation import Installation
from grid.models import Premise, Subscriber, SubscriberKind
from grid.outages.models import Outage, OutageReport, OutageScope, OutageStatus, OutageTelling, Service, TellingWay
from gridline.clock import SystemClock
from gridline.db import new_id
from ivr.outbound.models import CallOutRecord
from ivr.voice import spoken
from ivr.voice.prompts import Prompt
from outreach import consents
from outreach.campaigns.models import CallState, CampaignCall, Said
from outreach.models import Consent, Purpose
from tests.faults.conftest import made
from tests.faults.injury import tell_executions, until_known
from worklist.models import WorkItem

pytestmark = pytest.mark.asyncio(loop_scope="session")

FULL = 34
"""Q.850: no circuit available."""
DAY_AND_NIGHT = "quiet:\n" + "".join(f"  - purpose: {one}\n    standing: default\n" for one in ("restored", "planned"))
FIRST, SECOND = "+79131209201", "+79131209202"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def calling_house(packages: PackageRoot, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installation]:
    """An installation that may call at any hour."""
    house = made(tmp_path_factory.mktemp("calling"), packages, {})
    (house.settings.dialplan / "quiet.yaml").write_text(DAY_AND_NIGHT, "utf-8")
    try:
        await house.start()
        await tell_executions(house)
        async with house.db.write() as session:
            session.add(
                Subscriber(id="s" * 32, company_id="skek", account="1", name="Иванов", kind=SubscriberKind.PERSON)
            )
            await session.flush()
            session.add(
                Premise(
                    id="p" * 32,
                    company_id="skek",
                    code="1",
                    subscriber_id="s" * 32,
                    branch="",
                    settlement="г. Кемерово",
                    street="ул. Весенняя",
                    house="5",
                    building="",
                    flat="",
                    address="г. Кемерово, ул. Весенняя, д. 5",
                    settlement_key="кемерово",
                    street_key="весенняя",
                    line="Ф-7",
                )
            )
        yield house
    finally:
        await house.stop()


@pytest.fixture
def first(calling_house: Installation) -> Phone:
    return calling_house.carrier.subscriber(FIRST)


async def restored(house: Installation, *phones: str) -> Outage:
    """An outage of the feeder that is over, as far as the dispatcher knows; these numbers asked to be told."""
    now = SystemClock().now()
    outage = Outage(
        id=new_id(),
        company_id="skek",
        code=new_id()[:8],
        service=Service.ELECTRICITY,
        planned=False,
        status=OutageStatus.RESTORED,
        cause="обрыв провода",
        starts_at=now - timedelta(hours=2),
        expected_end=None,
        actual_end=now,
        confirmed_at=None,
    )
    async with house.db.write() as session:
        session.add(outage)
        await session.flush()
        session.add(OutageScope(outage_id=outage.id, line="Ф-7"))
        for phone in phones:
            session.add(
                OutageReport(
                    company_id="skek",
                    call_id=new_id(),
                    service=Service.ELECTRICITY,
                    premise_id="p" * 32,
                    reported_at=now - timedelta(hours=2),
                    last_at=now - timedelta(hours=2),
                    phone=phone,
                    outage_id=outage.id,
                    closed_at=now - timedelta(hours=1),
                )
            )
            consent = Consent(
                company_id="skek",
                phone=phone,
                purpose=Purpose.RESTORED,
                given_at=now - timedelta(hours=2),
                call_id=new_id(),
                recording_id=None,
                asked="Позвонить вам, когда включат свет?",
                subject_id=outage.id,
                withdrawn_at=None,
                withdrawn_call_id=None,
            )
            await consents.give(session, consent)
    return outage


async def answers(house: Installation, phone: Phone, key: str, reply: str) -> None:
    """A person answers, hears the robot out and presses a key; they hear `reply`."""
    phone.answers(after_s=0.3)
    leg = await phone.answered(30)
    await leg.hears(await house.voice.render(["out-robot"], "skek"), 10)
    await leg.hears(await house.voice.render([Prompt("out-restored-ask", what="свет")], "skek"), 20)
    await leg.press(key)
    await leg.hears(await house.voice.render([reply], "skek"), 20)
    await leg.waits_for_hangup(20)


async def outage_of(house: Installation, id: str) -> Outage:
    async with house.db.read() as session:
        return await session.get_one(Outage, id)


async def call_of(house: Installation, phone: str, outage_id: str | None = None) -> CampaignCall:
    async with house.db.read() as session:
        query = select(CampaignCall).where(CampaignCall.phone == phone).order_by(CampaignCall.next_at.desc())
        found = (await session.scalars(query)).first()
    assert found is not None
    return found


async def test_one_no_opens_the_outage_again_and_the_next_yes_closes_it(
    calling_house: Installation, first: Phone
) -> None:
    house, outer = calling_house, await restored(calling_house, FIRST)
    await answers(house, first, "2", "out-still-dark")

    async def nested() -> Outage | None:
        async with house.db.read() as session:
            found: Outage | None = await session.scalar(select(Outage).where(Outage.parent_id == outer.id))
        return found

    again = await until_known(nested, "the nested outage", 10)
    assert (again.status, again.starts_at) == (OutageStatus.ACTIVE, outer.starts_at)
    async with house.db.read() as session:
        (scope,) = await session.scalars(select(OutageScope).where(OutageScope.outage_id == again.id))
        told = await session.scalar(select(OutageTelling).where(OutageTelling.outage_id == outer.id))
    assert scope.premise_id == "p" * 32
    assert told is not None
    assert (told.way, told.phone) == (TellingWay.CALL_OUT, FIRST)

    async with house.db.write() as session:
        now = SystemClock().now()
        over = {"status": OutageStatus.RESTORED, "actual_end": now}
        await session.execute(update(Outage).where(Outage.id == again.id).values(over))
    await answers(house, first, "1", "out-restored-yes")

    async def confirmed() -> Outage | None:
        found = await outage_of(house, again.id)
        return found if found.confirmed_at else None

    await until_known(confirmed, "the confirmation", 20)


async def test_whoever_says_stop_is_called_no_more(calling_house: Installation, first: Phone) -> None:
    outage = await restored(calling_house, FIRST)
    await answers(calling_house, first, "9", "consent-withdrawn")
    async with calling_house.db.read() as session:
        assert await consents.of_subject(session, "skek", Purpose.RESTORED, outage.id) == []

    async def said() -> CampaignCall | None:
        call = await call_of(calling_house, FIRST)
        return call if call.said is Said.STOP else None

    await until_known(said, "what they said", 10)


async def test_whoever_hangs_up_during_the_goodbye_has_answered(calling_house: Installation, first: Phone) -> None:
    house, outage = calling_house, await restored(calling_house, FIRST)
    first.answers(after_s=0.3)
    leg = await first.answered(30)
    await leg.hears(await house.voice.render([Prompt("out-restored-ask", what="свет")], "skek"), 30)
    await leg.press("1")

    async def stored() -> OutageTelling | None:
        async with house.db.read() as session:
            found: OutageTelling | None = await session.scalar(
                select(OutageTelling).where(OutageTelling.outage_id == outage.id)
            )
        return found

    await until_known(stored, "what they said", 10)
    await leg.hang_up()

    async def ended() -> CampaignCall | None:
        call = await call_of(house, FIRST)
        return call if call.state is not CallState.DIALLING else None

    call = await until_known(ended, "the end of the call", 20)
    assert (call.state, call.said) == (CallState.DONE, Said.YES)


async def test_planned_works_are_told_before_them_and_a_key_ends_such_calls(
    calling_house: Installation, first: Phone
) -> None:
    house, now, zone = calling_house, SystemClock().now(), calling_house.companies.by_id("skek").zone
    starts, ends = now + timedelta(hours=20), now + timedelta(hours=23)
    async with house.db.write() as session:
        consent = Consent(
            company_id="skek",
            phone=FIRST,
            purpose=Purpose.PLANNED,
            given_at=now - timedelta(days=9),
            call_id=new_id(),
            asked="Предупреждать вас?",
            subject_id="p" * 32,
        )
        await consents.give(session, consent)
        outage = Outage(
            id=new_id(),
            company_id="skek",
            code=new_id()[:8],
            service=Service.ELECTRICITY,
            planned=True,
            status=OutageStatus.ANNOUNCED,
            cause="замена опор",
            starts_at=starts,
            expected_end=ends,
        )
        session.add(outage)
        await session.flush()
        session.add(OutageScope(outage_id=outage.id, line="Ф-7"))
    first.answers(after_s=0.3)
    leg = await first.answered(30)
    await leg.hears(await house.voice.render(["out-robot"], "skek"), 20)
    place = spoken.address("г. Кемерово, ул. Весенняя, д. 5")
    words = Prompt("out-planned", places=place, what="света", period=spoken.period(starts, ends, now, zone))
    await leg.hears(await house.voice.render([words], "skek"), 30)
    await leg.hears(await house.voice.render(["out-planned-menu"], "skek"), 30)
    await leg.press("9")
    await leg.hears(await house.voice.render(["consent-withdrawn"], "skek"), 20)
    await leg.waits_for_hangup(20)

    async def said() -> CampaignCall | None:
        call = await call_of(house, FIRST)
        return call if call.said is Said.STOP else None

    await until_known(said, "what they said", 10)
    async with house.db.read() as session:
        assert (await session.get_one(Consent, consent.id)).withdrawn_at is not None
        told = await session.scalar(select(OutageTelling).where(OutageTelling.outage_id == outage.id))
    assert told is not None
    assert (told.way, told.phone) == (TellingWay.CALL_OUT, FIRST)


async def test_a_full_trunk_costs_nobody_a_try(calling_house: Installation) -> None:
    phone = calling_house.carrier.subscriber(SECOND)
    phone.rejects(FULL)
    await restored(calling_house, SECOND)
    await phone.rung(30)

    async def put_off() -> CampaignCall | None:
        call = await call_of(calling_house, SECOND)
        return call if call.state is CallState.WAITING and call.next_at > SystemClock().now() else None

    assert (await until_known(put_off, "the next try", 10)).attempts == 0


async def test_a_controller_killed_in_mid_campaign_calls_nobody_twice(calling_house: Installation) -> None:
    killed, waiting = "+79131209203", "+79131209204"
    ringing, other = (calling_house.carrier.subscriber(number) for number in (killed, waiting))
    ringing.does_not_answer()
    other.does_not_answer()
    await restored(calling_house, killed)
    await ringing.rung(30)
    calling_house.controller.kill()
    async with calling_house.db.write() as session:
        past = SystemClock().now() - timedelta(seconds=1)
        mine = CampaignCall.phone == killed
        await session.execute(update(CampaignCall).where(mine).values(leased_until=past))

    async def given_up() -> CampaignCall | None:
        call = await call_of(calling_house, killed)
        return call if call.state is CallState.DONE else None

    assert (await until_known(given_up, "its end", 60)).result is None
    await restored(calling_house, waiting)
    await other.rung(30)
    with pytest.raises(NotRung):
        await ringing.rung(0.1)
    async with calling_house.db.read() as session:
        (placed,) = await session.scalars(select(CallOutRecord).where(CallOutRecord.phone == killed))
        assert placed.result is None
        assert await session.scalar(select(WorkItem).where(WorkItem.phone == killed)) is None
