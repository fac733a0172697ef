"""How many calls are placed at once: so many in all, one to a number, the urgent first."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(order=True, slots=True)
class _InLine:
    urgency: int
    place: int
    phone: str = field(compare=False)
    turn: asyncio.Future[None] = field(compare=False)


class Pace:
    """The turns of one process."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._calling: set[str] = set()
        self._line: list[_InLine] = []
        self._places = itertools.count()
        self._closed = False

    def close(self) -> None:
        """Nobody is let in any more; who waits goes on waiting, to be cancelled with the rest."""
        self._closed = True

    @asynccontextmanager
    async def turn(self, phone: str, urgency: int) -> AsyncIterator[None]:
        """Wait for one's turn to call this number, and hold it during the block; a lower `urgency` goes first."""
        waiting = _InLine(urgency, next(self._places), phone, asyncio.get_running_loop().create_future())
        self._line.append(waiting)
        self._let_in()
        try:
            await waiting.turn
        except asyncio.CancelledError:
            if waiting in self._line:
                self._line.remove(waiting)
            else:  # let in at the very moment it gave up
                self._leave(phone)
            raise
        try:
            yield
        finally:
            self._leave(phone)

    def _leave(self, phone: str) -> None:
        self._calling.discard(phone)
        self._let_in()

    def _let_in(self) -> None:
        for waiting in sorted(self._line):
            if self._closed or len(self._calling) >= self._at_once:
                return
            if waiting.phone not in self._calling:
                self._line.remove(waiting)
                self._calling.add(waiting.phone)
                waiting.turn.set_result(None)
