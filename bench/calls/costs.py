"""What a call costs in CPU: loads that must go whole, and what each process spent on them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import psutil

from bench.calls.load import Sipp
from bench.calls.rig import cpu_s
from gridline.errors import Unavailable

KEY_AFTER_S = 2.0
"""After the answer: 0.5 s wait for the caller's sound, 0.5 s notice, 0.5 s menu, 0.5 s for a busy machine."""
TRIES = 3
"""A load that did not go whole is placed anew: on a machine with other work, a caller's key may come too late."""
SETTLE_S = 0.2
"""The last call's own tidying, in Asterisk and in the controller."""


class Costs:
    """Places loads and reads the clocks of processes; `tell` hears of what is tried again."""

    def __init__(self, sipp: Sipp, tell: Callable[[str], None]) -> None:
        self._sipp = sipp
        self._tell = tell

    async def each_ms(
        self,
        processes: Sequence[psutil.Process],
        exten: str,
        calls: int,
        rate: float,
        *,
        key: bool = False,
        before: Callable[[], Awaitable[object]] | None = None,
    ) -> list[float]:
        """Milliseconds of CPU that each process (and what it forked) spent on each of these calls."""
        used: list[float] = []

        async def begin() -> None:
            if before is not None:
                await before()
            used[:] = [cpu_s(process) for process in processes]

        await self.whole(exten, calls, rate, key=key, before=begin)
        return [(cpu_s(process) - then) / calls * 1000 for process, then in zip(processes, used, strict=True)]

    async def whole(
        self,
        exten: str,
        calls: int,
        rate: float,
        *,
        key: bool = False,
        before: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        """Place calls that all end as they should; `before` is done at each try.

        Raises Unavailable when they did not, TRIES times.
        """
        for left in reversed(range(TRIES)):
            if before is not None:
                await before()
            load = await self._sipp.run(exten, calls, rate, key_after_s=KEY_AFTER_S if key else 0)
            await asyncio.sleep(SETTLE_S)
            if load.whole:
                return
            if not left:
                raise Unavailable(f"Не все звонки на {exten} удались: {load}.")
            self._tell(f"ещё раз, не все звонки удались: {load}")
