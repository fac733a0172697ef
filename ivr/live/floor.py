"""The floor at one moment: legs, lines and roster together, and their values for the board."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from gridline.companies import priorities
from ivr.desk import devices
from ivr.live.legs import ChannelLeg, Legs
from ivr.live.lines import Lines
from ivr.live.roster import Roster, state_of
from ivr.live.view import AgentState, BoardView, CallerPlace, CallKey, LiveAgent, LiveCall, LiveQueue

AT_WORK = (AgentState.FREE, AgentState.RINGING, AgentState.TALKING)


@dataclass(slots=True)
class Floor:
    """The state of one run of one Asterisk."""

    node: str
    boot: str = ""
    legs: Legs = field(default_factory=Legs)
    lines: Lines = field(default_factory=Lines)
    roster: Roster = field(default_factory=Roster)

    def view(self) -> BoardView:
        """All calls (oldest first), agents and queues (by name)."""
        calls = [self.call(leg) for leg in self.legs if self.is_call(leg)]
        return BoardView(
            calls=tuple(sorted(calls, key=lambda call: (call.since, call.key))),
            agents=tuple(self.agent(agent) for agent in self.roster.agents()),
            queues=tuple(self.queue(queue) for queue in sorted(self.queues())),
        )

    def key(self, linkedid: str) -> CallKey:
        """The call's key in this run."""
        return CallKey(self.node, self.boot, linkedid)

    def queues(self) -> set[str]:
        """Every queue known."""
        return self.lines.queues() | self.roster.queues()

    def is_call(self, leg: ChannelLeg) -> bool:
        """Whether this leg is a caller's: the first of its call, whom we have not called, and no agent's telephone."""
        channel = leg.channel
        first = channel.uniqueid == channel.linkedid and not channel.placed_by_us
        return first and not devices.is_agents(channel.device)

    def call(self, leg: ChannelLeg) -> LiveCall:
        """A caller, by their leg."""
        channel, mates = leg.channel, self.legs.mates(leg)
        queue = "" if mates else self.lines.where(channel.uniqueid) or ""
        line = self.lines.line(queue)
        index = next((i for i, entry in enumerate(line) if entry.uniqueid == channel.uniqueid), -1)
        return LiveCall(
            key=self.key(channel.uniqueid),
            caller=channel.caller,
            company=channel.company,
            dialled=channel.dialled,
            since=leg.since,
            place=CallerPlace.TALKING if mates else CallerPlace.WAITING if queue else CallerPlace.MENU,
            queue=queue,
            position=index + 1,
            priority=line[index].priority if queue else 0,
            waiting_since=line[index].since if queue else None,
            agent=mates[0].channel.device if mates else "",
            recording=leg.recording,
        )

    def agent(self, agent: str) -> LiveAgent:
        """An agent by interface. Raises KeyError for an unknown one."""
        own, latest = self.roster.of_agent(agent), self.roster.latest(agent)
        paused = all(member.paused for member in own)
        linked = (self.legs.get(leg.channel.linkedid) for leg in self.legs.of_device(agent))
        call = next((leg for leg in linked if leg is not None and self.is_call(leg)), None)
        return LiveAgent(
            agent=agent,
            name=latest.name,
            state=state_of(replace(latest, paused=paused)),
            queues=tuple(member.queue for member in own),
            pause_reason=latest.pause_reason if paused else "",
            call=self.key(call.channel.uniqueid) if call is not None else None,
        )

    def queue(self, queue: str) -> LiveQueue:
        """A queue in figures."""
        line = self.lines.line(queue)
        danger = [entry.since for entry in line if entry.priority >= priorities.DANGER]
        states = [state_of(member) for member in self.roster.of_queue(queue)]
        return LiveQueue(
            queue=queue,
            waiting=len(line),
            longest_since=min((entry.since for entry in line), default=None),
            free=states.count(AgentState.FREE),
            serving=sum(state in AT_WORK for state in states),
            danger=len(danger),
            danger_since=min(danger, default=None),
        )
