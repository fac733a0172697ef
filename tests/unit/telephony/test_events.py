"""AMI text becomes typed events: headers as Asterisk 22.10 sent them, and junk that must not raise."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.telephony import events as ev
from tests.unit.telephony.fake_manager import channel_headers

NOW = datetime(2026, 11, 22, 5, 2, tzinfo=UTC)
AT = datetime(2026, 11, 22, 5, 1, 31, 250000, tzinfo=UTC)
STAMP = {"Privilege": "call,all", "Timestamp": "1795323691.250000", "SystemName": "node1"}
CALLER = {
    **channel_headers("node1-1795323686.0", name="Local/wait@t-00000000;1"),
    "ChanVariable": "GRIDLINE_COMPANY=skek\nGRIDLINE_DIALLED=78005009494\nQUEUE_PRIO=5",
}
CHANNEL = ev.Channel(
    "node1-1795323686.0", "node1-1795323686.0", "Local/wait@t-00000000;1", "+79210000001", "skek", "78005009494", 5
)
AGENT = {"Queue": "hotline", "Interface": "PJSIP/101", "MemberName": "101"}
MEMBER = {**AGENT, "Status": "2", "Paused": "0", "PausedReason": "", "InCall": "0", "Penalty": "0"}
BRIDGE = {"BridgeUniqueid": "40adaf92", "BridgeType": "basic", "BridgeNumChannels": "1"}


@pytest.mark.parametrize(
    ("message", "event"),
    [
        ({"Event": "Newchannel", **CALLER}, ev.ChannelSeen(AT, CHANNEL)),
        ({"Event": "Newstate", **CALLER}, ev.ChannelAnswered(AT, CHANNEL)),
        ({"Event": "Newstate", **CALLER, "ChannelState": "5"}, ev.ChannelRings(AT, CHANNEL)),
        ({"Event": "Newstate", **CALLER, "ChannelState": "4"}, ev.ChannelSeen(AT, CHANNEL)),
        ({"Event": "OriginateResponse", "Exten": "0a1b", "Response": "Success"}, ev.CallPlaced(AT, "0a1b", True)),
        ({"Event": "OriginateResponse", "Exten": "0a1b", "Response": "Failure"}, ev.CallPlaced(AT, "0a1b", False)),
        ({"Event": "Hangup", **CALLER, "Cause": "16"}, ev.ChannelHungUp(AT, CHANNEL, 16)),
        ({"Event": "BridgeEnter", **BRIDGE, **CALLER}, ev.BridgeEntered(AT, CHANNEL, "40adaf92")),
        ({"Event": "BridgeLeave", **BRIDGE, **CALLER}, ev.BridgeLeft(AT, CHANNEL, "40adaf92")),
        (
            {"Event": "QueueCallerJoin", **CALLER, "Queue": "hotline", "Position": "2", "Count": "7"},
            ev.CallerJoinedQueue(AT, CHANNEL, "hotline", 2, 7),
        ),
        (
            {"Event": "QueueCallerLeave", **CALLER, "Queue": "hotline", "Position": "1", "Count": "0"},
            ev.CallerLeftQueue(AT, CHANNEL, "hotline", 0),
        ),
        (
            {"Event": "QueueCallerAbandon", **CALLER, "Queue": "hotline", "OriginalPosition": "1", "HoldTime": "2"},
            ev.CallerAbandonedQueue(AT, CHANNEL, "hotline", 2),
        ),
        (
            {"Event": "AgentRingNoAnswer", **CALLER, **AGENT, "RingTime": "15000"},
            ev.AgentDidNotAnswer(AT, CHANNEL, "hotline", "PJSIP/101"),
        ),
        (
            {"Event": "AgentConnect", **CALLER, **AGENT, "HoldTime": "9", "RingTime": "3"},
            ev.AgentConnected(AT, CHANNEL, "hotline", "PJSIP/101", 9, 3),
        ),
        (
            {"Event": "AgentComplete", **CALLER, **AGENT, "HoldTime": "9", "TalkTime": "40", "Reason": "caller"},
            ev.AgentCompleted(AT, "node1-1795323686.0", "hotline", "PJSIP/101", 40, "caller"),
        ),
        (
            {"Event": "AgentComplete", **AGENT, "TalkTime": "40", "Reason": "caller"},
            ev.AgentCompleted(AT, "", "hotline", "PJSIP/101", 40, "caller"),
        ),
        (
            {"Event": "QueueMemberStatus", **MEMBER},
            ev.MemberChanged(AT, ev.Member("hotline", "PJSIP/101", "101", 2, False)),
        ),
        (
            {"Event": "QueueMemberPause", **MEMBER, "Paused": "1", "PausedReason": "обед"},
            ev.MemberChanged(AT, ev.Member("hotline", "PJSIP/101", "101", 2, True, "обед")),
        ),
        (
            {"Event": "QueueMemberRemoved", **MEMBER},
            ev.MemberRemoved(AT, ev.Member("hotline", "PJSIP/101", "101", 2, False)),
        ),
        ({"Event": "MixMonitorStart", **CALLER}, ev.RecordingStarted(AT, CHANNEL)),
        ({"Event": "MixMonitorStop", **CALLER}, ev.RecordingStopped(AT, CHANNEL)),
    ],
)
def test_asterisks_events_are_read(message: dict[str, str], event: ev.Event) -> None:
    assert ev.parse({**message, **STAMP}, NOW) == event


def test_without_a_stamp_the_time_of_receipt_serves() -> None:
    event = ev.parse({"Event": "Newchannel", **CALLER}, NOW)
    assert event is not None
    assert event.at == NOW


def test_a_withheld_or_nasty_caller_is_cleaned() -> None:
    for number, clean in (("<unknown>", ""), ("a\x00\u202eb", "ab"), ("9" * 100, "9" * 40)):
        event = ev.parse({"Event": "Newchannel", **CALLER, "CallerIDNum": number}, NOW)
        assert isinstance(event, ev.ChannelSeen)
        assert event.channel.caller == clean


def test_a_device_is_the_channel_without_its_number() -> None:
    assert ev.Channel("1", "1", "PJSIP/101-0000002a", "").device == "PJSIP/101"
    assert ev.Channel("1", "1", "PJSIP/trunk-msk-0000002a", "").device == "PJSIP/trunk-msk"


@pytest.mark.parametrize(
    "spoil",
    [
        {"Uniqueid": ""},
        {"Linkedid": ""},
        {"Cause": "x"},
        {"Timestamp": "soon"},
        {"Timestamp": "1e300"},
        {"Timestamp": "nan"},
    ],
)
def test_a_garbled_event_is_none(spoil: dict[str, str]) -> None:
    assert ev.parse({"Event": "Hangup", **CALLER, "Cause": "16", **STAMP, **spoil}, NOW) is None


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.sampled_from([*CALLER, *MEMBER, *BRIDGE, "Cause", "Count", "Position", "Timestamp"]), st.text()),
    st.sampled_from([*sorted(ev.WANTED), "Other", ""]),
)
def test_no_junk_raises(message: dict[str, str], name: str) -> None:
    event = ev.parse({**message, "Event": name}, NOW)
    assert event is None or name in ev.WANTED
