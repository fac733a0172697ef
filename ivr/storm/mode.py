"""Whether a line is in a storm, and why: decided from a rate of calls, its limits and a person's word; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from ivr.storm.limits import StormLimit

BY_RATE: Final = "rate"
"""The actor of what the rate of calls decided."""


@dataclass(frozen=True, slots=True)
class StormMode:
    """The mode of one company or branch, as its last switch left it."""

    on: bool = False
    actor: str = BY_RATE
    since: datetime | None = None
    """When it was switched; None: never yet."""
    calls_a_minute: float = 0.0
    limit: float = 0.0
    stands_until: datetime | None = None
    ordinal: int = 0
    """Of the event that made it."""


@dataclass(frozen=True, slots=True)
class Lull:
    """Since when a rate has been low; None while it is not."""

    low_since: datetime | None = None

    def seen(self, rate: float, limit: StormLimit, now: datetime) -> Lull:
        """With this look at the rate."""
        if rate >= limit.off:
            return Lull()
        return self if self.low_since is not None else replace(self, low_since=now)


def decided(mode: StormMode, lull: Lull, rate: float, limit: StormLimit, now: datetime) -> StormMode | None:
    """The mode that this rate switches to, or None: it stays as it is.

    A person's decision is not touched before its time is over. What is on goes off only after the rate has been below
    `limit.off` for as long as the row says.
    """
    if mode.stands_until is not None and now < mode.stands_until:
        return None
    if not mode.on and rate >= limit.on:
        return StormMode(True, BY_RATE, now, rate, limit.on, None, mode.ordinal + 1)
    calm = lull.low_since is not None and now - lull.low_since >= limit.calm
    if mode.on and calm:
        return StormMode(False, BY_RATE, now, rate, limit.off, None, mode.ordinal + 1)
    return None
