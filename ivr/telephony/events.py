"""What Asterisk tells over AMI, as typed events: only those the board, the call log and the recordings use.

Field names were read from a running Asterisk 22.10. `manager.conf` names the channel variables (`channelvars`) that
come along with every channel, so company and priority need no event of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ivr.telephony import variables
from ivr.telephony.wire import clean

PLACED = "out-"
"""How the unique ids of the calls that we place ourselves begin."""

Message = Mapping[str, str]
"""One AMI message: header to value; a header that came several times holds its values joined by LF."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One leg of a call as Asterisk describes it."""

    uniqueid: str
    linkedid: str
    """The uniqueid of the call's first leg, the caller's; the same for all its legs."""
    name: str
    caller: str
    """Number as it came, cleaned; "" when withheld."""
    company: str = ""
    dialled: str = ""
    priority: int = 0
    """In the queue; 0 is ordinary."""

    @property
    def placed_by_us(self) -> bool:
        """Whether the controller has called this telephone (`ivr.outbound`), rather than a caller us."""
        return self.uniqueid.startswith(PLACED)

    @property
    def device(self) -> str:
        """`PJSIP/101` of `PJSIP/101-0000002a`: what queue members are called by."""
        return self.name.rsplit("-", 1)[0]


@dataclass(frozen=True, slots=True)
class Member:
    """An agent in a queue."""

    queue: str
    agent: str
    """The interface, as `PJSIP/101`."""
    name: str
    status: int
    """Device state: 1 free, 2 and 3 in use, 6 and 7 ringing, 8 on hold, 0, 4 and 5 not to be reached."""
    paused: bool
    pause_reason: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in Asterisk at `at` (UTC, Asterisk's clock)."""

    at: datetime


@dataclass(frozen=True, slots=True)
class ChannelSeen(Event):
    """A leg was created or has changed its state (Newchannel, Newstate)."""

    channel: Channel


class ChannelRings(ChannelSeen):
    """The telephone that was called rings."""


class ChannelAnswered(ChannelSeen):
    """The telephone that was called, or that called us, is answered."""


@dataclass(frozen=True, slots=True)
class CallPlaced(Event):
    """A call that we asked for was answered, or has come to nothing."""

    exten: str
    """Where it goes in the dialplan."""
    answered: bool


@dataclass(frozen=True, slots=True)
class ChannelHungUp(Event):
    """A leg has ended."""

    channel: Channel
    cause: int
    """Q.850 cause; 16 is an ordinary end."""


@dataclass(frozen=True, slots=True)
class BridgeEntered(Event):
    """A leg now hears the others of this bridge."""

    channel: Channel
    bridge: str


@dataclass(frozen=True, slots=True)
class BridgeLeft(Event):
    """A leg no longer hears the others of this bridge."""

    channel: Channel
    bridge: str


@dataclass(frozen=True, slots=True)
class CallerJoinedQueue(Event):
    """A caller begins to wait."""

    channel: Channel
    queue: str
    position: int
    waiting: int
    """Callers in this queue afterwards."""


@dataclass(frozen=True, slots=True)
class CallerLeftQueue(Event):
    """Answered, given up, timed out or removed."""

    channel: Channel
    queue: str
    waiting: int


@dataclass(frozen=True, slots=True)
class CallerAbandonedQueue(Event):
    """Hung up while waiting; CallerLeftQueue follows."""

    channel: Channel
    queue: str
    waited_s: int


@dataclass(frozen=True, slots=True)
class AgentDidNotAnswer(Event):
    """An agent's phone rang in vain."""

    channel: Channel
    queue: str
    agent: str


@dataclass(frozen=True, slots=True)
class AgentConnected(Event):
    """An agent took a waiting caller."""

    channel: Channel
    queue: str
    agent: str
    waited_s: int
    rang_s: int


@dataclass(frozen=True, slots=True)
class AgentCompleted(Event):
    """The talk of an agent with a caller from a queue has ended."""

    linkedid: str
    """The call, or "": when both legs go at once, Asterisk 22 leaves all channel headers out."""
    queue: str
    agent: str
    talked_s: int
    reason: str
    """`caller`, `agent` or `transfer`."""


@dataclass(frozen=True, slots=True)
class MemberChanged(Event):
    """Added, paused, or another device state."""

    member: Member


@dataclass(frozen=True, slots=True)
class MemberRemoved(Event):
    """An agent left a queue."""

    member: Member


@dataclass(frozen=True, slots=True)
class PhoneSeen(Event):
    """A telephone has registered, or its registration is gone (with its connection, for a browser)."""

    interface: str
    there: bool


@dataclass(frozen=True, slots=True)
class SipSignInRefused(Event):
    """Somebody at this IP address named a SIP account that is none, or a wrong secret of one that is."""

    address: str
    account: str


@dataclass(frozen=True, slots=True)
class CallTurnedAway(Event):
    """The dialplan refused a call before it was answered."""

    reason: str


@dataclass(frozen=True, slots=True)
class RecordingStarted(Event):
    """MixMonitor began on this leg."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class RecordingStopped(Event):
    """MixMonitor ended on this leg."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class HandedOver(Event):
    """A telephone has joined the two it talked with (SIP REFER with Replaces) and is gone."""

    channel: str
    """Asterisk's name of the leg that was on hold meanwhile; "" where the transfer failed."""


@dataclass(frozen=True, slots=True)
class Held(Event):
    """This telephone has put the others of its bridge on hold."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class Unheld(Event):
    """This telephone is back from a hold."""

    channel: Channel


def channel_of(message: Message) -> Channel:
    """The leg a message is about. Raises KeyError or ValueError when it names none."""
    uniqueid, linkedid = message["Uniqueid"], message["Linkedid"]
    if not uniqueid or not linkedid:
        raise ValueError("a channel without an id")
    pairs = (line.partition("=") for line in message.get("ChanVariable", "").split("\n"))
    own = {name: value for name, _, value in pairs}
    priority = own.get(variables.QUEUE_PRIORITY, "")
    caller = message.get("CallerIDNum", "")
    return Channel(
        uniqueid=uniqueid,
        linkedid=linkedid,
        name=message["Channel"],
        caller="" if caller == "<unknown>" else clean(caller, 40),
        company=clean(own.get(variables.COMPANY, "")),
        dialled=clean(own.get(variables.DIALLED, "")),
        priority=int(priority) if priority.isascii() and priority.isdigit() else 0,
    )


def member_of(message: Message) -> Member:
    """The queue member of a member event or of a line of QueueStatus, which names two headers differently."""
    return Member(
        queue=message["Queue"],
        agent=message.get("Interface") or message["Location"],
        name=clean(message.get("MemberName") or message["Name"]),
        status=int(message["Status"]),
        paused=message["Paused"] == "1",
        pause_reason=clean(message.get("PausedReason", "")),
    )


_Maker = Callable[[Message, datetime], Event]
_BY_STATE = {"5": ChannelRings, "6": ChannelAnswered}


def _member_changed(m: Message, at: datetime) -> Event:
    return MemberChanged(at, member_of(m))


def _channel_seen(m: Message, at: datetime) -> Event:
    return _BY_STATE.get(m.get("ChannelState", ""), ChannelSeen)(at, channel_of(m))


def _sign_in_refused(m: Message, at: datetime) -> Event:
    _family, _transport, address, _port = m["RemoteAddress"].split("/")  # IPV4/UDP/203.0.113.5/5060
    return SipSignInRefused(at, address, clean(m.get("AccountID", ""), 40))


_MAKERS: Mapping[str, _Maker] = {
    "Newchannel": lambda m, at: ChannelSeen(at, channel_of(m)),
    "Newstate": _channel_seen,
    "Hangup": lambda m, at: ChannelHungUp(at, channel_of(m), int(m["Cause"])),
    "BridgeEnter": lambda m, at: BridgeEntered(at, channel_of(m), m["BridgeUniqueid"]),
    "BridgeLeave": lambda m, at: BridgeLeft(at, channel_of(m), m["BridgeUniqueid"]),
    "QueueCallerJoin": lambda m, at: CallerJoinedQueue(
        at, channel_of(m), m["Queue"], int(m["Position"]), int(m["Count"])
    ),
    "QueueCallerLeave": lambda m, at: CallerLeftQueue(at, channel_of(m), m["Queue"], int(m["Count"])),
    "QueueCallerAbandon": lambda m, at: CallerAbandonedQueue(at, channel_of(m), m["Queue"], int(m["HoldTime"])),
    "AgentRingNoAnswer": lambda m, at: AgentDidNotAnswer(at, channel_of(m), m["Queue"], m["Interface"]),
    "AgentConnect": lambda m, at: AgentConnected(
        at, channel_of(m), m["Queue"], m["Interface"], int(m["HoldTime"]), int(m["RingTime"])
    ),
    "AgentComplete": lambda m, at: AgentCompleted(
        at, m.get("Linkedid", ""), m["Queue"], m["Interface"], int(m["TalkTime"]), m["Reason"]
    ),
    "QueueMemberStatus": _member_changed,
    "QueueMemberAdded": _member_changed,
    "QueueMemberPause": _member_changed,
    "QueueMemberRemoved": lambda m, at: MemberRemoved(at, member_of(m)),
    "ContactStatus": lambda m, at: PhoneSeen(
        at, f"PJSIP/{m['EndpointName']}", m["ContactStatus"] not in ("Removed", "Unreachable")
    ),
    "InvalidAccountID": _sign_in_refused,
    "InvalidPassword": _sign_in_refused,
    "ChallengeResponseFailed": _sign_in_refused,
    "OriginateResponse": lambda m, at: CallPlaced(at, clean(m["Exten"], 40), m["Response"] == "Success"),
    "UserEvent": lambda m, at: CallTurnedAway(at, clean(m["Reason"], 40)),
    "Hold": lambda m, at: Held(at, channel_of(m)),
    "Unhold": lambda m, at: Unheld(at, channel_of(m)),
    "AttendedTransfer": lambda m, at: HandedOver(
        at, m.get("TransfereeChannel", "") if m["Result"] == "Success" else ""
    ),
    "MixMonitorStart": lambda m, at: RecordingStarted(at, channel_of(m)),
    "MixMonitorStop": lambda m, at: RecordingStopped(at, channel_of(m)),
}

WANTED = frozenset(_MAKERS)
"""Names of the AMI events that become ours; the rest may be filtered out in manager.conf."""


def parse(message: Message, received_at: datetime) -> Event | None:
    """The typed event, or None for one that is not wanted or is garbled (tell them apart by WANTED). Never raises.

    `received_at` serves when the message has no Timestamp (`timestampevents` off).
    """
    maker = _MAKERS.get(message.get("Event", ""))
    if maker is None:
        return None
    try:
        stamp = message.get("Timestamp")
        return maker(message, datetime.fromtimestamp(float(stamp), UTC) if stamp else received_at)
    except (KeyError, ValueError, OverflowError, OSError):
        return None
