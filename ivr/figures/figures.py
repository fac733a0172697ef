"""Figures of a period: counts and sums, the shares and means derived from them, and how a shift was spent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum


class GroupedBy(StrEnum):
    """What figures are grouped by."""

    QUEUE = "queue"
    AGENT = "agent"
    HALF_HOUR = "half-hour"
    """The half hour (UTC) in which a call came to the queue, or a talk ended: our zones are whole hours off."""


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` until just before `until`, both aware."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts and sums, which can be added up; shares and means are derived from them."""

    answered: int = 0
    in_time: int = 0
    """Answered within the service level."""
    abandoned: int = 0
    """Hung up while waiting."""
    unserved: int = 0
    """Waited to the limit, or met a queue without agents, and were offered to leave a message."""
    unknown: int = 0
    """The end was not seen (Asterisk was restarted): left out of every share."""
    waited_s: float = 0.0
    """By callers who were answered."""
    waited_lost_s: float = 0.0
    talks: int = 0
    talked_s: int = 0
    wrap_ups: int = 0
    wrapped_s: int = 0
    missed: int = 0
    """Times an agent's telephone rang without an answer."""

    def __add__(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(Figures)))

    @property
    def lost(self) -> int:
        """Calls that nobody answered."""
        return self.abandoned + self.unserved

    @property
    def offered(self) -> int:
        """Calls that came to a queue and whose end is known."""
        return self.answered + self.lost

    @property
    def service_level(self) -> float | None:
        """Per cent of all offered calls that were answered in time; None without calls."""
        return 100 * self.in_time / self.offered if self.offered else None

    @property
    def lost_share(self) -> float | None:
        """Per cent of all offered calls; None without calls."""
        return 100 * self.lost / self.offered if self.offered else None

    @property
    def average_wait_s(self) -> float | None:
        """Seconds an answered caller had waited."""
        return self.waited_s / self.answered if self.answered else None

    @property
    def average_lost_s(self) -> float | None:
        """Seconds a lost caller had waited."""
        return self.waited_lost_s / self.lost if self.lost else None

    @property
    def average_talk_s(self) -> float | None:
        """Seconds of a talk."""
        return self.talked_s / self.talks if self.talks else None

    @property
    def average_wrap_up_s(self) -> float | None:
        """Seconds of notes after a talk."""
        return self.wrapped_s / self.wrap_ups if self.wrap_ups else None


@dataclass(frozen=True, slots=True)
class Presence:
    """How an agent spent the period, in seconds."""

    on_shift_s: int
    paused: Mapping[str, tuple[int, int]]
    """Reason -> how often, and for how many seconds; the reason "" means signed on but not yet ready."""

    @property
    def paused_s(self) -> int:
        """All pauses together."""
        return sum(seconds for _, seconds in self.paused.values())
