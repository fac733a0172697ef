"""Which agents are members of which queues, and what each is doing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivr.live.view import AgentState
from ivr.telephony.events import Member

_RINGING, _TALKING, _FREE = (6, 7), (2, 3, 8), (1,)


@dataclass(frozen=True, slots=True)
class _Membership:
    member: Member
    as_of: datetime | None
    """Timestamp of the event it came from; None after a re-read, which any event may correct."""
    order: int


LATE = timedelta(seconds=10)
"""An event older than the known state by less than this is late and refused; by more, Asterisk's clock was set back."""


def is_late(news: datetime, known: datetime | None) -> bool:
    """Whether an event with this timestamp is late. Only Asterisk's own timestamps are compared, never our clock."""
    return known is not None and timedelta(0) < known - news < LATE


def state_of(member: Member) -> AgentState:
    """The agent's state by this membership. A call shows despite a pause; an unreachable phone hides the pause."""
    if member.status in _TALKING:
        return AgentState.TALKING
    if member.status in _RINGING:
        return AgentState.RINGING
    if member.status not in _FREE:
        return AgentState.UNAVAILABLE
    return AgentState.PAUSED if member.paused else AgentState.FREE


class Roster:
    """Memberships by queue and by agent; late events are refused."""

    def __init__(self, members: Iterable[Member] = ()) -> None:
        self._by_agent: dict[str, dict[str, _Membership]] = {}
        self._by_queue: dict[str, dict[str, _Membership]] = {}
        self._order = 0
        for member in members:
            self.put(member, None)

    def __contains__(self, agent: str) -> bool:
        return agent in self._by_agent

    def agents(self) -> list[str]:
        """Every agent, sorted."""
        return sorted(self._by_agent)

    def queues(self) -> set[str]:
        """Every queue that has members."""
        return set(self._by_queue)

    def of_agent(self, agent: str) -> list[Member]:
        """An agent's memberships by queue name."""
        return [membership.member for _, membership in sorted(self._by_agent.get(agent, {}).items())]

    def latest(self, agent: str) -> Member:
        """The membership updated last: its device state is the newest. Raises KeyError for an unknown agent."""
        return max(self._by_agent[agent].values(), key=lambda membership: membership.order).member

    def of_queue(self, queue: str) -> list[Member]:
        """A queue's members."""
        return [membership.member for membership in self._by_queue.get(queue, {}).values()]

    def put(self, member: Member, at: datetime | None) -> bool:
        """Store a membership; returns whether anything changed."""
        known = self._by_agent.get(member.agent, {}).get(member.queue)
        if known is not None and at is not None and is_late(at, known.as_of):
            return False
        if known is not None and known.member == member:
            return False
        self._order += 1
        now = _Membership(member, at, self._order)
        self._by_agent.setdefault(member.agent, {})[member.queue] = now
        self._by_queue.setdefault(member.queue, {})[member.agent] = now
        return True

    def drop(self, member: Member, at: datetime) -> bool:
        """Remove an agent from a queue; returns whether they were in it."""
        known = self._by_agent.get(member.agent, {}).get(member.queue)
        if known is None or is_late(at, known.as_of):
            return False
        for index, outer, inner in (
            (self._by_agent, member.agent, member.queue),
            (self._by_queue, member.queue, member.agent),
        ):
            del index[outer][inner]
            if not index[outer]:
                del index[outer]
        return True
