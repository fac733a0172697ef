"""A small exchange that handles calls as Asterisk does and reports them in the same events and re-reads."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ivr.telephony import events as ev
from ivr.telephony.events import Channel, Event, Member
from ivr.telephony.state import LiveChannel, QueueFacts, Snapshot, Waiting

START = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
QUEUES = ("hotline", "storm")
AGENTS = ("PJSIP/101", "PJSIP/102", "PJSIP/103")


@dataclass
class _Call:
    channel: Channel
    since: datetime
    queue: str = ""
    waiting_since: datetime = START
    agent: Channel | None = None
    bridge: str = ""
    talking_since: datetime = START


class Exchange:
    """Calls, queues and agents; every step appends to `told` what AMI would say."""

    def __init__(self, boot: str = "2026-11-22T05:00:00", first: int = 0) -> None:
        self.boot = boot
        self.now = START
        self.told: list[Event] = []
        self.calls: dict[str, _Call] = {}
        self.lines: dict[str, list[str]] = {queue: [] for queue in QUEUES}
        self.members: dict[tuple[str, str], Member] = {}
        self._count = first

    def tick(self, seconds: int = 1) -> None:
        self.now += timedelta(seconds=seconds)

    def add_agent(self, queue: str, agent: str) -> None:
        busy = any(call.agent is not None and call.agent.device == agent for call in self.calls.values())
        elsewhere = [member.status for (_, name), member in self.members.items() if name == agent]
        status = elsewhere[0] if elsewhere else 2 if busy else 1  # one phone has one state in all queues
        member = Member(queue, agent, f"Оператор {agent[-3:]}", status, False)
        self.members[queue, agent] = member
        self.told.append(ev.MemberChanged(self.now, member))

    def remove_agent(self, queue: str, agent: str) -> None:
        self.told.append(ev.MemberRemoved(self.now, self.members.pop((queue, agent))))

    def pause(self, queue: str, agent: str, reason: str = "") -> None:
        paused = not self.members[queue, agent].paused
        self._member((queue, agent), paused=paused, pause_reason=reason if paused else "")

    def unplug(self, agent: str, status: int = 5) -> None:
        self._status(agent, status)

    def arrive(self, caller: str = "+79210000001", priority: int = 0) -> str:
        uniqueid = self._id()
        channel = Channel(uniqueid, uniqueid, f"PJSIP/trunk-{self._count:08x}", caller, "skek", "78005009494", priority)
        self.calls[uniqueid] = _Call(channel, self.now)
        self.told.append(ev.ChannelSeen(self.now, channel))
        return uniqueid

    def join(self, uniqueid: str, queue: str) -> None:
        call = self.calls[uniqueid]
        line = self.lines[queue]
        ahead = [one for one in line if self.calls[one].channel.priority >= call.channel.priority]
        line.insert(len(ahead), uniqueid)
        call.queue, call.waiting_since = queue, self.now
        self.told.append(ev.CallerJoinedQueue(self.now, call.channel, queue, len(ahead) + 1, len(line)))

    def answer(self, agent: str, queue: str, rang_s: int = 3) -> str:
        """Connect the first waiting caller to the agent."""
        uniqueid = self.lines[queue][0]
        call = self.calls[uniqueid]
        leg = Channel(self._id(), uniqueid, f"{agent}-{self._count:08x}", "101")
        self.told.append(ev.ChannelSeen(self.now, leg))
        self._status(agent, 6)
        self.tick(rang_s)
        self._status(agent, 2)
        self._leave(uniqueid)
        waited = int((self.now - call.waiting_since).total_seconds())
        self.told.append(ev.AgentConnected(self.now, call.channel, queue, agent, waited, rang_s))
        call.agent, call.bridge, call.talking_since, call.queue = leg, f"b-{uniqueid}", self.now, queue
        self.told.append(ev.BridgeEntered(self.now, leg, call.bridge))
        self.told.append(ev.BridgeEntered(self.now, call.channel, call.bridge))
        return uniqueid

    def finish(self, uniqueid: str) -> None:
        """End the talk; the caller is back in the menu."""
        call = self.calls[uniqueid]
        assert call.agent is not None
        talked = int((self.now - call.talking_since).total_seconds())
        self.told.append(ev.BridgeLeft(self.now, call.agent, call.bridge))
        agent = call.agent.device
        self.told.append(ev.AgentCompleted(self.now, uniqueid, call.queue, agent, talked, "agent"))
        self.told.append(ev.BridgeLeft(self.now, call.channel, call.bridge))
        self.told.append(ev.ChannelHungUp(self.now, call.agent, 16))
        call.agent, call.bridge, call.queue = None, "", ""
        self._status(agent, 1)

    def hang_up(self, uniqueid: str) -> None:
        call = self.calls[uniqueid]
        if call.agent is not None:
            self.finish(uniqueid)
        if uniqueid in self.lines.get(call.queue, []):
            waited = int((self.now - call.waiting_since).total_seconds())
            self.told.append(ev.CallerAbandonedQueue(self.now, call.channel, call.queue, waited))
            self._leave(uniqueid)
        self.told.append(ev.ChannelHungUp(self.now, call.channel, 16))
        del self.calls[uniqueid]

    def step(self, chance: random.Random, at_most_s: int = 20) -> None:
        """Do one random thing, up to `at_most_s` seconds from now."""
        self.tick(chance.randint(1, at_most_s))
        free = [m for m in self.members.values() if m.status == 1 and not m.paused and self.lines[m.queue]]
        menu = [uid for uid, call in self.calls.items() if not call.queue]
        talking = [uid for uid, call in self.calls.items() if call.agent is not None]
        absent = [(queue, agent) for queue in QUEUES for agent in AGENTS if (queue, agent) not in self.members]
        idle = sorted(key for key, member in self.members.items() if member.status in (1, 5))
        match chance.randint(0, 8):
            case 0 | 1:
                self.arrive(priority=chance.choice((0, 0, 0, 5)))
            case 2 | 3 if menu:
                self.join(chance.choice(menu), chance.choice(QUEUES))
            case 4 | 5 if free:
                member = chance.choice(free)
                self.answer(member.agent, member.queue)
            case 6 if talking:
                self.finish(chance.choice(talking))
            case 7 if self.calls:
                self.hang_up(chance.choice(sorted(self.calls)))
            case _ if absent and chance.random() < 0.6:
                self.add_agent(*chance.choice(absent))
            case _ if idle:
                key = chance.choice(idle)
                match chance.randint(0, 2):
                    case 0:
                        self.remove_agent(*key)
                    case 1:
                        self.pause(*key, reason="обед")
                    case _:
                        self.unplug(key[1], 5 if self.members[key].status == 1 else 1)

    def snapshot(self) -> Snapshot:
        """What a re-read would return now."""
        channels = [LiveChannel(call.channel, call.bridge, call.since) for call in self.calls.values()]
        channels += [
            LiveChannel(c.agent, c.bridge, c.talking_since) for c in self.calls.values() if c.agent is not None
        ]
        waiting = [
            Waiting(queue, uid, position, self.calls[uid].channel.priority, self.calls[uid].waiting_since)
            for queue, line in self.lines.items()
            for position, uid in enumerate(line, 1)
        ]
        queues = tuple(QueueFacts(queue, 0, 0) for queue in QUEUES)
        return Snapshot(self.now, self.boot, tuple(channels), queues, tuple(self.members.values()), tuple(waiting))

    def _leave(self, uniqueid: str) -> None:
        call = self.calls[uniqueid]
        self.lines[call.queue].remove(uniqueid)
        self.told.append(ev.CallerLeftQueue(self.now, call.channel, call.queue, len(self.lines[call.queue])))

    def _status(self, agent: str, status: int) -> None:
        for key in [key for key in self.members if key[1] == agent]:
            self._member(key, status=status)

    def _member(self, key: tuple[str, str], **what: object) -> None:
        self.members[key] = replace(self.members[key], **what)  # type: ignore[arg-type]
        self.told.append(ev.MemberChanged(self.now, self.members[key]))

    def _id(self) -> str:
        self._count += 1
        return f"node1-1795323686.{self._count}"
