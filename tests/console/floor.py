"""The floor of a company as Asterisk would tell of it: agents at their telephones, callers who wait, talk and leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from gridline.clock import Clock
from ivr.live.board import Board
from ivr.live.view import Changes
from ivr.telephony import events as ev
from ivr.telephony.events import Channel, Event, Member

FREE, TALKING, GONE, RINGING = 1, 2, 5, 6


class Floor:
    """Feeds a board with the events of what happens; `on_changes` is told what each changed."""

    def __init__(self, board: Board, clock: Clock, company: str) -> None:
        self._board = board
        self._clock = clock
        self._company = company
        self._members: dict[tuple[str, str], Member] = {}
        self._waiting: dict[str, list[str]] = {}
        self._channels: dict[str, Channel] = {}
        self._ids = count(1)
        self.changes: list[Changes] = []

    def agent(self, agent: str, name: str, *queues: str, status: int = FREE) -> None:
        """An agent's telephone is a member of these queues."""
        for queue in queues:
            self._tell_member(Member(queue, f"PJSIP/{agent}", name, status, False))

    def phone(self, agent: str, status: int) -> None:
        """His telephone rings, is off the hook, is free, is gone."""
        for member in [one for one in self._members.values() if one.agent == f"PJSIP/{agent}"]:
            self._tell_member(replace(member, status=status))

    def caller(self, queue: str, *, waits_s: float = 0, priority: int = 0, number: str = "+79235550101") -> str:
        """Somebody waits, since so many seconds; his id."""
        at = self._clock.now() - timedelta(seconds=waits_s)
        id = f"{at.timestamp():.0f}.{next(self._ids)}"
        channel = Channel(id, id, f"PJSIP/trunk-{id}", number, self._company, "78005009494", priority)
        line = self._waiting.setdefault(queue, [])
        self._channels[id] = channel
        line.insert(0 if priority else len(line), id)
        self._tell(ev.ChannelSeen(at, channel))
        self._tell(ev.CallerJoinedQueue(at, channel, queue, line.index(id) + 1, len(line)))
        return id

    def leaves(self, id: str) -> None:
        """He hangs up."""
        queue = next((queue for queue, line in self._waiting.items() if id in line), None)
        now, channel = self._clock.now(), self._channels.pop(id)
        if queue is not None:
            self._waiting[queue].remove(id)
            self._tell(ev.CallerLeftQueue(now, channel, queue, len(self._waiting[queue])))
        self._tell(ev.ChannelHungUp(now, channel, 16))

    def answers(self, agent: str, id: str, *, at: datetime | None = None) -> None:
        """The agent takes him."""
        queue = next(queue for queue, line in self._waiting.items() if id in line)
        now, channel = at or self._clock.now(), self._channels[id]
        self._waiting[queue].remove(id)
        self._tell(ev.CallerLeftQueue(now, channel, queue, len(self._waiting[queue])))
        leg = Channel(f"{id}-{agent}", id, f"PJSIP/{agent}-{id}", channel.caller)
        self._tell(ev.ChannelSeen(now, leg))
        for one in (channel, leg):
            self._tell(ev.BridgeEntered(now, one, f"bridge-{id}"))
        self.phone(agent, TALKING)

    def _tell_member(self, member: Member) -> None:
        self._members[member.queue, member.agent] = member
        self._tell(ev.MemberChanged(self._clock.now(), member))

    def _tell(self, event: Event) -> None:
        self.changes.append(self._board.apply(event))
