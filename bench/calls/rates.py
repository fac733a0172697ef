"""The largest rate held without a failed call: all subjects climb the same steps in turn, so that noise is shared."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bench.calls.load import Load

STEP = 1.15
SETTLE_S = 1.0
"""After a rate that was not held: what is still in the air must not burden the next one."""


@dataclass
class Subject:
    """What climbs: `place(calls, rate)` runs the load and proves the work."""

    name: str
    call_s: float
    """How long one call alone lasts."""
    place: Callable[[int, float], Awaitable[Load]]
    held: float = 0.0


async def climb(subjects: Sequence[Subject], first: float, steps: int, seconds: float) -> dict[str, float]:
    """The largest rate each subject held, calls a second; 0 when not even the first.

    A step that is not held is tried once more; after two failures the step half-way is the last try.
    """
    climbing = list(subjects)
    rate = first
    for _ in range(steps):
        for subject in tuple(climbing):
            if await _holds(subject, rate, seconds):
                subject.held = rate
            else:
                climbing.remove(subject)
                half = rate / STEP**0.5
                if subject.held and await _holds(subject, half, seconds):
                    subject.held = half
        if not climbing:
            break
        rate *= STEP
    return {subject.name: round(subject.held, 1) for subject in subjects}


async def _holds(subject: Subject, rate: float, seconds: float) -> bool:
    for _ in range(2):
        load = await subject.place(max(1, round(rate * seconds)), round(rate, 1))
        if load.held(subject.call_s):
            return True
        await asyncio.sleep(SETTLE_S)
    return False
