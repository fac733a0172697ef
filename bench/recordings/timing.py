"""How long questions take: each asked some times, its shortest time; of them the 95th of a hundred and the worst."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from gridline.db import Database

ASKED: Final = 3
Ask = Callable[[AsyncSession], Awaitable[int]]
"""Asks, and gives how much was found."""


@dataclass(frozen=True, slots=True)
class TimedAsk:
    """How long one question took, which it was, and how much was found."""

    ms: float
    what: str
    found: int


async def timed(db: Database, what: str, ask: Ask) -> TimedAsk:
    """The shortest of ASKED times: what else the machine does is none of the question's."""
    times, found = [], 0
    for _ in range(ASKED):
        async with db.read() as session:
            begins = time.perf_counter()
            found = await ask(session)
            times.append((time.perf_counter() - begins) * 1000)
    return TimedAsk(min(times), what, found)


def told(name: str, asked: Sequence[TimedAsk]) -> dict[str, Any]:
    """The 95th of a hundred, the worst, which the three slowest were, and how many found anything at all."""
    by_time = sorted(asked, key=lambda each: each.ms)
    return {
        f"{name}_p95_ms": round(percentile([one.ms for one in by_time], 0.95), 1),
        f"{name}_max_ms": round(by_time[-1].ms, 1),
        f"{name}_slowest": [f"{one.ms:.0f} ms: {one.what}; {one.found} found" for one in by_time[:-4:-1]],
        f"{name}_fruitful": sum(one.found > 0 for one in asked),
    }


def percentile(values: Sequence[float], share: float) -> float:
    """One of the values: that below which so great a share of them lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
