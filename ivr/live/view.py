"""What the board shows: calls, agents and queues as frozen values, and what an event changed in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, order=True)
class CallKey:
    """A permanent key of a call: Asterisk may reuse a linkedid after a restart (fault F16)."""

    node: str
    boot: str
    linkedid: str


class CallerPlace(StrEnum):
    """Where a caller is."""

    MENU = "menu"
    WAITING = "waiting"
    TALKING = "talking"


class AgentState(StrEnum):
    """What an agent is doing."""

    FREE = "free"
    RINGING = "ringing"
    TALKING = "talking"
    PAUSED = "paused"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A caller on the line."""

    key: CallKey
    caller: str
    company: str
    dialled: str
    since: datetime
    place: CallerPlace
    queue: str = ""
    position: int = 0
    """Place in the queue, from 1; 0 when not waiting."""
    priority: int = 0
    waiting_since: datetime | None = None
    agent: str = ""
    """Interface of the agent who talks with the caller."""
    recording: bool = False


@dataclass(frozen=True, slots=True)
class LiveAgent:
    """An agent of at least one queue."""

    agent: str
    name: str
    state: AgentState
    queues: tuple[str, ...]
    pause_reason: str = ""
    call: CallKey | None = None


@dataclass(frozen=True, slots=True)
class LiveQueue:
    """A queue's counts."""

    queue: str
    waiting: int
    longest_since: datetime | None
    """Since when the longest-waiting caller has waited."""
    free: int
    """Agents who could take a call now."""
    serving: int
    """Agents present: free, ringing or talking."""
    danger: int = 0
    """Of the waiting, those in danger."""
    danger_since: datetime | None = None
    """Since when the first of those has waited."""


@dataclass(frozen=True, slots=True)
class BoardView:
    """Everything at one moment, in a stable order."""

    calls: tuple[LiveCall, ...]
    agents: tuple[LiveAgent, ...]
    queues: tuple[LiveQueue, ...]


@dataclass(frozen=True, slots=True)
class EndedCall:
    """A call that left the board."""

    call: LiveCall
    at: datetime
    cause: int | None
    """Q.850 cause; None when its end was not seen (it was missing after a re-read)."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What must be redrawn; the values are read from the board by these keys."""

    calls: frozenset[CallKey] = frozenset()
    agents: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()
    ended: tuple[EndedCall, ...] = ()
    suspect: bool = False
    """Asterisk's count of a queue differs from the board's: something was missed, the state must be re-read."""


def difference(before: BoardView, after: BoardView, at: datetime) -> Changes:
    """What a re-read at `at` changed; calls that are gone ended with an unknown cause."""
    old_calls, new_calls = {call.key: call for call in before.calls}, {call.key: call for call in after.calls}
    old_agents, new_agents = {row.agent: row for row in before.agents}, {row.agent: row for row in after.agents}
    old_queues, new_queues = {row.queue: row for row in before.queues}, {row.queue: row for row in after.queues}
    return Changes(
        calls=frozenset(key for key in {*old_calls, *new_calls} if old_calls.get(key) != new_calls.get(key)),
        agents=frozenset(key for key in {*old_agents, *new_agents} if old_agents.get(key) != new_agents.get(key)),
        queues=frozenset(key for key in {*old_queues, *new_queues} if old_queues.get(key) != new_queues.get(key)),
        ended=tuple(EndedCall(call, at, None) for key, call in old_calls.items() if key not in new_calls),
    )
