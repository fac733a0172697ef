"""Who talks with the person outside, from when to when, on which telephone, and when on hold: kept leg by leg.

Seen in the bridges alone, so that queues, transfers, reloads and calls that agents make are one thing here. A leg is
written when it is over; those under way are taken up again from Asterisk's state after a restart of this process.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from gridline.db import Database, new_id
from gridline.errors import Unavailable
from ivr.desk import devices
from ivr.journal.models import CallLeg, LegDevice, LegKind, call_id
from ivr.telephony import events as ev
from ivr.telephony.events import Channel, Event
from ivr.telephony.state import Snapshot

MOST_UNWRITTEN = 20_000
"""Legs kept in memory while the database is away; beyond it the oldest are lost, and the log says so."""
SHORTEST = timedelta(milliseconds=200)
"""Asterisk joins for a moment whoever has hung up while it was about to: nobody says a word in that."""
_WRITE_EVERY_S = 1.0

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Outside:
    """The person outside in one call."""

    call_id: str
    called_by: str
    """The channel of the agent who called them; "" when they called us."""
    last: str = ""
    """The agent they talked with last."""
    from_queue: str = ""
    """The telephone that has just answered them from a queue."""


@dataclass(slots=True)
class _Talk:
    outside: str
    channel: Channel
    began_at: datetime
    kind: LegKind
    held_since: datetime | None = None
    holds: list[list[int]] = field(default_factory=list)


class CallLegs:
    """One node's. `boot()` names the run of Asterisk that the events come from."""

    def __init__(self, db: Database, node: str, boot: Callable[[], str]) -> None:
        self._db = db
        self._node = node
        self._boot = boot
        self._outside: dict[str, _Outside] = {}
        self._there: defaultdict[str, dict[str, Channel]] = defaultdict(dict)
        """By bridge, who is in it."""
        self._talks: dict[tuple[str, str], _Talk] = {}
        """By the channels of the person outside and of who talks with them."""
        self._done: deque[CallLeg] = deque()

    def on_event(self, event: Event) -> None:
        """Take an event of Asterisk in; quick."""
        match event:
            case ev.ChannelHungUp(channel=channel):
                self._leaves(channel.uniqueid, event.at)
                self._outside.pop(channel.uniqueid, None)
            case ev.ChannelSeen(channel=channel):
                self._meets(channel)
            case ev.AgentConnected(channel=channel):
                self._meets(channel)
                if (outside := self._outside.get(channel.uniqueid)) is not None:
                    outside.from_queue = event.agent
                    self._answered(channel.uniqueid, event.agent)
            case ev.BridgeEntered(channel=channel):
                self._enters(channel, event.bridge, event.at)
            case ev.BridgeLeft(channel=channel):
                self._leaves(channel.uniqueid, event.at, event.bridge)
            case ev.Held(channel=channel):
                for talk in self._of(channel):
                    talk.held_since = talk.held_since or event.at
            case ev.Unheld(channel=channel):
                for talk in self._of(channel):
                    _hold_ends(talk, event.at)

    def rebuild(self, snapshot: Snapshot) -> None:
        """Take Asterisk's state: what is not there any more has ended unseen, what is there and new goes on."""
        live = {one.channel.uniqueid: one for one in snapshot.channels}
        for bridge, there in list(self._there.items()):
            for uniqueid in list(there):
                if uniqueid not in live or live[uniqueid].bridge != bridge:
                    self._leaves(uniqueid, snapshot.at, bridge)
        for uniqueid in self._outside.keys() - live.keys():
            del self._outside[uniqueid]
        for one in sorted(snapshot.channels, key=lambda live: live.since):
            self._meets(one.channel)
            if one.bridge and one.channel.uniqueid not in self._there[one.bridge]:
                self._enters(one.channel, one.bridge, one.since)

    async def run(self) -> None:
        """Until cancelled: write what is over."""
        while True:
            await asyncio.sleep(_WRITE_EVERY_S)
            await self.write()

    def take(self) -> deque[CallLeg]:
        """The legs that are over, which are whoever asks for them's now."""
        legs, self._done = self._done, deque()
        return legs

    async def write(self) -> None:
        """Store the legs that are over; tried again later while the database is away."""
        if not (legs := self.take()):
            return
        try:
            async with self._db.write() as session:
                for leg in legs:
                    await session.merge(leg)
        except BaseException as error:
            self._done.extendleft(reversed(legs))
            if not isinstance(error, Unavailable):
                raise
            log.error("call-legs-not-stored", legs=len(legs), reason=error.message)

    def _meets(self, channel: Channel) -> None:
        """Whose channel it is, at first sight: a transfer joins the linked ids of two calls."""
        if channel.uniqueid in self._outside or channel.placed_by_us or devices.is_agents(channel.device):
            return
        own = channel.uniqueid == channel.linkedid
        if not own and any(channel.linkedid in (id, one.called_by) for id, one in self._outside.items()):
            return  # whom the dialplan has called for somebody outside: they are no call of their own
        id = call_id(self._node, self._boot(), channel.linkedid)
        self._outside[channel.uniqueid] = _Outside(id, "" if own else channel.linkedid)

    def _enters(self, channel: Channel, bridge: str, at: datetime) -> None:
        self._meets(channel)
        there = self._there[bridge]
        there[channel.uniqueid] = channel
        for mate in list(there.values()):
            if mate.uniqueid != channel.uniqueid:
                self._begins(channel, mate, at)
                self._begins(mate, channel, at)

    def _begins(self, person: Channel, other: Channel, at: datetime) -> None:
        outside, pair = self._outside.get(person.uniqueid), (person.uniqueid, other.uniqueid)
        if outside is None or pair in self._talks:
            return
        agent = _agent(other)
        if agent and outside.from_queue == other.device:
            kind = LegKind.TALK
        elif not outside.last:
            kind = LegKind.CALLBACK if outside.called_by else LegKind.TALK
        elif agent and agent == outside.last:
            kind = LegKind.RESUMED
        else:
            kind = LegKind.TRANSFER
        outside.last, outside.from_queue = agent or other.device, ""
        self._talks[pair] = _Talk(person.uniqueid, other, at, kind)

    def _answered(self, person: str, device: str) -> None:
        """app_queue tells who answered after the two are in their bridge."""
        for (outside, _), talk in self._talks.items():
            if outside == person and talk.channel.device == device:
                talk.kind, self._outside[person].from_queue = LegKind.TALK, ""

    def _leaves(self, uniqueid: str, at: datetime, bridge: str = "") -> None:
        """One bridge, or all of them."""
        for name in [bridge] if bridge else [name for name, there in self._there.items() if uniqueid in there]:
            self._there[name].pop(uniqueid, None)
            if not self._there[name]:
                del self._there[name]
        for pair in [pair for pair in self._talks if uniqueid in pair]:
            if not self._together(pair):
                self._ends(self._talks.pop(pair), at)

    def _together(self, pair: tuple[str, str]) -> bool:
        first, second = pair
        return any(first in there and second in there for there in self._there.values())

    def _ends(self, talk: _Talk, at: datetime) -> None:
        outside = self._outside.get(talk.outside)
        if outside is None or at - talk.began_at < SHORTEST:
            return
        _hold_ends(talk, at)
        if len(self._done) >= MOST_UNWRITTEN:
            log.error("call-leg-lost", call=self._done.popleft().call_id)
        leg = CallLeg(
            id=new_id(),  # now, not by the database: written twice after a lost commit it is still one
            call_id=outside.call_id,
            kind=talk.kind,
            agent=_agent(talk.channel),
            device=_device(talk.channel),
            began_at=talk.began_at,
            ended_at=max(talk.began_at, at),
            holds=talk.holds,
        )
        self._done.append(leg)

    def _of(self, channel: Channel) -> list[_Talk]:
        return [talk for talk in self._talks.values() if talk.channel.uniqueid == channel.uniqueid]


def _hold_ends(talk: _Talk, at: datetime) -> None:
    if talk.held_since is not None:
        ends = [talk.held_since - talk.began_at, at - talk.began_at]
        talk.holds.append([max(0, round(one.total_seconds())) for one in ends])
        talk.held_since = None


def _agent(channel: Channel) -> str:
    return devices.agent_of(channel.device) if devices.is_agents(channel.device) else ""


def _device(channel: Channel) -> LegDevice:
    if not devices.is_agents(channel.device):
        return LegDevice.OUTSIDE
    return LegDevice.BROWSER if devices.is_browser(channel.device) else LegDevice.DESK
