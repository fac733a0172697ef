"""Campaigns before planned works: who is called the day before, and what becomes of it when the works change."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from grid.models import Premise, Subscriber, SubscriberKind
from grid.outages import tellings
from grid.outages.models import Outage, OutageScope, OutageStatus, OutageTelling, Service, TellingWay
from gridline.clock import SetClock
from gridline.companies import Companies
from gridline.db import Database, new_id
from gridline.scope import Scope
from gridline.settings import HOUSE
from ivr.outbound.campaigns.planned import PlannedScript
from outreach import campaigns, consents, quiet
from outreach.campaigns import Claimed, instead, planned, progress
from outreach.campaigns.models import CampaignState, Said
from outreach.campaigns.progress import Progress
from outreach.messages import Messages
from outreach.models import Consent, MessageOut, MessageState, Purpose
from tests.store.promises.shop import CALLER, HANGS_UP, opened
from worklist.codes import AttemptResult

NOW = datetime(2026, 11, 28, 5, 0, tzinfo=UTC)
STARTS, ENDS = NOW + timedelta(hours=20), NOW + timedelta(hours=24)
HOUSES = {"+79131203401": "1", "+79131203402": "2", "+79131203403": "3"}
"""By number, the house of the only street where it agreed to be warned."""
FIRST, SECOND, THIRD = HOUSES


@pytest_asyncio.fixture
async def street(db: Database) -> dict[str, str]:
    """By number, the premise (id) about which it agreed; the third is fed by a transformer that the others are not."""
    async with db.write() as session:
        own = Subscriber(company_id="skek", account="1", name="Иванов", kind=SubscriberKind.PERSON)
        session.add(own)
        await session.flush()
        found = {phone: _premise(own.id, house) for phone, house in HOUSES.items()}
        session.add_all(found.values())
        await session.flush()
        ids = {phone: premise.id for phone, premise in found.items()}
    for phone, id in ids.items():
        await agree(db, phone, id)
    return ids


def _premise(subscriber_id: str, house: str) -> Premise:
    return Premise(
        company_id="skek",
        code=house,
        subscriber_id=subscriber_id,
        branch="",
        settlement="г. Кемерово",
        street="ул. Весенняя",
        house=house,
        building="",
        flat="",
        address=f"г. Кемерово, ул. Весенняя, д. {house}",
        settlement_key="кемерово",
        street_key="весенняя",
        line="Ф-7",
        transformer="ТП-3" if house == "3" else "ТП-1",
    )


async def agree(
    db: Database, phone: str, premise: str, purpose: Purpose = Purpose.PLANNED, at: datetime = NOW - timedelta(days=9)
) -> None:
    consent = Consent(
        company_id="skek",
        phone=phone,
        purpose=purpose,
        given_at=at,
        call_id=new_id(),
        asked="Предупреждать вас?",
        subject_id=premise,
    )
    async with db.write() as session:
        await consents.give(session, consent)


async def works(db: Database, houses: str = "", **facts: object) -> str:
    """Planned works in these houses of the street, tomorrow; their id."""
    outage = Outage(
        company_id="skek",
        code=new_id()[:6],
        service=Service.ELECTRICITY,
        planned=True,
        status=OutageStatus.ANNOUNCED,
        cause="",
        starts_at=STARTS,
        expected_end=ENDS,
    )
    for name, value in facts.items():
        setattr(outage, name, value)
    async with db.write() as session:
        session.add(outage)
        await session.flush()
        session.add(_part(outage.id, houses))
    return outage.id


def _part(outage_id: str, houses: str) -> OutageScope:
    place = {"settlement": "г. Кемерово", "street": "ул. Весенняя", "houses": houses}
    return OutageScope(outage_id=outage_id, settlement_key="кемерово", street_key="весенняя", **place)


async def change(db: Database, outage_id: str, **facts: object) -> None:
    """As whoever keeps the outage does."""
    async with db.write() as session:
        outage = await session.get_one(Outage, outage_id)
        outage.version += 1
        for name, value in facts.items():
            setattr(outage, name, value)


async def round_of(db: Database, now: datetime = NOW) -> int:
    """What a round of the job does about planned works; how many campaigns it made."""
    async with db.write() as session:
        await planned.end(session, now)
    async with db.read() as session:
        found = await planned.ahead(session, now)
    async with db.write() as session:
        return len([one for one in found if await planned.take_in(session, one, now)])


async def claim(db: Database, at: datetime = NOW) -> dict[str, Claimed]:
    """The calls that are due, by number, in this process's hands."""
    async with db.write() as session:
        return {one.phone: one for one in await campaigns.claim(session, "skek", at, 10)}


async def finish(db: Database, call: Claimed, said: Said | None) -> None:
    result = AttemptResult.TALKED if said else AttemptResult.NO_ANSWER
    async with db.write() as session:
        await campaigns.finish(session, call.id, result, said, NOW, None)


async def far(db: Database) -> list[Progress]:
    async with db.read() as session:
        return await progress.latest(session, "skek", Purpose.PLANNED, visible_to=Scope(), most=10)


async def write(db: Database, at: datetime = NOW) -> int:
    """The end of a round: messages to whom no call reached; how many."""
    companies = Companies.load(HOUSE / "dialplan/companies")
    hours = quiet.of_installation(HOUSE / "dialplan")
    messages = Messages(db, SetClock(at), companies, hours, {}, asyncio.Queue())
    async with db.write() as session:
        written = await instead.write(session, messages, companies, at)
        await campaigns.settle(session, at)
        return written


async def test_who_agreed_is_called_once_in_the_day_before(db: Database, street: dict[str, str]) -> None:
    async with db.write() as session:
        await consents.withdraw(session, "skek", THIRD, at=NOW, call_id=None)
    await agree(db, "+79131203409", street[THIRD], Purpose.PLANNED_MESSAGE)
    await works(db, "2-3")
    assert await round_of(db, STARTS - timedelta(hours=25)) == 0
    assert sum(await asyncio.gather(*(round_of(db) for _ in range(3)))) == 1
    assert await round_of(db) == 0
    (call,) = (await claim(db)).values()
    assert (call.phone, call.purpose, call.before) == (SECOND, Purpose.PLANNED, STARTS)
    assert await claim(db) == {}
    await finish(db, call, Said.TOLD)
    assert await round_of(db) == 0
    assert await claim(db) == {}
    await works(db, starts_at=NOW + timedelta(days=3))
    await works(db, planned=False, status=OutageStatus.ACTIVE)
    assert await round_of(db) == 0


async def test_who_heard_of_the_works_as_they_agreed_is_called_only_when_they_are_moved(
    db: Database, street: dict[str, str]
) -> None:
    id = await works(db, "1")
    async with db.write() as session:
        (consent,) = await session.scalars(select(Consent).where(Consent.phone == FIRST))
        await tellings.told(session, id, NOW, TellingWay.LINE, "Завтра с восьми", consent.call_id, FIRST)
    assert await round_of(db) == 1
    assert await claim(db) == {}
    assert await write(db) == 0
    (found,) = await far(db)
    assert (found.campaign.state, found.whole) == (CampaignState.DONE, 0)
    await change(db, id)
    await round_of(db)
    assert await claim(db) == {}
    await change(db, id, starts_at=STARTS + timedelta(hours=2))
    await round_of(db)
    assert list(await claim(db)) == [FIRST]


async def test_works_at_another_hour_are_told_anew_and_another_end_is_not(db: Database, street: dict[str, str]) -> None:
    id = await works(db, "1,2")
    await round_of(db)
    calls = await claim(db)
    await finish(db, calls[FIRST], Said.TOLD)
    await change(db, id, expected_end=ENDS + timedelta(hours=1))
    async with db.write() as session:
        assert await campaigns.renew(session, calls[SECOND], NOW) is None, "its places are to be looked at first"
    assert await round_of(db) == 0
    assert list(await claim(db)) == [SECOND]
    await change(db, id, starts_at=STARTS + timedelta(hours=2))
    assert await round_of(db) == 1
    assert sorted(await claim(db)) == [FIRST, SECOND]
    assert sorted(one.campaign.state for one in await far(db)) == [CampaignState.LAPSED, CampaignState.RUNNING]


async def test_cancelled_works_are_told_to_nobody(db: Database, street: dict[str, str]) -> None:
    id = await works(db)
    await agree(db, FIRST, street[FIRST], Purpose.PLANNED_MESSAGE)
    await round_of(db)
    calls = await claim(db)
    await finish(db, calls[FIRST], None)
    assert await write(db) == 1
    await change(db, id, status=OutageStatus.CANCELLED)
    async with db.write() as session:
        assert await campaigns.renew(session, calls[SECOND], NOW) is None
    assert await round_of(db) == 0
    assert await claim(db) == {}
    (found,) = await far(db)
    assert (found.campaign.state, found.waiting, found.written) == (CampaignState.LAPSED, 0, 1)
    async with db.read() as session:
        assert list(await session.scalars(select(MessageOut.state))) == [MessageState.WITHDRAWN]


async def test_places_that_join_or_leave_the_works_join_or_leave_the_campaign(
    db: Database, street: dict[str, str]
) -> None:
    id = await works(db, "1")
    await round_of(db)
    await finish(db, (await claim(db))[FIRST], Said.TOLD)
    async with db.write() as session:
        await campaigns.settle(session, NOW)
        session.add(OutageScope(outage_id=id, transformer="ТП-3"))
        await session.flush()
    await change(db, id)
    await round_of(db)
    async with db.write() as session:
        for part in await session.scalars(select(OutageScope).where(OutageScope.transformer == "ТП-3")):
            await session.delete(part)
        session.add(_part(id, "2"))
    await change(db, id)
    await round_of(db)
    assert list(await claim(db)) == [SECOND]


async def test_whom_no_call_reached_gets_a_message_if_they_agreed_to_one(db: Database, street: dict[str, str]) -> None:
    id = await works(db)
    for phone in (FIRST, THIRD):
        await agree(db, phone, street[phone], Purpose.PLANNED_MESSAGE)
    await round_of(db)
    calls = await claim(db)
    await finish(db, calls[FIRST], None)
    await finish(db, calls[SECOND], None)
    async with db.write() as session:
        await campaigns.put_off(session, calls[THIRD].id, calls[THIRD].leased_until, STARTS)
    assert [await write(db), await write(db)] == [1, 0]
    await round_of(db, STARTS)  # the third was never called: it was night
    assert [await write(db, STARTS), await write(db, STARTS)] == [1, 0]
    async with db.read() as session:
        (message,) = await session.scalars(select(MessageOut).where(MessageOut.to == FIRST))
        (telling,) = await session.scalars(select(OutageTelling).where(OutageTelling.phone == FIRST))
    assert message.subject_id == id
    assert message.text == "ООО «СКЭК»: 29.11 с 08:00 до 12:00 не будет света, плановые работы."
    assert (telling.way, telling.told) == (TellingWay.MESSAGE, message.text)
    (found,) = await far(db)
    assert (found.campaign.state, found.written, found.unreached) == (CampaignState.DONE, 2, 1)


async def test_a_stopped_campaign_ends_with_the_works_and_writes_nothing(db: Database, street: dict[str, str]) -> None:
    await works(db, "1")
    await agree(db, FIRST, street[FIRST], Purpose.PLANNED_MESSAGE)
    await round_of(db)
    (found,) = await far(db)
    async with db.write() as session:
        await campaigns.set_state(session, found.campaign.id, CampaignState.STOPPED, "user:d", NOW, visible_to=Scope())
    await round_of(db, STARTS)
    assert await write(db, STARTS) == 0
    (found,) = await far(db)
    assert (found.campaign.state, found.unreached) == (CampaignState.DONE, 1)


@pytest.mark.parametrize(
    ("keys", "said", "told"),
    [(("", ""), Said.TOLD, 1), (("*", HANGS_UP), Said.TOLD, 2), (("9",), Said.STOP, 1)],
    ids=["silence", "again, then hung up", "no more"],
)
async def test_who_heard_the_words_was_told_and_may_ask_for_no_more(
    sample_template: Path, tmp_path: Path, keys: tuple[str, ...], said: Said, told: int
) -> None:
    async with opened(sample_template, tmp_path, "out-planned", "withdrawal") as shop:
        home = await shop.premise()
        await agree(shop.db, CALLER, home.id)
        id = await works(shop.db)
        async with shop.db.write() as session:
            session.add(OutageScope(outage_id=id, premise_id=home.id))
        call = Claimed(new_id(), new_id(), "skek", id, CALLER, 0, NOW, Purpose.PLANNED, STARTS)
        script = PlannedScript(shop.db, shop.services.clock)
        assert await script.speak(call, shop.caller(*keys)) == said
        assert len(shop.kept) == told
        async with shop.db.read() as session:
            (telling,) = await session.scalars(select(OutageTelling).where(OutageTelling.outage_id == id))
            (consent,) = await session.scalars(select(Consent))
        assert (telling.way, "out-planned" in telling.told) == (TellingWay.CALL_OUT, True)
        assert (consent.withdrawn_at is None) == (said is Said.TOLD)
