"""Does many small pieces of work, a few at once, and none goes on by itself when one of them fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from itertools import islice
from typing import Final, TypeVar

T = TypeVar("T")
AT_ONCE: Final = 4
"""Files that are copied at once: the disk is the calls' too."""
_CHUNK: Final = 100


async def each(pieces: Iterable[T], work: Callable[[T], Awaitable[None]]) -> None:
    """Do `work` for each of them. What one of them raises is raised when those that were begun have ended."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def in_turn(piece: T) -> None:
        async with turns:
            await work(piece)

    rest = iter(pieces)
    while chunk := list(islice(rest, _CHUNK)):
        for end in await asyncio.gather(*(in_turn(piece) for piece in chunk), return_exceptions=True):
            if end is not None:
                raise end
