"""Every talk with the person outside is a leg of its call: from a queue, by transfer, after a reload, called by us."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from gridline.db import Database
from ivr.journal.models import CallLeg, LegDevice, LegKind, call_id
from ivr.reception.call_legs import CallLegs
from ivr.telephony import events as ev
from ivr.telephony.events import Channel
from ivr.telephony.state import LiveChannel, Snapshot

START = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
BOOT = "2026-11-22T04:00:00"
ANNA = Channel("1.1", "1.1", "PJSIP/trunk-00000001", "+79131203499", "skek", "78005009494", 10)
OLGA = Channel("1.2", "1.1", "PJSIP/101-web-00000002", "")
OLGA_ASKS = Channel("1.3", "1.3", "PJSIP/101-web-00000003", "")
IGOR = Channel("1.4", "1.3", "PJSIP/102-00000004", "")
CREW = Channel("1.5", "1.1", "PJSIP/trunk-00000005", "")
OLGA_CALLS = Channel("2.1", "2.1", "PJSIP/101-00000006", "")
BORIS = Channel("2.2", "2.1", "PJSIP/trunk-00000007", "+79131203400")


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def together(seconds: float, bridge: str, *channels: Channel) -> list[ev.Event]:
    return [ev.BridgeEntered(after(seconds), channel, bridge) for channel in channels]


def legs_of(db: Database) -> CallLegs:
    return CallLegs(db, "node1", lambda: BOOT)


async def kept(db: Database, legs: CallLegs, *events: ev.Event) -> Sequence[CallLeg]:
    for event in events:
        legs.on_event(event)
    await legs.write()
    async with db.read() as session:
        return (await session.scalars(select(CallLeg).order_by(CallLeg.began_at, CallLeg.id))).all()


def told(leg: CallLeg) -> tuple[object, ...]:
    return leg.kind, leg.agent, leg.device, leg.began_at, leg.ended_at


async def test_a_colleague_who_was_asked_first_is_a_leg_of_the_same_call(db: Database) -> None:
    talk, transferred = await kept(
        db,
        legs_of(db),
        ev.ChannelSeen(after(0), ANNA),
        *together(10, "b1", ANNA, OLGA),
        ev.AgentConnected(after(10), ANNA, "skek-hotline", "PJSIP/101-web", 9, 2),
        ev.Held(after(20), OLGA),
        *together(21, "b2", OLGA_ASKS, IGOR),  # between themselves: no leg of anybody outside
        ev.BridgeLeft(after(30), OLGA, "b1"),
        *together(30, "b1", IGOR),
        ev.ChannelHungUp(after(30), OLGA, 16),
        ev.ChannelHungUp(after(30), OLGA_ASKS, 16),
        ev.ChannelHungUp(after(50), IGOR, 16),
        ev.ChannelHungUp(after(50), ANNA, 16),
    )
    assert told(talk) == (LegKind.TALK, "101", LegDevice.BROWSER, after(10), after(30))
    assert talk.holds == [[10, 20]]
    assert told(transferred) == (LegKind.TRANSFER, "102", LegDevice.DESK, after(30), after(50))
    assert {talk.call_id, transferred.call_id} == {call_id("node1", BOOT, "1.1")}


async def test_a_reload_and_a_crew_outside_are_legs(sqlite_db: Database) -> None:
    again = Channel("1.8", "1.1", "PJSIP/101-web-00000008", "")
    found = await kept(
        sqlite_db,
        legs_of(sqlite_db),
        ev.ChannelSeen(after(0), ANNA),
        *together(10, "b1", ANNA, OLGA),
        ev.ChannelHungUp(after(15), OLGA, 16),
        ev.BridgeLeft(after(15), ANNA, "b1"),
        *together(20, "b2", ANNA, again),
        ev.Held(after(22), again),
        ev.Unheld(after(25), again),
        ev.ChannelHungUp(after(30), again, 16),
        ev.BridgeLeft(after(30), ANNA, "b2"),
        ev.ChannelSeen(after(31), CREW),
        *together(35, "b3", ANNA, CREW),
        ev.ChannelHungUp(after(40), ANNA, 16),  # both ends at the same moment
        ev.ChannelHungUp(after(40), CREW, 16),
    )
    assert [told(leg)[:3] for leg in found] == [
        (LegKind.TALK, "101", LegDevice.BROWSER),
        (LegKind.RESUMED, "101", LegDevice.BROWSER),
        (LegKind.TRANSFER, "", LegDevice.OUTSIDE),
    ]
    assert [leg.holds for leg in found] == [[], [[2, 5]], []]
    assert len({leg.call_id for leg in found}) == 1


async def test_whom_an_agent_calls_has_a_call_named_by_the_agents_leg(db: Database) -> None:
    legs = legs_of(db)
    (leg,) = await kept(
        db,
        legs,
        ev.ChannelSeen(after(0), OLGA_CALLS),
        ev.ChannelSeen(after(1), BORIS),
        *together(9, "b1", OLGA_CALLS, BORIS),
        ev.ChannelHungUp(after(20), OLGA_CALLS, 16),
    )
    assert told(leg) == (LegKind.CALLBACK, "101", LegDevice.DESK, after(9), after(20))
    assert leg.call_id == call_id("node1", BOOT, "2.1")
    crew = Channel("2.3", "2.1", "PJSIP/trunk-00000009", "")
    found = await kept(
        db,
        legs,
        ev.ChannelSeen(after(21), crew),  # to whom the agent sent them on: no call of its own
        *together(25, "b2", BORIS, crew),
        ev.ChannelHungUp(after(30), BORIS, 16),
        ev.ChannelHungUp(after(30), crew, 16),
    )
    assert [told(leg)[:3] for leg in found[1:]] == [(LegKind.TRANSFER, "", LegDevice.OUTSIDE)]
    assert {leg.call_id for leg in found} == {call_id("node1", BOOT, "2.1")}


async def test_who_hung_up_as_they_were_joined_talked_with_nobody(sqlite_db: Database) -> None:
    joined = [*together(10, "b1", ANNA, OLGA), ev.ChannelHungUp(after(10.1), ANNA, 16)]
    assert await kept(sqlite_db, legs_of(sqlite_db), ev.ChannelSeen(after(0), ANNA), *joined) == []


async def test_a_process_begun_in_mid_talk_takes_the_leg_up_and_one_that_was_away_ends_it(db: Database) -> None:
    legs = legs_of(db)
    there = [LiveChannel(ANNA, "b1", after(0)), LiveChannel(OLGA, "b1", after(8))]
    legs.rebuild(Snapshot(after(60), BOOT, tuple(there)))
    legs.rebuild(Snapshot(after(90), BOOT, tuple(there)))
    assert await kept(db, legs) == []
    legs.rebuild(Snapshot(after(120), BOOT))
    (leg,) = await kept(db, legs)
    assert told(leg) == (LegKind.TALK, "101", LegDevice.BROWSER, after(8), after(120))
