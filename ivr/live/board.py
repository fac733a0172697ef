"""The live board: who is calling, waiting, talking and free; a pure projection of Asterisk's events.

Every channel event describes its whole leg, so a missed creation is made good by the leg's next event. Repeated events
change nothing; events about a leg that has hung up, or about a queue place or an agent but older than what is shown,
are ignored; a count that differs from Asterisk's calls for a re-read (faults F15, F16).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from ivr.desk import devices
from ivr.live.answer_times import AnswerTimes
from ivr.live.floor import AT_WORK, Floor
from ivr.live.legs import ChannelLeg
from ivr.live.lines import Lines, WaitingCaller
from ivr.live.roster import Roster, is_late, state_of
from ivr.live.view import BoardView, CallKey, Changes, EndedCall, LiveAgent, LiveCall, LiveQueue, difference
from ivr.telephony import events as ev
from ivr.telephony.events import Channel, Event
from ivr.telephony.state import Snapshot

_ENDS_KEPT = 5000
"""Ended legs remembered to recognise late events: a storm ends some hundred a second, and events are under 1 s late."""


@dataclass(slots=True)
class _Touched:
    calls: set[str] = field(default_factory=set)
    devices: set[str] = field(default_factory=set)
    agents: set[str] = field(default_factory=set)
    queues: set[str] = field(default_factory=set)
    ended: list[EndedCall] = field(default_factory=list)
    suspect: bool = False


class Board:
    """One node's live state. `rebuild` after every re-read, `apply` for every event in between."""

    def __init__(self, node: str) -> None:
        self._floor = Floor(node)
        self._ends: dict[tuple[str, ...], datetime] = {}
        self._times = AnswerTimes()

    def snapshot(self) -> BoardView:
        """All calls (oldest first), agents and queues (by name)."""
        return self._floor.view()

    def call(self, key: CallKey) -> LiveCall | None:
        """One call, or None when it is not (or no longer) on the line."""
        leg = self._floor.legs.get(key.linkedid) if key == self._floor.key(key.linkedid) else None
        return self._floor.call(leg) if leg is not None and self._floor.is_call(leg) else None

    def has(self, key: CallKey) -> bool:
        """Whether any leg of this call is on the line, whoever has begun it."""
        if key != self._floor.key(key.linkedid):
            return False
        return any(key.linkedid in (leg.channel.uniqueid, leg.channel.linkedid) for leg in self._floor.legs)

    def on_the_line(self) -> set[str]:
        """The linked ids of all calls that `has` would find, and the ids of their legs."""
        return {id for leg in self._floor.legs for id in (leg.channel.uniqueid, leg.channel.linkedid)}

    def has_leg(self, key: CallKey) -> bool:
        """Whether this very leg is on the line, be it a caller's or not."""
        return key == self._floor.key(key.linkedid) and self._floor.legs.get(key.linkedid) is not None

    def outside(self, interface: str) -> tuple[CallKey, ...]:
        """Whom outside this telephone talks with, by their own legs, whoever has called whom."""
        mates = (mate for leg in self._floor.legs.of_device(interface) for mate in self._floor.legs.mates(leg))
        return tuple(
            self._floor.key(mate.channel.uniqueid) for mate in mates if not devices.is_agents(mate.channel.device)
        )

    def talking(self) -> tuple[CallKey, ...]:
        """Everybody outside who talks with somebody now, by their own legs."""
        there = (leg for leg in self._floor.legs if not devices.is_agents(leg.channel.device))
        return tuple(self._floor.key(leg.channel.uniqueid) for leg in there if self._floor.legs.mates(leg))

    def call_of(self, key: CallKey) -> str:
        """The linked id of the call that this leg is the one outside of: their own, or that of the agent who called."""
        leg = self._floor.legs.get(key.linkedid)
        return key.linkedid if leg is None or self._floor.is_call(leg) else leg.channel.linkedid

    def forget_caller(self, key: CallKey) -> None:
        """Show no number for this call any more; Asterisk must be told too, or its next event says it again."""
        leg = self._floor.legs.get(key.linkedid) if key == self._floor.key(key.linkedid) else None
        if leg is not None:
            self._floor.legs.put(replace(leg, channel=replace(leg.channel, caller="")))

    def agent(self, agent: str) -> LiveAgent | None:
        """One agent, or None when a member of no queue."""
        return self._floor.agent(agent) if agent in self._floor.roster else None

    def agents_of(self, queues: Iterable[str]) -> tuple[LiveAgent, ...]:
        """Every agent who is a member of one of these queues, by interface."""
        members = {member.agent for queue in queues for member in self._floor.roster.of_queue(queue)}
        return tuple(self._floor.agent(agent) for agent in sorted(members))

    def queue(self, queue: str) -> LiveQueue | None:
        """One queue, or None when Asterisk has none of that name."""
        return self._floor.queue(queue) if queue in self._floor.queues() else None

    def partners(self, interface: str) -> tuple[CallKey, ...]:
        """The calls this telephone is talking in, on hold or not; two during a consultation."""
        legs = self._floor.legs
        return tuple(
            self._floor.key(mate.channel.uniqueid) for leg in legs.of_device(interface) for mate in legs.mates(leg)
        )

    def channels_of(self, interface: str) -> tuple[str, ...]:
        """The ids of this telephone's legs, ringing ones too; none: it is not in use."""
        return tuple(leg.channel.uniqueid for leg in self._floor.legs.of_device(interface))

    def estimate_wait_s(self, queue: str, position: int) -> float | None:
        """Honest seconds until the caller at `position` (from 1) is answered; None when unknown.

        An agent shared with other queues that have callers counts for a share in each.
        """
        agents = 0.0
        for member in self._floor.roster.of_queue(queue):
            if not member.paused and state_of(member) in AT_WORK:
                own = self._floor.roster.of_agent(member.agent)
                calling = {other.queue for other in own if self._floor.lines.line(other.queue)}
                agents += 1 / len(calling | {queue})
        return self._times.estimate_s(queue, position, agents)

    def apply(self, event: Event) -> Changes:
        """Apply one event; returns what must be redrawn."""
        touched = _Touched()
        match event:
            case ev.ChannelSeen():
                self._see(event.channel, event.at, touched)
            case ev.ChannelHungUp():
                self._hang_up(event, touched)
            case ev.BridgeEntered():
                self._move(event.channel, event.bridge, event.at, touched)
            case ev.BridgeLeft():
                leg = self._floor.legs.get(event.channel.uniqueid)
                if leg is not None and leg.bridge == event.bridge:
                    self._move(event.channel, "", event.at, touched)
            case ev.CallerJoinedQueue():
                self._join(event, touched)
            case ev.CallerLeftQueue():
                self._leave(event, touched)
            case ev.AgentConnected():
                self._see(event.channel, event.at, touched)
                self._times.connected(event.queue, event.rang_s)
            case ev.AgentCompleted():
                self._times.completed(event.queue, event.talked_s)
            case ev.MemberChanged(member=member):
                removed = self._ends.get(("member", member.queue, member.agent))
                if not is_late(event.at, removed) and self._floor.roster.put(member, event.at):
                    touched.agents.add(member.agent)
                    touched.queues.add(member.queue)
            case ev.MemberRemoved(member=member):
                self._end(event.at, "member", member.queue, member.agent)
                if self._floor.roster.drop(member, event.at):
                    touched.agents.add(member.agent)
                    touched.queues.add(member.queue)
            case ev.RecordingStarted() | ev.RecordingStopped():
                leg = self._see(event.channel, event.at, touched)
                if leg is not None:
                    self._floor.legs.put(replace(leg, recording=isinstance(event, ev.RecordingStarted)))
                    touched.calls.add(leg.channel.linkedid)
        return self._changes(touched)

    def rebuild(self, snapshot: Snapshot) -> Changes:
        """Replace the state by Asterisk's; calls missing from it end with an unknown cause.

        Kept are measured answer times and, for known legs, what a re-read does not show: when exactly they came,
        and whether they are being recorded.
        """
        old, before = self._floor, self._floor.view()
        if snapshot.boot != old.boot:
            old, self._ends = Floor(old.node, snapshot.boot), {}
        new = Floor(old.node, snapshot.boot, roster=Roster(snapshot.members))
        for live in snapshot.channels:
            leg = old.legs.get(live.channel.uniqueid) or ChannelLeg(live.channel, live.since)
            new.legs.put(replace(leg, channel=live.channel, bridge=live.bridge))
        new.lines = Lines(facts.queue for facts in snapshot.queues)
        for waiting in sorted(snapshot.waiting, key=lambda caller: caller.position):
            known = old.lines.entry(waiting.queue, waiting.uniqueid)
            since = known.since if known is not None else waiting.since
            new.lines.join(waiting.queue, WaitingCaller(waiting.uniqueid, waiting.priority, since), waiting.position)
        for facts in snapshot.queues:
            self._times.told(facts.queue, facts.mean_talk_s, facts.completed)
        self._floor = new
        return difference(before, new.view(), snapshot.at)

    def _see(self, channel: Channel, at: datetime, touched: _Touched) -> ChannelLeg | None:
        if ("leg", channel.uniqueid) in self._ends:
            return None
        known = self._floor.legs.get(channel.uniqueid)
        if known is not None and known.channel == channel:
            return known
        leg = ChannelLeg(channel, at) if known is None else replace(known, channel=channel)
        self._floor.legs.put(leg)
        self._touch(leg, touched)
        return leg

    def _move(self, channel: Channel, bridge: str, at: datetime, touched: _Touched) -> None:
        leg = self._see(channel, at, touched)
        if leg is not None and leg.bridge != bridge:
            self._touch(leg, touched)
            leg = replace(leg, bridge=bridge)
            self._floor.legs.put(leg)
            self._touch(leg, touched)

    def _hang_up(self, event: ev.ChannelHungUp, touched: _Touched) -> None:
        uniqueid = event.channel.uniqueid
        self._end(event.at, "leg", uniqueid)
        leg = self._floor.legs.get(uniqueid)
        if leg is None:
            return
        self._touch(leg, touched)
        if self._floor.is_call(leg):
            touched.ended.append(EndedCall(self._floor.call(leg), event.at, event.cause))
        queue = self._floor.lines.where(uniqueid)
        if queue is not None:
            touched.queues.add(queue)
        touched.calls.update(self._floor.lines.leave(uniqueid))
        self._floor.legs.drop(uniqueid)

    def _join(self, event: ev.CallerJoinedQueue, touched: _Touched) -> None:
        uniqueid = event.channel.uniqueid
        left = self._ends.get(("place", event.queue, uniqueid))
        if self._see(event.channel, event.at, touched) is None or is_late(event.at, left):
            return
        entry = WaitingCaller(uniqueid, event.channel.priority, event.at)
        moved = self._floor.lines.join(event.queue, entry, event.position)
        if moved:
            touched.calls.update(moved)
            touched.queues.add(event.queue)
            touched.suspect = len(self._floor.lines.line(event.queue)) != event.waiting

    def _leave(self, event: ev.CallerLeftQueue, touched: _Touched) -> None:
        uniqueid = event.channel.uniqueid
        self._see(event.channel, event.at, touched)
        self._end(event.at, "place", event.queue, uniqueid)
        if self._floor.lines.where(uniqueid) == event.queue:
            touched.calls.update(self._floor.lines.leave(uniqueid))
            touched.queues.add(event.queue)
            touched.suspect = len(self._floor.lines.line(event.queue)) != event.waiting

    def _touch(self, leg: ChannelLeg, touched: _Touched) -> None:
        for each in (leg, *self._floor.legs.mates(leg)):
            touched.calls.update((each.channel.uniqueid, each.channel.linkedid))
            touched.devices.add(each.channel.device)

    def _end(self, at: datetime, *what: str) -> None:
        self._ends.pop(what, None)
        self._ends[what] = at
        if len(self._ends) > _ENDS_KEPT:
            del self._ends[next(iter(self._ends))]

    def _changes(self, touched: _Touched) -> Changes:
        calls = {ended.call.key for ended in touched.ended}
        for uniqueid in touched.calls:
            leg = self._floor.legs.get(uniqueid)
            if leg is not None and self._floor.is_call(leg):
                calls.add(self._floor.key(uniqueid))
        return Changes(
            calls=frozenset(calls),
            agents=frozenset(touched.agents | {device for device in touched.devices if device in self._floor.roster}),
            queues=frozenset(touched.queues),
            ended=tuple(touched.ended),
            suspect=touched.suspect,
        )
