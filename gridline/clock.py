"""The clock as a thing that is passed in, so that a test can stand at any moment."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds that only go forward: for durations, whatever is done to the wall clock."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds of the monotonic clock."""
        return time.monotonic()


class SetClock:
    """A clock that stands where it was set until it is moved."""

    def __init__(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError("SetClock needs an aware datetime")
        self._now = now.astimezone(UTC)
        self._elapsed = 0.0

    def now(self) -> datetime:
        """The moment last set."""
        return self._now

    def monotonic(self) -> float:
        """Seconds this clock was moved forward in all."""
        return self._elapsed

    def advance(self, delta: timedelta) -> None:
        """Move forward (wall and monotonic) by `delta`."""
        self._now += delta
        self._elapsed += delta.total_seconds()

    def set(self, now: datetime) -> None:
        """Jump the wall clock to `now` (aware); durations are not touched."""
        self._now = now.astimezone(UTC)
