"""Campaigns: who is called about a restoration, by whom, how often, and what is never done twice."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from grid.outages.models import Outage, OutageStatus, Service
from gridline.clock import SetClock
from gridline.db import Database, new_id
from gridline.errors import NotFound
from gridline.scope import OutOfScope, Scope
from gridline.settings import HOUSE
from outreach import campaigns, consents
from outreach.campaigns import making, progress
from outreach.campaigns.models import CallState, Campaign, CampaignCall, CampaignState, Said
from outreach.campaigns.progress import Progress
from outreach.models import Consent, Purpose
from worklist import clocks
from worklist.codes import AttemptResult, Ending, ItemKind
from worklist.worklist import Matter, Worklist

NOW = datetime(2026, 11, 28, 5, 0, tzinfo=UTC)
ALL = Scope()
FIRST, SECOND = "+79131203402", "+79131203403"


async def restored(db: Database, *phones: str, parent_id: str | None = None) -> str:
    """A provisional restoration that these numbers want to be told of; its id."""
    id = new_id()
    async with db.write() as session:
        session.add(
            Outage(
                id=id,
                company_id="skek",
                code=id[:6],
                service=Service.ELECTRICITY,
                planned=False,
                status=OutageStatus.RESTORED,
                cause="",
                starts_at=NOW - timedelta(hours=3),
                expected_end=None,
                actual_end=NOW,
                parent_id=parent_id,
                confirmed_at=None,
            )
        )
    for phone in phones:
        await agree(db, id, phone)
    return id


async def agree(db: Database, outage_id: str, phone: str) -> None:
    consent = Consent(
        company_id="skek",
        phone=phone,
        purpose=Purpose.RESTORED,
        given_at=NOW,
        call_id=new_id(),
        recording_id=None,
        asked="Позвонить вам?",
        subject_id=outage_id,
        withdrawn_at=None,
        withdrawn_call_id=None,
    )
    async with db.write() as session:
        await consents.give(session, consent)


async def turns(db: Database, outage_id: str, status: OutageStatus) -> None:
    async with db.write() as session:
        (await session.get_one(Outage, outage_id)).status = status


async def renew(db: Database, held: campaigns.Claimed, at: datetime = NOW) -> campaigns.Claimed | None:
    async with db.write() as session:
        return await campaigns.renew(session, held, at)


async def state_of(db: Database, call_id: str) -> CallState:
    async with db.read() as session:
        return (await session.get_one(CampaignCall, call_id)).state


async def make(db: Database) -> int:
    async with db.write() as session:
        return len(await making.make_missing(session, NOW))


async def claim(db: Database, most: int = 10, at: datetime = NOW) -> list[campaigns.Claimed]:
    async with db.write() as session:
        return await campaigns.claim(session, "skek", at, most)


async def finish(db: Database, call_id: str, said: Said | None, *, again: datetime | None = None) -> None:
    result = AttemptResult.TALKED if said else AttemptResult.NO_ANSWER
    async with db.write() as session:
        await campaigns.finish(session, call_id, result, said, NOW, again)
        await campaigns.settle(session, NOW)


async def far(db: Database) -> Progress:
    """How far the only campaign is."""
    async with db.read() as session:
        (found,) = await progress.latest(session, "skek", Purpose.RESTORED, visible_to=ALL, most=10)
    return found


async def test_a_restoration_calls_once_whoever_asked_for_it(db: Database) -> None:
    await restored(db, FIRST, SECOND, FIRST)
    assert await make(db) == 1
    assert await make(db) == 0
    assert sorted(one.phone for one in await claim(db)) == [FIRST, SECOND]
    assert await claim(db) == []


async def test_two_processes_make_one_campaign(db: Database) -> None:
    for number in range(5):
        await restored(db, f"+7913120350{number}")
    assert sum(await asyncio.gather(*(make(db) for _ in range(4)))) == 5
    assert len(await claim(db)) == 5


async def test_nobody_is_told_that_supply_is_back_when_it_is_gone_again(db: Database) -> None:
    id = await restored(db, FIRST, SECOND)
    await make(db)
    held, other = await claim(db)
    async with db.write() as session:
        await campaigns.put_off(session, other.id, other.leased_until, NOW)
    await turns(db, id, OutageStatus.ACTIVE)
    assert await claim(db) == []
    assert await renew(db, held) is None, "its turn has come, and the lights are out"
    assert await make(db) == 0
    found = await far(db)
    assert (found.campaign.state, found.waiting, found.dialling) == (CampaignState.LAPSED, 0, 0)
    with pytest.raises(NotFound):
        async with db.write() as session:
            await campaigns.set_state(
                session, found.campaign.id, CampaignState.RUNNING, "user:disp", NOW, visible_to=ALL
            )
    await turns(db, id, OutageStatus.RESTORED)
    async with db.read() as session:
        assert await campaigns.provisional(session) == []
    assert await make(db) == 1
    assert sorted(one.phone for one in await claim(db)) == [FIRST, SECOND]


async def test_who_agreed_while_it_was_being_restored_is_called_too(db: Database) -> None:
    id = await restored(db, FIRST)
    await make(db)
    (first,) = await claim(db)
    await finish(db, first.id, Said.YES)
    assert (await far(db)).campaign.state is CampaignState.DONE
    await agree(db, id, FIRST)
    await agree(db, id, SECOND)
    assert await make(db) == 0
    (late,) = await claim(db)
    assert late.phone == SECOND
    assert (await far(db)).campaign.state is CampaignState.RUNNING
    async with db.read() as session:
        assert await campaigns.provisional(session) == []
    await finish(db, late.id, Said.YES)
    assert await make(db) == 0
    assert (await far(db)).campaign.state is CampaignState.DONE


async def test_who_agreed_when_the_restoration_was_confirmed_already_is_called_all_the_same(db: Database) -> None:
    ids = [await restored(db, FIRST), await restored(db)]
    assert await make(db) == 2
    (first,) = await claim(db)
    await finish(db, first.id, Said.YES)
    async with db.write() as session:
        for id in ids:
            (await session.get_one(Outage, id)).confirmed_at = NOW
    for id in ids:
        await agree(db, id, SECOND)
    await make(db)
    assert [one.phone for one in await claim(db)] == [SECOND, SECOND], "one of each outage"
    async with db.read() as session:
        assert await campaigns.provisional(session) == []
    id = await restored(db)  # confirmed before any campaign was made of it
    async with db.write() as session:
        (await session.get_one(Outage, id)).confirmed_at = NOW
    assert await make(db) == 0, "nobody agreed to be told"
    await agree(db, id, FIRST)
    assert await make(db) == 1
    assert [one.phone for one in await claim(db)] == [FIRST]
    late = NOW + making.LATE
    id = await restored(db)
    async with db.write() as session:
        (await session.get_one(Outage, id)).confirmed_at = NOW
        await session.flush()
    await agree(db, id, SECOND)
    async with db.write() as session:
        assert await making.make_missing(session, late) == [], "by then it tells nobody anything"


async def test_a_call_whose_turn_comes_late_is_looked_at_again(db: Database) -> None:
    await restored(db, FIRST, SECOND)
    await make(db)
    late = NOW + timedelta(minutes=4)
    held = {one.phone: one for one in await claim(db)}
    renewed = await renew(db, held[FIRST], late)
    assert renewed is not None
    assert renewed.leased_until == late + campaigns.LEASE
    assert await renew(db, held[FIRST], late) is None, "the lease that it was claimed on is gone"
    async with db.write() as session:
        await campaigns.put_off(session, held[FIRST].id, held[FIRST].leased_until, late)
        await consents.withdraw(session, "skek", SECOND, at=NOW, call_id=None)
    assert await state_of(db, held[FIRST].id) is CallState.DIALLING
    assert await renew(db, held[SECOND], late) is None
    assert await state_of(db, held[SECOND].id) is CallState.DONE
    async with db.write() as session:
        (await session.get_one(Campaign, renewed.campaign_id)).state = CampaignState.STOPPED
    assert await renew(db, renewed, late) is None
    assert await state_of(db, renewed.id) is CallState.WAITING


async def test_two_processes_never_take_the_same_call(db: Database) -> None:
    await restored(db, *(f"+7913120{number:04}" for number in range(20)))
    await make(db)
    taken = [one.phone for part in await asyncio.gather(*(claim(db, 7) for _ in range(4))) for one in part]
    assert len(taken) == len(set(taken)) == 20


async def test_a_consent_withdrawn_in_mid_campaign_is_kept_to(db: Database) -> None:
    await restored(db, FIRST, SECOND)
    await make(db)
    async with db.write() as session:
        assert await consents.withdraw(session, "skek", SECOND, at=NOW, call_id=None) == 1
    (only,) = await claim(db)
    assert only.phone == FIRST
    found = await far(db)
    assert (found.waiting, found.dialling, found.unreached) == (0, 1, 1)


async def test_who_is_not_reached_is_tried_again_and_then_not(db: Database) -> None:
    await restored(db, FIRST)
    await make(db)
    (first,) = await claim(db)
    later = NOW + timedelta(minutes=15)
    await finish(db, first.id, None, again=later)
    assert await claim(db) == []
    (second,) = await claim(db, at=later)
    assert second.attempts == 1
    await finish(db, second.id, None)
    found = await far(db)
    assert (found.campaign.state, found.unreached) == (CampaignState.DONE, 1)


async def test_what_a_dead_process_had_in_hand_is_found(db: Database) -> None:
    await restored(db, FIRST)
    await make(db)
    (left,) = await claim(db)
    async with db.write() as session:
        assert await campaigns.abandoned(session, NOW) == []
        (found,) = await campaigns.abandoned(session, NOW + campaigns.LEASE + timedelta(seconds=1))
        assert found.id == left.id
        await campaigns.give_up(session, left.id, NOW)
        await campaigns.settle(session, NOW)
    assert await claim(db) == []
    assert (await far(db)).unreached == 1


async def test_one_no_is_called_again_when_the_nested_outage_is_restored(db: Database) -> None:
    outer = await restored(db, FIRST, SECOND)
    await make(db)
    for call in await claim(db):
        await finish(db, call.id, Said.NO if call.phone == FIRST else Said.YES)
    async with db.read() as session:
        ((outage, answered),) = await campaigns.provisional(session)
    assert (outage.id, answered) == (outer, True)
    await restored(db, parent_id=outer)
    assert await make(db) == 1
    assert [one.phone for one in await claim(db)] == [FIRST]


async def test_a_restoration_is_not_confirmed_while_a_no_waits_for_a_dispatcher(db: Database) -> None:
    id = await restored(db, FIRST, SECOND)
    await make(db)
    worklist = Worklist(db, SetClock(NOW + timedelta(minutes=5)), clocks.of_installation(HOUSE / "dialplan"))

    async def item(phone: str) -> str:
        return (await worklist.open(Matter(ItemKind.OUTAGE_REPORT, "skek", f"outage-report:{phone}", phone=phone))).id

    async def provisional() -> list[tuple[str, bool]]:
        async with db.read() as session:
            return [(outage.id, answered) for outage, answered in await campaigns.provisional(session)]

    waits = await item(FIRST)
    await item(SECOND)  # of whoever said yes it is another matter
    for call in await claim(db):
        await finish(db, call.id, Said.NO if call.phone == FIRST else Said.YES)
    assert await provisional() == []
    await worklist.end(waits, "user:disp", Ending.UNFOUNDED)
    assert await provisional() == [(id, True)]


async def test_a_person_stops_a_campaign_and_lets_it_go_on(db: Database) -> None:
    await restored(db, FIRST)
    await make(db)
    id = (await far(db)).campaign.id

    async def set_state(state: CampaignState, visible_to: Scope = ALL) -> None:
        async with db.write() as session:
            await campaigns.set_state(session, id, state, "user:disp", NOW, visible_to=visible_to)

    await set_state(CampaignState.STOPPED)
    assert await claim(db) == []
    await set_state(CampaignState.RUNNING)
    (call,) = await claim(db)
    with pytest.raises(OutOfScope):
        await set_state(CampaignState.STOPPED, Scope("mrsk-centra"))
    await finish(db, call.id, Said.YES)
    with pytest.raises(NotFound):
        await set_state(CampaignState.STOPPED)
    async with db.read() as session:
        _, (listed,) = await progress.find(session, id, visible_to=ALL)
        with pytest.raises(OutOfScope):
            await progress.find(session, id, visible_to=Scope("mrsk-centra"))
    assert listed.state is CallState.DONE
