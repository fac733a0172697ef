"""Shifts by Asterisk's events: wrap-up after any talk with a caller, none in between, telephones that go and come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from gridline.clock import SystemClock
from gridline.db import Database
from gridline.errors import Unavailable
from ivr.desk.desk import Desk
from ivr.desk.models import AgentEvent
from ivr.desk.shift import REASONS, ShiftState
from ivr.live.board import Board
from ivr.telephony import events as ev
from ivr.telephony.ami import Ami
from ivr.telephony.events import Channel, Event, Member
from ivr.telephony.state import LiveChannel, Snapshot
from tests.postgres import PostgresServer

START = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
QUEUE = "skek-hotline"
ANNA = Channel("1.1", "1.1", "PJSIP/trunk-00000001", "+79131203499", "skek")


def leg(uniqueid: str, linkedid: str, agent: str) -> Channel:
    return Channel(uniqueid, linkedid, f"PJSIP/{agent}-web-{uniqueid}", "")


class Room:
    """A desk fed with events; Asterisk's manager is away, so that only what is remembered counts."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.board = Board("node1")
        self.parked: set[str] = set()
        self.told: list[str] = []
        clock = SystemClock()
        ami = Ami("127.0.0.1", 1, "nobody", "", on_event=self.hears, on_resync=lambda _: None, clock=clock)
        self.desk = Desk(ami, db, clock, self.board, self.told.append, is_parked=self.parked.__contains__)
        self._at = START

    async def works(self, agent: str) -> None:
        with pytest.raises(Unavailable):
            await self.desk.sign_on(agent, user_id=f"u{agent}", name=agent, company_id="skek", queues=[QUEUE])
        with pytest.raises(Unavailable):
            await self.desk.ready(agent)
        self.hears(ev.MemberChanged(self._at, Member(QUEUE, f"PJSIP/{agent}-web", agent, 1, False)))

    def hears(self, *events: Event) -> None:
        for event in events:
            self.board.apply(event)
            self.desk.on_event(event)

    def bridge(self, name: str, *channels: Channel) -> None:
        self._at += timedelta(seconds=10)
        for channel in channels:
            self.hears(ev.ChannelSeen(self._at, channel), ev.BridgeEntered(self._at, channel, name))

    def hang_up(self, *channels: Channel) -> None:
        self._at += timedelta(seconds=30)
        self.hears(*(ev.ChannelHungUp(self._at, channel, 16) for channel in channels))

    def state(self, agent: str) -> ShiftState:
        shift = self.desk.shift(agent)
        assert shift is not None
        return shift.state

    async def completed(self) -> list[tuple[str, str, int | None]]:
        """Agent, queue and seconds of every talk that is remembered."""
        await self.desk.write()
        async with self.db.read() as session:
            query = select(AgentEvent).where(AgentEvent.kind == "completed").order_by(AgentEvent.at)
            return [(one.agent, one.queue, one.seconds) for one in await session.scalars(query)]


@pytest.fixture
async def room(sqlite_db: Database) -> Room:
    room = Room(sqlite_db)
    for agent in ("101", "102"):
        await room.works(agent)
    return room


async def test_after_a_talk_from_the_queue_they_wrap_up(room: Room) -> None:
    olga = leg("1.2", "1.1", "101")
    room.hears(ev.AgentConnected(START, ANNA, QUEUE, "PJSIP/101-web", 9, 3))
    room.bridge("b1", olga, ANNA)
    assert room.state("101") is ShiftState.READY
    room.hang_up(ANNA, olga)
    assert room.state("101") is ShiftState.WRAP_UP
    assert await room.completed() == [("101", QUEUE, 30)]
    assert "101" in room.told


async def test_a_reload_begins_no_wrap_up_and_the_talk_after_it_does(room: Room) -> None:
    before, after = leg("1.2", "1.1", "101"), leg("1.3", "1.1", "101")
    room.hears(ev.AgentConnected(START, ANNA, QUEUE, "PJSIP/101-web", 9, 3))
    room.bridge("b1", before, ANNA)
    room.parked.add("101")
    room.hang_up(before)
    assert room.state("101") is ShiftState.READY
    room.bridge("b2", ANNA, after)
    room.parked.clear()
    room.hang_up(after, ANNA)
    assert room.state("101") is ShiftState.WRAP_UP
    assert [queue for _, queue, _ in await room.completed()] == [QUEUE, ""]


async def test_who_is_asked_first_wraps_up_only_when_the_caller_came_to_them(room: Room) -> None:
    olga, asking = leg("1.2", "1.1", "101"), leg("2.1", "2.1", "101")
    igor = leg("2.2", "2.1", "102")
    room.bridge("b1", ANNA, olga)
    room.bridge("b2", asking, igor)
    room.hang_up(igor, asking)
    assert room.state("102") is ShiftState.READY  # asked, and that was all

    asking, igor = leg("3.1", "3.1", "101"), leg("3.2", "3.1", "102")
    room.bridge("b3", asking, igor)
    room.bridge("b3", ANNA)  # the transfer puts her into Olga's place
    room.hang_up(asking, olga)
    assert (room.state("101"), room.state("102")) == (ShiftState.WRAP_UP, ShiftState.READY)
    room.hang_up(ANNA, igor)
    assert room.state("102") is ShiftState.WRAP_UP


async def test_a_talk_that_ended_unseen_is_found_ended_by_the_next_re_read(room: Room) -> None:
    olga = leg("1.2", "1.1", "101")
    room.bridge("b1", ANNA, olga)
    snapshot = Snapshot(START + timedelta(minutes=2), "", channels=(LiveChannel(ANNA, "", START),))
    room.board.rebuild(snapshot)
    room.desk.rebuild(snapshot)
    assert room.state("101") is ShiftState.WRAP_UP


async def test_who_paused_in_a_talk_stays_paused(room: Room) -> None:
    olga = leg("1.2", "1.1", "101")
    room.bridge("b1", ANNA, olga)
    with pytest.raises(Unavailable):
        await room.desk.pause("101", REASONS[0])
    room.hang_up(ANNA, olga)
    assert room.state("101") is ShiftState.PAUSED


async def test_shifts_are_remembered_over_a_restart(room: Room, sqlite_db: Database) -> None:
    await room.desk.write()
    later = Room(sqlite_db)
    await later.desk.recall()
    assert [(shift.agent, shift.state) for shift in later.desk.shifts()] == [("101", "ready"), ("102", "ready")]


async def test_shifts_of_before_a_restart_outlive_a_database_that_is_away_at_the_start(
    postgres_db: Database, postgres_server: PostgresServer
) -> None:
    """Else whoever signs on first would be taken for the only one on shift."""
    first = Room(postgres_db)
    await first.works("101")
    await first.desk.recall()
    await first.desk.write()
    later = Room(postgres_db)
    postgres_server.shut()
    try:
        await later.desk.recall()
        assert later.desk.shifts() == ()
        await later.works("102")
        await later.desk.write()
    finally:
        postgres_server.start()
    await later.desk.write()
    last = Room(postgres_db)
    await last.desk.recall()
    assert [shift.agent for shift in last.desk.shifts()] == ["101", "102"]


async def test_who_is_dismissed_is_off_shift_though_asterisk_is_away(room: Room) -> None:
    await room.desk.dismiss("101")
    await room.desk.dismiss("101")  # there is none any more: nothing happens
    assert [shift.agent for shift in room.desk.shifts()] == ["102"]
    await room.desk.write()
    async with room.db.read() as session:
        kinds = await session.scalars(select(AgentEvent.kind).where(AgentEvent.agent == "101"))
        assert list(kinds)[-1] == "signed-off"
