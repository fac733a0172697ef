"""Time of a simulation: it stands still while anybody works, and leaps to the next thing to happen when all wait."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Coroutine
from datetime import datetime, timedelta
from itertools import count
from typing import Any


class Waiter:
    """One wait of one task: over at its moment, or earlier when somebody wakes it."""

    def __init__(self, time: VirtualTime) -> None:
        self._time = time
        self.over: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def wake(self) -> None:
        """End the wait now; of one that is over nothing is left to do."""
        if not self.over.done():
            self._time.busy += 1
            self.over.set_result(True)


class VirtualTime:
    """The clock of everything in the simulation, and the only way to wait in it.

    Work that takes real time (a transaction) takes none here: the next waiter is woken when the last task waits.
    """

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._elapsed = 0.0
        self._waiters: list[tuple[float, int, Waiter]] = []
        self._order = count()
        self._tasks: set[asyncio.Task[Any]] = set()
        self.busy = 0

    def now(self) -> datetime:
        """The moment."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Seconds since the beginning."""
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        """Wait so long."""
        await self.wait(Waiter(self), seconds)

    async def wait(self, waiter: Waiter, seconds: float) -> bool:
        """Wait so long at most; whether it was woken earlier."""
        heapq.heappush(self._waiters, (self._elapsed + seconds, next(self._order), waiter))
        self._idle()
        return await waiter.over

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a task of the simulation beside the others."""
        self.busy += 1
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def run(self, main: Coroutine[Any, Any, None]) -> None:
        """Run until `main` ends; what is under way then is cancelled. Raises what any of them raised."""
        await self.spawn(main)
        for task in (rest := list(self._tasks)):
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._idle()

    def _idle(self) -> None:
        """One task less is at work; with none left, time goes on."""
        self.busy -= 1
        while not self.busy and self._waiters:
            at, _, waiter = heapq.heappop(self._waiters)
            if not waiter.over.done():
                self._elapsed = at
                self.busy += 1
                waiter.over.set_result(False)
