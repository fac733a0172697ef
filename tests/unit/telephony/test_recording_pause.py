"""Papers kept out of a recording: to its own end, over a transfer and a reload, past a controller that died."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from gridline.clock import SystemClock
from gridline.errors import Conflict
from ivr.desk.ledger import Who
from ivr.desk.recording_pause import RecordingPause
from ivr.live.board import Board
from ivr.telephony import events as ev
from ivr.telephony.ami import Ami
from ivr.telephony.events import Channel, Event
from tests.unit.eventually import eventually
from tests.unit.telephony.fake_manager import FakeManager

START = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
ANNA = Channel("1.1", "1.1", "PJSIP/trunk-00000001", "+79131203499", "skek")
OLGA = Channel("1.2", "1.1", "PJSIP/101-web-00000002", "")
MUTE, DONE = "MixMonitorMute", b"Response: Success\r\nActionID: {id}\r\n\r\n"
NOT_DONE = b"Response: Error\r\nActionID: {id}\r\nMessage: Cannot set mute flag\r\n\r\n"


@dataclass(frozen=True)
class Person:
    agent: str = "101"
    user_id: str = "u1"
    company_id: str = "skek"


class Talk:
    """Olga talks with Anna, and it is recorded."""

    def __init__(self, manager: FakeManager, longest: timedelta) -> None:
        self.manager = manager
        self.board = Board("node1")
        self.parked = False
        self.remembered: list[str] = []
        self.ami = Ami(
            *("127.0.0.1", manager.port, "gridline", "secret"),
            on_event=lambda _: None,
            on_resync=lambda _: None,
            clock=SystemClock(),
        )
        self.pauses = RecordingPause(
            *(self.ami, self.board, SystemClock(), self._remember, lambda _: None),
            is_parked=lambda _: self.parked,
            longest=longest,
        )
        for channel in (ANNA, OLGA):
            self.hears(ev.ChannelSeen(START, channel), ev.BridgeEntered(START, channel, "b1"))

    def _remember(self, who: Who, kind: str, linkedid: str, seconds: int | None) -> None:
        assert (who.agent, linkedid) == ("101", "1.1")
        self.remembered.append(kind)

    def hears(self, *events: Event) -> None:
        for event in events:
            self.board.apply(event)
            self.pauses.on_event(event)

    @property
    def muted(self) -> list[str]:
        """Every word to MixMonitor so far: 1 muted, 0 not."""
        return [one["State"] for one in self.manager.seen if one["Action"] == MUTE]


@pytest.fixture
async def manager() -> AsyncIterator[FakeManager]:
    manager = FakeManager()
    manager.replies[MUTE] = DONE
    await manager.start()
    yield manager
    await manager.stop()


@pytest.fixture
async def talk(manager: FakeManager) -> AsyncIterator[Talk]:
    talk = Talk(manager, timedelta(seconds=60))
    jobs = [asyncio.create_task(job) for job in (talk.ami.run(), talk.pauses.run())]
    await eventually(lambda: talk.ami.connected)
    yield talk
    for job in jobs:
        job.cancel()
    await asyncio.gather(*jobs, return_exceptions=True)


async def test_it_is_paused_and_resumed_by_hand(talk: Talk) -> None:
    until = await talk.pauses.pause(Person(), "PJSIP/101-web")
    assert timedelta(seconds=55) < until - SystemClock().now() <= timedelta(seconds=60)
    again = await talk.pauses.pause(Person(), "PJSIP/101-web")
    assert again >= until
    await talk.pauses.resume("101")
    await eventually(lambda: talk.muted[-1] == "0")
    assert talk.pauses.until("101") is None
    assert talk.remembered == ["recording-paused", "recording-resumed"]


async def test_a_caller_who_hangs_up_while_asterisk_is_asked_leaves_no_pause(talk: Talk) -> None:
    pausing = asyncio.create_task(talk.pauses.pause(Person(), "PJSIP/101-web"))
    await asyncio.sleep(0)  # it is asking now
    talk.hears(ev.ChannelHungUp(START, OLGA, 16), ev.ChannelHungUp(START, ANNA, 16))
    with pytest.raises(Conflict, match="нет разговора"):
        await pausing
    assert talk.pauses.until("101") is None


async def test_after_a_transfer_the_next_one_is_recorded(talk: Talk) -> None:
    await talk.pauses.pause(Person(), "PJSIP/101-web")
    talk.hears(ev.RecordingStarted(START, ANNA))
    assert talk.pauses.until("101") is None


async def test_over_a_reload_the_pause_goes_on_in_the_new_recording(talk: Talk) -> None:
    await talk.pauses.pause(Person(), "PJSIP/101-web")
    told = len(talk.muted)
    talk.parked = True
    talk.hears(ev.RecordingStarted(START, ANNA))
    await eventually(lambda: len(talk.muted) > told)
    assert talk.muted[-1] == "1"
    assert talk.pauses.until("101") is not None


async def test_nothing_is_left_of_it_after_the_hang_up(talk: Talk) -> None:
    await talk.pauses.pause(Person(), "PJSIP/101-web")
    talk.hears(ev.ChannelHungUp(START, ANNA, 16))
    assert talk.pauses.until("101") is None
    assert talk.remembered[-1] == "recording-resumed"


async def test_a_controller_that_starts_lifts_what_one_before_it_left(talk: Talk) -> None:
    talk.pauses.rebuild()
    await eventually(lambda: talk.muted == ["0"])


async def test_what_is_not_recorded_cannot_be_paused(talk: Talk) -> None:
    talk.manager.replies[MUTE] = NOT_DONE
    with pytest.raises(Conflict, match="не записывается"):
        await talk.pauses.pause(Person(), "PJSIP/101-web")
    assert talk.pauses.until("101") is None
    with pytest.raises(Conflict, match="нет разговора"):
        await talk.pauses.pause(Person("102"), "PJSIP/102-web")
