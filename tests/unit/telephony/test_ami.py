"""The manager link against Asterisk's side in bytes: faults F12-F15, attack A7, and each trap of panoramisk."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridline.clock import SystemClock
from gridline.errors import InvalidInput
from ivr.telephony.ami import Ami, AmiActionFailed, AmiLost, AmiPace, AmiRefused, AmiTimeout
from ivr.telephony.ami_session import _read
from ivr.telephony.events import ChannelHungUp, ChannelSeen, Event
from ivr.telephony.state import Snapshot
from tests.figures import value
from tests.unit.telephony.fake_manager import FakeManager, channel_headers, message

QUICK = AmiPace(
    ping_every_s=0.05,
    ping_deadline_s=0.2,
    action_timeout_s=1.0,
    backoff_s=0.01,
    backoff_most_s=0.05,
    refused_backoff_s=0.01,
)
CALM = AmiPace(backoff_s=0.01, backoff_most_s=0.05, action_timeout_s=1.0, reread_least_s=0.05)


class Link:
    """An Ami that runs, what it handed on, and Asterisk's side of it."""

    def __init__(self, manager: FakeManager, pace: AmiPace, secret: str, nameless: Collection[str]) -> None:
        self.manager = manager
        self.events: list[Event] = []
        self.snapshots: list[Snapshot] = []
        self.poison: Callable[[Event], None] = lambda event: None
        self._changed = asyncio.Event()
        address = ("127.0.0.1", manager.port, "gridline", secret)
        self.ami = Ami(*address, self._on_event, self._on_resync, SystemClock(), pace, nameless=nameless)

    def _on_event(self, event: Event) -> None:
        self.events.append(event)
        self._changed.set()
        self.poison(event)

    def _on_resync(self, snapshot: Snapshot) -> None:
        self.snapshots.append(snapshot)
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for what is handed on to make the condition true."""
        async with asyncio.timeout(5):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def synced(self, times: int = 1) -> None:
        await self.until(lambda: len(self.snapshots) >= times)


@contextlib.asynccontextmanager
async def linked(pace: AmiPace = CALM, secret: str = "secret", nameless: Collection[str] = ()) -> AsyncIterator[Link]:
    manager = FakeManager()
    await manager.start()
    link = Link(manager, pace, secret, nameless)
    running = asyncio.create_task(link.ami.run())
    try:
        yield link
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await manager.stop()


async def test_the_state_is_read_after_login_and_events_follow() -> None:
    async with linked() as link:
        link.manager.channels = [{**channel_headers("1.1"), "Duration": "00:01:05", "BridgeId": "b1"}]
        line = {"Event": "QueueMember", "Queue": "hotline", "Status": "1", "Paused": "0"}
        link.manager.queue_lines = [
            {"Event": "QueueParams", "Queue": "hotline", "TalkTime": "120", "Completed": "7"},
            {**line, "Name": "Анна", "Location": "PJSIP/101"},
            {**line, "Event": "QueueEntry", "Position": "1", "Uniqueid": "1.1", "Wait": "60", "Priority": "5"},
        ]
        await link.synced()
        snapshot = link.snapshots[0]
        assert (snapshot.boot, link.ami.boot) == ("2026-11-22T05:01:14", "2026-11-22T05:01:14")
        (live,) = snapshot.channels
        assert (live.channel.uniqueid, live.bridge, (snapshot.at - live.since).seconds) == ("1.1", "b1", 65)
        assert [(w.uniqueid, w.priority, (snapshot.at - w.since).seconds) for w in snapshot.waiting] == [("1.1", 5, 60)]
        assert [(m.agent, m.name) for m in snapshot.members] == [("PJSIP/101", "Анна")]
        assert link.ami.connected
        assert link.ami.stale_since is None
        link.manager.event("Hangup", {**channel_headers("1.1"), "Cause": "16", "Timestamp": "1795323691.25"})
        await link.until(lambda: bool(link.events))
        (event,) = link.events
        assert isinstance(event, ChannelHungUp)
        assert (event.channel.caller, event.cause, event.at.isoformat()) == (
            "+79210000001",
            16,
            "2026-11-22T05:01:31.250000+00:00",
        )


async def test_nobody_who_calls_a_number_without_names_is_handed_on() -> None:
    async with linked(nameless=["8007004079"]) as link:
        seen = {**channel_headers("1.1"), "Exten": "+78007004079"}
        link.manager.channels = [{**seen, "Duration": "00:00:01", "BridgeId": ""}]
        await link.synced()
        assert link.snapshots[0].channels[0].channel.caller == ""
        link.manager.event("Newchannel", seen)
        link.manager.event("Newchannel", {**channel_headers("1.2"), "Exten": "78007004070"})
        await link.until(lambda: len(link.events) == 2)
        assert [one.channel.caller for one in link.events if isinstance(one, ChannelSeen)] == ["", "+79210000001"]


async def test_letters_split_over_chunks_stay_whole() -> None:
    member = {"Queue": "q", "Interface": "PJSIP/1", "MemberName": "Анна-Мария Ёжикова", "Status": "1", "Paused": "0"}
    line = message({"Event": "QueueMemberAdded", **member})
    async with linked() as link:
        await link.synced()
        for cut in range(len(line)):
            link.manager.send(line[:cut])
            await asyncio.sleep(0)
            link.manager.send(line[cut:])
        await link.until(lambda: len(link.events) == len(line))
        assert {event.member.name for event in link.events} == {"Анна-Мария Ёжикова"}  # type: ignore[attr-defined]


async def test_junk_is_counted_and_the_link_goes_on() -> None:
    async with linked() as link:
        await link.synced()
        link.manager.send(b"\xff\xfe\r\n\r\nno colon here\r\n\r\nEvent: Hangup\r\n\r\n: \r\n\r\n\r\n\r\n")
        link.manager.event("Hangup", {**channel_headers("1.1"), "Cause": "x"})
        link.manager.event("SomethingNew", {"A": "b"})
        link.manager.event("Newchannel", channel_headers("1.2"))
        await link.until(lambda: bool(link.events))
        assert [type(event) for event in link.events] == [ChannelSeen]
        assert (link.ami.counts.garbled, link.ami.counts.unwanted) == (2, 1)
        assert link.manager.logins == 1


FORGED = (
    b"Event: Hangup\r\nCallerIDNum: 1\r\nUniqueid: 9.9\r\nUniqueid: 1.1\r\nLinkedid: 1.1\r\nChannel: x\r\nCause: 16",
    b"Event: Newchannel\r\nevent: Hangup\r\nUniqueid: 1.1\r\nLinkedid: 1.1\r\nChannel: x\r\nCause: 16",
    b"Event: Hangup\r\nEvent: Shutdown\r\nUniqueid: 1.1",
    b"Event: Hangup\r\nActionID: a\r\nActionID: b\r\nResponse: Success",
    b"Response: Success\r\nResponse: Error\r\nMessage: x",
    b"Event: x\r\nResponse: Follows\r\n\r\nResponse: Follows",
    b"Event\xff: \xfe\r\n: \r\nEvent: \xe2\x80\xa8\r\n\x00: \x00",
    b"Response: Fail\r\nActionID: [",
    b"\r\n\r\n\r\n\r\n",
)
"""What a caller with line breaks in their number could make of an event."""


async def test_no_message_forges_another_or_ends_the_link() -> None:
    async with linked() as link:
        await link.synced()
        for forged in FORGED:
            link.manager.send(forged + b"\r\n\r\n")
        link.manager.event("Hangup", {**channel_headers("2.2"), "Cause": "16"})
        await link.until(lambda: bool(link.events))
        assert [event.channel.uniqueid for event in link.events if isinstance(event, ChannelHungUp)] == ["2.2"]
        assert len(link.events) == 1
        assert link.ami.connected
        assert link.manager.logins == 1


@settings(max_examples=200)
@given(st.lists(st.binary(max_size=60) | st.sampled_from([*FORGED, b"\r\n", b"\r\n\r\n", b": ", b"Event: "])))
def test_the_parser_survives_any_bytes(pieces: list[bytes]) -> None:
    for block in b"".join(pieces).split(b"\r\n\r\n"):
        _read(block)


async def test_a_handler_that_raises_loses_neither_the_link_nor_the_next_event() -> None:
    def burst(event: Event) -> None:
        raise ZeroDivisionError("a bad handler")

    failed = value("gridline_event_failures_total")
    async with linked() as link:
        await link.synced()
        link.poison = burst
        for n in range(3):
            link.manager.event("Newchannel", channel_headers(f"1.{n}"))
        await link.until(lambda: len(link.events) == 3)
        await link.ami.action("Ping")
        assert link.ami.counts.failed == 3
        assert value("gridline_event_failures_total") == failed + 3
        assert link.manager.logins == 1


async def test_a_cut_is_shown_mended_and_the_state_read_again() -> None:
    async with linked() as link:
        await link.synced()
        link.manager.channels = [{**channel_headers("7.1"), "Duration": "00:00:01", "BridgeId": ""}]
        link.manager.cut()
        await link.synced(2)
        assert [c.channel.uniqueid for c in link.snapshots[1].channels] == ["7.1"]
        assert link.ami.connected
        assert link.manager.logins == 2


async def test_without_asterisk_it_is_stale_and_comes_back_by_itself() -> None:
    async with linked() as link:
        await link.synced()
        port = link.manager.port
        await link.manager.stop()
        async with asyncio.timeout(5):
            while link.ami.trouble is None:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        assert not link.ami.connected
        assert link.ami.stale_since is not None
        with pytest.raises(AmiLost):
            await link.ami.action("QueueStatus")
        await link.manager.start(port)
        await link.synced(2)
        assert link.ami.connected
        assert link.ami.trouble is None


async def test_a_half_open_connection_is_found_by_the_ping() -> None:
    async with linked(QUICK) as link:
        await link.synced()
        await link.manager.saw("Ping")
        link.manager.hangs = True
        await link.manager.saw("Login", 2)
        assert not link.ami.connected
        link.manager.hangs = False
        await link.synced(2)
        assert link.ami.connected


async def test_a_wrong_secret_is_said_aloud_and_tried_again() -> None:
    async with linked(QUICK, secret="wrong") as link:
        await link.manager.saw("Login", 2)
        assert isinstance(link.ami.trouble, AmiRefused)
        assert "wrong" not in link.ami.trouble.message
        with pytest.raises(AmiRefused):
            await link.ami.action("Ping")
        assert not link.snapshots
        link.manager.secret = "wrong"
        await link.synced()


async def test_an_action_is_never_sent_a_second_time() -> None:
    async with linked() as link:
        await link.synced()
        link.manager.replies["Originate"] = b""
        calling = asyncio.create_task(link.ami.action("Originate", Channel="PJSIP/101"))
        await link.manager.saw("Originate")
        link.manager.cut()
        with pytest.raises(AmiLost):
            await calling
        await link.synced(2)
        link.manager.send(message({"Event": "FullyBooted", "Status": "Fully Booted"}))
        await link.ami.action("Ping")
        assert len(await link.manager.saw("Originate")) == 1


async def test_answers_that_panoramisk_guesses_wrong_end_in_time() -> None:
    async with linked() as link:
        await link.synced()
        link.manager.replies = {
            "QueueAdd": message({"Response": "Success", "ActionID": "{id}", "Message": "Added interface to queue"}),
            "Originate": message({"Response": "Success", "ActionID": "{id}", "Message": "successfully queued"}),
            "Empty": message({"Response": "Success", "ActionID": "{id}"}),
        }
        for name in ("QueueAdd", "Originate", "Empty"):
            (answer,) = await link.ami.action(name)
            assert answer["Response"] == "Success"
        link.manager.queue_lines = [{"Event": "QueueParams", "Queue": "q"}, {"Event": "QueueParams", "Queue": "r"}]
        listed = await link.ami.action("QueueStatus")
        assert [one.get("Queue") for one in listed[1:3]] == ["q", "r"]
        assert link.manager.logins == 1


async def test_an_error_is_a_typed_error_and_silence_too() -> None:
    async with linked() as link:
        await link.synced()
        with pytest.raises(AmiActionFailed, match="unknown command"):
            await link.ami.action("Nonsense")
        link.manager.replies["Slow"] = b""
        with pytest.raises(AmiTimeout):
            await link.ami.action("Slow", timeout_s=0.02)
        await link.ami.action("Ping")


@pytest.mark.parametrize(
    ("name", "headers"),
    [
        ("QueuePause", {"Reason": "обед\r\nAction: Originate"}),
        ("QueuePause", {"Interface": "PJSIP/1\nX: y"}),
        ("QueuePause", {"Reason\r\nAction": "Originate"}),
        ("Queue\r\nPause", {}),
        ("QueuePause", {"Variable": ["a=1", "b=2\r\nAction: Originate"]}),
        ("QueuePause", {"Reason": "x" * 1000}),
        ("QueuePause", {"Variable": ["x"] * 101}),
        ("QueuePause", {"actionid": "7"}),
    ],
)
async def test_nothing_can_be_injected_into_an_action(name: str, headers: Any) -> None:
    async with linked() as link:
        await link.synced()
        with pytest.raises(InvalidInput):
            await link.ami.action(name, **headers)
        await link.ami.action("Ping")
        assert {one["Action"] for one in link.manager.seen} == {
            "Login",
            "CoreStatus",
            "CoreShowChannels",
            "QueueStatus",
            "Ping",
        }


async def test_more_events_than_the_inbox_holds_mean_a_new_reading() -> None:
    pace = AmiPace(inbox=50, reread_least_s=0.05)
    async with linked(pace) as link:
        await link.synced()
        link.manager.send(b"".join(message({"Event": "Newchannel", **channel_headers(f"1.{n}")}) for n in range(120)))
        await link.synced(2)
        assert link.ami.counts.overflows == 2
        assert link.manager.logins == 1
        await link.until(lambda: len(link.events) == 20)
        assert link.ami.counts.events == 20


async def test_the_state_is_read_again_from_time_to_time_and_when_asked() -> None:
    async with linked(AmiPace(reread_every_s=0.05)) as link:
        await link.synced(3)
    async with linked() as link:
        await link.synced()
        for _ in range(5):
            link.ami.resync()
        await link.synced(2)
        await link.ami.action("Ping")
        assert (len(link.snapshots), link.manager.logins) == (2, 1)


async def test_asterisk_started_anew_shows_another_boot() -> None:
    async with linked() as link:
        await link.synced()
        link.manager.boot_time = "06:00:00"
        link.manager.cut()
        await link.synced(2)
        assert [one.boot for one in link.snapshots] == ["2026-11-22T05:01:14", "2026-11-22T06:00:00"]


async def test_a_state_that_cannot_be_read_is_trouble_and_no_snapshot() -> None:
    async with linked() as link:
        link.manager.replies["CoreStatus"] = message({"Response": "Success", "ActionID": "{id}"})
        await link.manager.saw("Login", 2)
        assert isinstance(link.ami.trouble, AmiActionFailed)
        assert not link.snapshots
        assert not link.ami.connected


async def test_a_message_without_end_is_cut_off() -> None:
    async with linked() as link:
        await link.synced()
        link.manager.send(b"Event: " + b"x" * (1024 * 1024 + 1))
        await link.synced(2)
        assert link.manager.logins == 2
