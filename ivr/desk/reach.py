"""Whether an agent who is ready can be rung: tells a telephone that is gone from one that is back in a moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from ivr.desk.shift import UNREACHABLE, Shift
from ivr.live.board import Board
from ivr.live.view import AgentState

GONE = timedelta(seconds=8)
"""A page that is loaded anew is back sooner; a telephone that is gone for longer is lost (fault F36)."""


class Reach:
    """Remembers since when each telephone is gone."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._gone: dict[str, datetime] = {}

    def lost(self, shifts: Iterable[Shift], now: datetime) -> list[Shift]:
        """Who is ready at a telephone that has been gone for GONE."""
        gone = [shift for shift in shifts if shift.takes_calls and not self.is_there(shift)]
        self._gone = {shift.agent: self._gone.get(shift.agent, now) for shift in gone}
        return [shift for shift in gone if now - self._gone[shift.agent] >= GONE]

    def back(self, shifts: Iterable[Shift]) -> list[Shift]:
        """Who was paused for a telephone that is there again."""
        return [shift for shift in shifts if shift.reason == UNREACHABLE and self.is_there(shift)]

    def is_there(self, shift: Shift) -> bool:
        """Whether their telephone can be rung; yes where nothing is known of it."""
        member = self._board.agent(shift.interface)
        return member is None or member.state is not AgentState.UNAVAILABLE

    def next_look(self) -> datetime | None:
        """When the first of the gone ones will have been gone for long enough."""
        return min(self._gone.values()) + GONE if self._gone else None
