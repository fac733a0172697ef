"""What a company's wallboard shows of this moment: queues and agents out of the board and the shifts; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from gridline.companies import Company
from ivr.desk import devices
from ivr.desk.shift import Shift, ShiftState
from ivr.live.board import Board
from ivr.live.view import AgentState, LiveAgent, LiveQueue

NOT_YET: Final = "ещё не на линии"
"""Instead of a reason: signed on, and not yet said to be ready."""


class Activity(StrEnum):
    """What an agent is doing, his own word and his telephone's state taken together."""

    FREE = "free"
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap-up"
    PAUSED = "paused"
    AWAY = "away"
    """Ready, but no telephone of his can be reached."""


DOING: Final[Mapping[Activity, str]] = {
    Activity.FREE: "свободен",
    Activity.RINGING: "звонит",
    Activity.TALKING: "говорит",
    Activity.WRAP_UP: "дозаполняет",
    Activity.PAUSED: "пауза",
    Activity.AWAY: "телефон не на связи",
}
DOTS: Final[Mapping[Activity, str]] = {
    Activity.FREE: "free",
    Activity.RINGING: "ringing",
    Activity.TALKING: "talking",
    Activity.WRAP_UP: "wrap-up",
    Activity.PAUSED: "paused",
    Activity.AWAY: "away",
}
"""The style sheet's name of each state's dot."""
_BUSIEST: Final = (AgentState.TALKING, AgentState.RINGING, AgentState.FREE, AgentState.PAUSED, AgentState.UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class WallQueue:
    """A queue's row."""

    queue: str
    title: str
    topics: str
    live: LiveQueue | None
    """None while nothing is known of it: Asterisk has not been heard yet."""


@dataclass(frozen=True, slots=True)
class WallAgent:
    """An agent's tile."""

    agent: str
    name: str
    doing: Activity
    reason: str
    since: datetime | None
    """Since when he is doing this; None when it began before we looked."""
    on_shift: bool
    """Whether he signed on here: only then can a supervisor change his state."""


@dataclass(frozen=True, slots=True)
class Wall:
    """A company's board at one moment."""

    waiting: int = 0
    longest_since: datetime | None = None
    danger: int = 0
    danger_since: datetime | None = None
    queues: tuple[WallQueue, ...] = ()
    agents: tuple[WallAgent, ...] = ()
    states: Mapping[Activity, int] = field(default_factory=dict)


def wall(company: Company, board: Board, shifts: Sequence[Shift], before: Wall, now: datetime) -> Wall:
    """The board now. `before` tells since when an agent has been doing what he still does."""
    queues = tuple(
        WallQueue(queue, company.queue_name(queue), topics(company, queue), board.queue(queue))
        for queue in sorted(company.queues, key=lambda queue: (queue != company.hotline, queue))
    )
    live = [one.live for one in queues if one.live is not None]
    known = {one.agent: one for one in before.agents}
    agents = tuple(_lasting(agent, known.get(agent.agent), now) for agent in _agents(company, board, shifts))
    return Wall(
        waiting=sum(one.waiting for one in live),
        longest_since=min((one.longest_since for one in live if one.longest_since), default=None),
        danger=sum(one.danger for one in live),
        danger_since=min((one.danger_since for one in live if one.danger_since), default=None),
        queues=queues,
        agents=agents,
        states=Counter(one.doing for one in agents),
    )


def topics(company: Company, queue: str) -> str:
    """Every topic the queue answers about."""
    return ", ".join(topic.name for topic in company.topics.values() if topic.queue == queue)


def _agents(company: Company, board: Board, shifts: Sequence[Shift]) -> Iterable[WallAgent]:
    """Everybody on shift for the company, and whoever answers its queues without having signed on here."""
    own = {shift.agent: shift for shift in shifts if shift.company_id == company.id}
    phones: dict[str, list[LiveAgent]] = {}
    for phone in board.agents_of(company.queues):
        phones.setdefault(devices.agent_of(phone.agent), []).append(phone)
    made = []
    for agent in own.keys() | phones.keys():
        there = min(phones.get(agent, []), key=lambda one: _BUSIEST.index(one.state), default=None)
        shift = own.get(agent)
        if shift is not None:
            made.append(_on_shift(shift, there))
        elif there is not None and there.state is not AgentState.UNAVAILABLE:
            made.append(
                WallAgent(
                    agent, there.name or agent, Activity(there.state.value), there.pause_reason, None, on_shift=False
                )
            )
    return sorted(made, key=lambda one: (one.name, one.agent))


def _on_shift(shift: Shift, phone: LiveAgent | None) -> WallAgent:
    state = phone.state if phone is not None else AgentState.UNAVAILABLE
    since: datetime | None = shift.since
    reason = ""
    if state in (AgentState.TALKING, AgentState.RINGING):
        doing, since = Activity(state.value), None
    elif shift.state is ShiftState.WRAP_UP:
        doing = Activity.WRAP_UP
    elif shift.state is ShiftState.PAUSED:
        doing, reason = Activity.PAUSED, shift.reason or NOT_YET
    elif state is AgentState.UNAVAILABLE:
        doing, since = Activity.AWAY, None
    else:
        doing = Activity.FREE
    return WallAgent(shift.agent, shift.name, doing, reason, since, on_shift=True)


def _lasting(agent: WallAgent, before: WallAgent | None, now: datetime) -> WallAgent:
    """With the moment he began what he is doing; of a time before we looked, and of his own word, his shift tells."""
    if before is None or (agent.on_shift and agent.doing in (Activity.PAUSED, Activity.WRAP_UP)):
        return agent
    same = (before.doing, before.reason) == (agent.doing, agent.reason)
    return replace(agent, since=before.since if same else now)
