"""Asterisk's whole state at one moment, read over AMI: what the board is rebuilt from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivr.telephony.events import Channel, Member, Message, channel_of, member_of


@dataclass(frozen=True, slots=True)
class LiveChannel:
    """A leg that exists now."""

    channel: Channel
    bridge: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A caller in a queue."""

    queue: str
    uniqueid: str
    position: int
    priority: int
    since: datetime


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """app_queue's own running figures of a queue."""

    queue: str
    mean_talk_s: int
    completed: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All of it; `boot` tells one run of Asterisk from the next."""

    at: datetime
    boot: str
    channels: tuple[LiveChannel, ...] = ()
    queues: tuple[QueueFacts, ...] = ()
    members: tuple[Member, ...] = ()
    waiting: tuple[Waiting, ...] = ()


def read(core: Message, channels: Iterable[Message], queues: Iterable[Message], at: datetime) -> Snapshot:
    """The snapshot from the replies to CoreStatus, CoreShowChannels and QueueStatus asked at `at`.

    Raises KeyError or ValueError on a reply that is not Asterisk's: there is then no state to show.
    """
    listed = list(queues)
    return Snapshot(
        at=at,
        boot=f"{core['CoreStartupDate']}T{core['CoreStartupTime']}",
        channels=tuple(
            LiveChannel(channel_of(m), m.get("BridgeId", ""), at - _clock_face(m["Duration"]))
            for m in channels
            if m.get("Event") == "CoreShowChannel"
        ),
        queues=tuple(
            QueueFacts(m["Queue"], int(m["TalkTime"]), int(m["Completed"]))
            for m in listed
            if m.get("Event") == "QueueParams"
        ),
        members=tuple(member_of(m) for m in listed if m.get("Event") == "QueueMember"),
        waiting=tuple(_waiting(m, at) for m in listed if m.get("Event") == "QueueEntry"),
    )


def _waiting(m: Mapping[str, str], at: datetime) -> Waiting:
    waited = timedelta(seconds=int(m["Wait"]))
    return Waiting(m["Queue"], m["Uniqueid"], int(m["Position"]), int(m.get("Priority", 0)), at - waited)


def _clock_face(duration: str) -> timedelta:
    hours, minutes, seconds = duration.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
