"""Keeps the event loop answering, and measures whether it does: calls and screens all wait for its next turn."""

from __future__ import annotations

import asyncio
import gc
from typing import Final

from gridline.metrics import LOOP_LAG_S

EVERY_S: Final = 0.05
"""How often the loop's lag is looked at: longer stalls than this are seen whole, shorter ones in part."""
YOUNG: Final = 20_000
"""Objects made before the youngest are looked through; Python's 700 would look thirty times a second."""


async def measured() -> None:
    """Until cancelled: put into `gridline_loop_lag_seconds` how much later than asked the loop comes back."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + EVERY_S
        await asyncio.sleep(EVERY_S)
        LOOP_LAG_S.observe(max(0.0, loop.time() - due))


def settled() -> None:
    """To be called when all is loaded: no collection looks through modules, menus and templates again.

    A full collection of them took 100-180 ms, in which nobody was served. What is made from now on is little, and
    collected as ever.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
