"""Which call of an agent is the one about an item, and what Asterisk's events say of its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gridline.clock import SetClock
from gridline.errors import Conflict
from ivr.outbound.agents_calls import EXPECTED, AgentCallState, AgentsCalls, CallOwed
from ivr.telephony import events as ev
from ivr.telephony.events import Channel, Event
from ivr.telephony.state import Snapshot
from worklist.codes import AttemptResult, ItemKind

NOW = datetime(2026, 12, 3, 5, 0, tzinfo=UTC)
OLGAS = Channel("1.1", "1.1", "PJSIP/101-web-0000001", "101")
THEIRS = Channel("1.2", "1.1", "PJSIP/trunk-0000002", "79131203401")


def owed(item: str = "a", attempts: int = 0) -> CallOwed:
    return CallOwed(item, "skek", ItemKind.CALLBACK, "+79131203401", "", NOW, attempts, 3, True, "")


class Floor:
    def __init__(self) -> None:
        self.clock = SetClock(NOW)
        self.changed: list[str] = []
        self.calls = AgentsCalls(self.clock, lambda id: f"call {id}", self.changed.append)

    def tell(self, *events: Event) -> None:
        for event in events:
            self.calls.on_event(event)

    def state(self) -> AgentCallState | None:
        call = self.calls.of("101")
        return call.state if call is not None else None

    def result(self) -> AttemptResult | None:
        call = self.calls.of("101")
        return call.result if call is not None else None


@pytest.fixture
def floor() -> Floor:
    return Floor()


def test_a_talk_from_the_click_to_its_end(floor: Floor) -> None:
    floor.calls.expect("101", owed())
    assert floor.state() is AgentCallState.EXPECTED
    floor.tell(ev.ChannelSeen(NOW, OLGAS), ev.ChannelSeen(NOW, THEIRS))
    assert floor.state() is AgentCallState.CALLING
    floor.tell(ev.BridgeEntered(NOW, OLGAS, "b"), ev.BridgeEntered(NOW, THEIRS, "b"))
    assert floor.state() is AgentCallState.TALKING
    floor.tell(ev.ChannelHungUp(NOW, THEIRS, 16), ev.ChannelHungUp(NOW, OLGAS, 16))
    assert (floor.state(), floor.result()) == (AgentCallState.OVER, AttemptResult.TALKED)
    told = floor.calls.told("101", "a")
    assert told is not None
    assert told.call_id == "call 1.1"
    assert floor.state() is None
    assert floor.changed == ["101"] * 6


@pytest.mark.parametrize(
    ("theirs", "own", "result"),
    [
        (17, 17, AttemptResult.BUSY),
        (19, 19, AttemptResult.NO_ANSWER),
        (0, 16, AttemptResult.NO_ANSWER),  # the agent gave up
        (None, 21, AttemptResult.FAILED),  # a number that may not be dialled: the carrier never heard of it
        (1, 1, AttemptResult.FAILED),
    ],
)
def test_its_end_is_offered_by_its_cause(floor: Floor, theirs: int | None, own: int, result: AttemptResult) -> None:
    floor.calls.expect("101", owed())
    floor.tell(ev.ChannelSeen(NOW, OLGAS))
    if theirs is not None:
        floor.tell(ev.ChannelSeen(NOW, THEIRS), ev.ChannelHungUp(NOW, THEIRS, theirs))
    floor.tell(ev.ChannelHungUp(NOW, OLGAS, own))
    assert (floor.state(), floor.result()) == (AgentCallState.OVER, result)


def test_another_call_of_theirs_is_not_the_one(floor: Floor) -> None:
    floor.tell(ev.ChannelSeen(NOW, OLGAS))
    assert floor.state() is None
    floor.calls.expect("101", owed())
    ringing = Channel("7.2", "7.1", "PJSIP/101-web-0000003", "79135550101")
    igors = Channel("8.1", "8.1", "PJSIP/102-web-0000004", "102")
    floor.tell(ev.ChannelSeen(NOW, ringing), ev.ChannelSeen(NOW, igors))  # she is rung; somebody else calls
    assert floor.state() is AgentCallState.EXPECTED
    floor.clock.advance(EXPECTED + timedelta(seconds=1))
    floor.tell(ev.ChannelSeen(NOW, OLGAS))  # much later she calls a colleague
    assert floor.state() is AgentCallState.EXPECTED


def test_one_call_is_told_the_end_of_before_the_next(floor: Floor) -> None:
    floor.calls.expect("101", owed())
    floor.calls.expect("101", owed())  # the telephone was not ready: once more
    with pytest.raises(Conflict, match="прошлый"):
        floor.calls.expect("101", owed("b"))
    floor.tell(ev.ChannelSeen(NOW, OLGAS))
    with pytest.raises(Conflict, match="уже идёт"):
        floor.calls.expect("101", owed())
    floor.tell(ev.ChannelHungUp(NOW, OLGAS, 19))
    with pytest.raises(Conflict, match="чем кончился этот"):
        floor.calls.expect("101", owed())
    assert floor.calls.told("101", "b") is None
    assert floor.calls.told("101", "a") is not None
    floor.calls.expect("101", owed("b", attempts=2))
    call = floor.calls.of("101")
    assert call is not None
    assert call.last_try


def test_an_end_that_nobody_saw_is_the_agents_to_tell(floor: Floor) -> None:
    floor.calls.expect("101", owed())
    floor.tell(ev.ChannelSeen(NOW, OLGAS))
    floor.calls.rebuild(Snapshot(NOW, "boot"))
    assert (floor.state(), floor.result()) == (AgentCallState.OVER, None)
