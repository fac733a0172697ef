"""From events to what was shown of them: the queue as the events tell it, found again in what a screen showed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bench.console.wire import Seen


@dataclass(frozen=True, slots=True)
class RowState:
    """A queue's row: how many wait, and since when (ISO, as `data-since` has it) the one who has waited longest."""

    waiting: int
    since: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A state and when it began, in seconds of `time.monotonic()`."""

    at: float
    state: RowState


@dataclass(frozen=True, slots=True)
class Match:
    """How long each event took to be shown, and what did not fit."""

    seconds: tuple[float, ...]
    """One for each event, in their order."""
    unseen: int
    """Events that nothing shown includes."""
    strange: int
    """Shown states that the events never led to."""


def told(seen: Iterable[Seen], queue: str) -> list[Moment]:
    """The states of `queue`, one for each event of a caller who comes or goes."""
    line: dict[str, str] = {}
    moments = []
    for one in seen:
        if one.headers.get("Queue") != queue:
            continue
        if one.is_("QueueCallerJoin"):
            at = datetime.fromtimestamp(float(one.headers["Timestamp"]), UTC)
            line[one.headers["Uniqueid"]] = at.isoformat()
        elif one.is_("QueueCallerLeave"):
            line.pop(one.headers["Uniqueid"], None)
        else:
            continue
        moments.append(Moment(one.at, RowState(len(line), min(line.values(), default=""))))
    return moments


def matched(events: Sequence[Moment], shown: Sequence[Moment]) -> Match:
    """Each event's delay until the first shown state that includes it.

    Screen and events tell of the same changes in the same order, so what is shown is a part of the events' states.
    A state that came twice is taken for its first time: a delay may come out too long, never too short.
    """
    seconds: list[float] = []
    strange = 0
    for one in shown:
        ahead = range(len(seconds), len(events))
        found = next((index for index in ahead if events[index].state == one.state), None)
        if found is None:
            strange += 1
            continue
        seconds.extend(one.at - event.at for event in events[len(seconds) : found + 1])
    return Match(tuple(seconds), len(events) - len(seconds), strange)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so large a share of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
