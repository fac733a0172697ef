"""Who waits in which queue, in order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class WaitingCaller:
    """A waiting caller."""

    uniqueid: str
    priority: int
    since: datetime


class Lines:
    """One line per queue; a caller stands in at most one."""

    def __init__(self, queues: Iterable[str] = ()) -> None:
        self._lines: dict[str, list[WaitingCaller]] = {queue: [] for queue in queues}
        self._where: dict[str, str] = {}

    def queues(self) -> set[str]:
        """Every queue known."""
        return set(self._lines)

    def line(self, queue: str) -> list[WaitingCaller]:
        """The waiting callers of one queue, in order."""
        return self._lines.get(queue, [])

    def where(self, uniqueid: str) -> str | None:
        """The queue a caller is in, if any."""
        return self._where.get(uniqueid)

    def entry(self, queue: str, uniqueid: str) -> WaitingCaller | None:
        """A caller's place in one queue."""
        return next((waiting for waiting in self.line(queue) if waiting.uniqueid == uniqueid), None)

    def join(self, queue: str, entry: WaitingCaller, position: int) -> list[str]:
        """Insert a caller at a position (from 1); returns the ids now at or behind it.

        A caller who is in it already keeps their place: a repeated join event says nothing new.
        """
        if self._where.get(entry.uniqueid) == queue:
            return []
        self.leave(entry.uniqueid)
        line = self._lines.setdefault(queue, [])
        index = min(max(0, position - 1), len(line))
        line.insert(index, entry)
        self._where[entry.uniqueid] = queue
        return [waiting.uniqueid for waiting in line[index:]]

    def leave(self, uniqueid: str) -> list[str]:
        """Remove a caller; returns their id and those behind them, or nothing when they were in no line."""
        queue = self._where.pop(uniqueid, None)
        if queue is None:
            return []
        line = self._lines[queue]
        index = next(i for i, entry in enumerate(line) if entry.uniqueid == uniqueid)
        del line[index]
        return [uniqueid, *(waiting.uniqueid for waiting in line[index:])]
