"""What can be said of a talk by when each side spoke: shares, silence, talking over, monologue, hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from quality.measures.energy import Spans, Voices, gaps

CALLER, AGENT = 0, 1
LONG_SILENCE_S: Final = 5.0
"""A pause that a listener notices."""
LONG_OVER_S: Final = 1.0
"""Shorter is «угу», or a reply that comes early."""
HOLD_S: Final = 8.0
"""So long without a breath is no speech: music on hold. Speakers of Russian breathe every 3-4 s."""
TURN_S: Final = 1.0
"""A shorter word of the other side does not end a monologue."""


class NoticedKind(StrEnum):
    """What is shown at its second."""

    SILENCE = "silence"
    OVER = "over"
    HOLD = "hold"
    MONOLOGUE = "monologue"


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something at a second of the recording."""

    kind: NoticedKind
    at: float
    """Seconds from the recording's start."""
    seconds: float


@dataclass(frozen=True, slots=True)
class TalkFigures:
    """A talk in figures; seconds."""

    seconds: float
    caller_s: float
    agent_s: float
    silence_s: float
    """Neither speaks, and nobody is on hold."""
    over_s: float
    """Both speak."""
    hold_s: float
    monologue_s: float
    """The agent's longest speech without a word of the caller."""
    noticed: tuple[Noticed, ...]


def figures(voices: Voices, *, by_agent: bool) -> TalkFigures:
    """The figures of a recording; a message of one channel has a caller alone.

    `by_agent`: the other side is a person, so that what goes on without a breath is music and no robot.
    """
    caller = voices.channels[CALLER]
    said = voices.channels[AGENT] if len(voices.channels) > AGENT else ()
    hold = tuple(span for span in said if by_agent and _length(span) >= HOLD_S)
    agent = tuple(span for span in said if span not in hold)
    over = both(caller, agent)
    silence = tuple(gaps(_joined([*caller, *agent, *hold]), voices.seconds))
    longest = max(turns(agent, caller), key=_length, default=None)
    noticed = [
        *(Noticed(NoticedKind.SILENCE, *_at(span)) for span in silence if _length(span) >= LONG_SILENCE_S),
        *(Noticed(NoticedKind.OVER, *_at(span)) for span in over if _length(span) >= LONG_OVER_S),
        *(Noticed(NoticedKind.HOLD, *_at(span)) for span in hold),
        *([Noticed(NoticedKind.MONOLOGUE, *_at(longest))] if longest else []),
    ]
    return TalkFigures(
        seconds=round(voices.seconds, 1),
        caller_s=_sum(caller),
        agent_s=_sum(agent),
        silence_s=_sum(silence),
        over_s=_sum(over),
        hold_s=_sum(hold),
        monologue_s=round(_length(longest), 1) if longest else 0.0,
        noticed=tuple(sorted(noticed, key=lambda one: one.at)),
    )


def both(first: Spans, second: Spans) -> Spans:
    """Where spans of two sides overlap."""
    found: list[tuple[float, float]] = []
    one, other = iter(first), iter(second)
    a, b = next(one, None), next(other, None)
    while a and b:
        begins, ends = max(a[0], b[0]), min(a[1], b[1])
        if begins < ends:
            found.append((begins, ends))
        if a[1] <= b[1]:
            a = next(one, None)
        else:
            b = next(other, None)
    return tuple(found)


def turns(speaker: Spans, other: Spans) -> Iterator[tuple[float, float]]:
    """The speaker's turns: spans joined until the other side says something of its own."""
    answers = iter([span for span in other if _length(span) >= TURN_S])
    answer = next(answers, None)
    turn: tuple[float, float] | None = None
    for span in speaker:
        while answer and answer[1] <= (turn[1] if turn else span[0]):
            answer = next(answers, None)
        if turn and answer and answer[0] < span[0]:
            yield turn
            turn = None
        turn = (turn[0], span[1]) if turn else span
    if turn:
        yield turn


def _joined(spans: Iterable[tuple[float, float]]) -> Spans:
    """Spans of several sides as one."""
    found: list[tuple[float, float]] = []
    for span in sorted(spans):
        if found and span[0] <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], span[1]))
        else:
            found.append(span)
    return tuple(found)


def _length(span: tuple[float, float]) -> float:
    return span[1] - span[0]


def _at(span: tuple[float, float]) -> tuple[float, float]:
    return round(span[0], 1), round(_length(span), 1)


def _sum(spans: Spans) -> float:
    return round(sum(_length(span) for span in spans), 1)
