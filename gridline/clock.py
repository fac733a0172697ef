"""The clock as a dependency, so that a test can run at any moment; and waiting no longer than so many seconds."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """A source of time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds that never go backwards: for durations, unaffected by changes to the wall clock."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds of the monotonic clock."""
        return time.monotonic()


class SetClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError("SetClock needs an aware datetime")
        self._now = now.astimezone(UTC)
        self._elapsed = 0.0

    def now(self) -> datetime:
        """The moment last set."""
        return self._now

    def monotonic(self) -> float:
        """Total seconds this clock has been advanced."""
        return self._elapsed

    def advance(self, delta: timedelta) -> None:
        """Move forward (wall and monotonic) by `delta`."""
        self._now += delta
        self._elapsed += delta.total_seconds()

    def set(self, now: datetime) -> None:
        """Set the wall clock to `now` (aware); `monotonic` is unaffected."""
        self._now = now.astimezone(UTC)


async def happens(event: asyncio.Event, within_s: float | None) -> bool:
    """Whether the event is set within that many seconds (None: as long as it takes)."""
    try:
        async with asyncio.timeout(within_s):
            await event.wait()
    except TimeoutError:
        return False
    return True
