"""Waiting for what another process or task brings about."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

LOOK_EVERY_S = 0.02


async def eventually(there: Callable[[], bool], within_s: float = 15) -> None:
    """Return as soon as it is there; AssertionError when it does not come."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within_s
    while not there():
        assert loop.time() < end, f"did not come within {within_s:g} s"
        await asyncio.sleep(LOOK_EVERY_S)
