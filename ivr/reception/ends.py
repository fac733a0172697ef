"""When a call is really over: its caller may leave the controller and talk on, after a transfer or a reload."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ivr.journal.journal import Journal
from ivr.live.board import Board
from ivr.live.view import CallKey
from ivr.telephony.events import ChannelHungUp, Event


@dataclass(frozen=True, slots=True)
class _Left:
    call_id: str
    outcome: str
    branch: str


class Ends:
    """Ends each call's record when its caller's channel is gone. To be told of events after the board."""

    def __init__(self, journal: Journal, board: Board, key_of: Callable[[str], CallKey]) -> None:
        self._journal = journal
        self._board = board
        self._key_of = key_of
        self._left: dict[CallKey, _Left] = {}

    def left(self, channel: str, call_id: str, outcome: str, branch: str) -> None:
        """The controller has done with this call; the record ends now, or when the channel does."""
        key = self._key_of(channel)
        if self._board.call(key) is None:
            self._journal.end(call_id, outcome, branch=branch)
        else:
            self._left[key] = _Left(call_id, outcome, branch)

    def on_event(self, event: Event) -> None:
        """Take an event of Asterisk in."""
        if isinstance(event, ChannelHungUp):
            self._end(self._key_of(event.channel.uniqueid), event.at)

    def rebuild(self) -> None:
        """After a re-read: calls whose end was not seen, those of an Asterisk that is no more among them."""
        for key in list(self._left):
            if self._board.call(key) is None:
                self._end(key)

    def close(self) -> None:
        """This process goes: what it will not see the end of ends now."""
        for key in list(self._left):
            self._end(key)

    def _end(self, key: CallKey, at: datetime | None = None) -> None:
        left = self._left.pop(key, None)
        if left is not None:
            self._journal.end(left.call_id, left.outcome, branch=left.branch, at=at)
