"""What rings on every page of those who have a worklist: danger that nobody took, and how much is late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from agent_console.people.permissions import Actor
from agent_console.worklist.rows import WorkRow

LINES: Final = 3
"""Messages that have a line each; of more, each place has one: fifty of one street hide no other street."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One line: the oldest message of a place, and how many more came from there."""

    row: WorkRow
    more: int = 0


@dataclass(frozen=True, slots=True)
class Bell:
    """The same for everybody of an audience."""

    topic: str
    rings: tuple[WorkRow, ...] = ()
    """Danger, the oldest first, until each is taken."""
    late: int = 0
    listens: bool = False
    """Whether danger would ring here, so that a browser that keeps silent must be told to speak."""

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """The lines, the oldest first; whatever has none stands in the worklist."""
        if len(self.rings) <= LINES:
            return tuple(Alarm(row) for row in self.rings)
        places: dict[tuple[str, str], list[WorkRow]] = {}
        for row in self.rings:
            places.setdefault((row.branch, row.place), []).append(row)
        return tuple(Alarm(rows[0], len(rows) - 1) for rows in places.values())[:LINES]


BELL: web.AppKey[Callable[[Actor], Bell | None]] = web.AppKey("bell")
"""The bell of a person's page now; None for those who have no worklist, or no company of their own."""
