"""The highest rate at which this machine serves a storm: the truth in time, no notice late, no call failed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from bench import aims
from bench.calls.load import LATE_S, Sipp
from bench.storm import town, truth, waiting
from bench.storm.deaf import Deaf
from bench.storm.shares import at_share, share_of
from carrier.stories.installation import Installation
from gridline.clock import SystemClock
from gridline.errors import Unavailable

FIRST: Final = 2.0
"""Calls a second: each step is twice the one before until one is not held."""
MOST: Final = 64.0
HALVINGS: Final = 2
"""After that, so many steps between the last one held and the first that was not."""
ARRIVE_S: Final = 20.0
"""How long calls keep coming at each step."""
STORED_S: Final = 30.0
"""After the last call of a step: what is stored of it is stored by then."""
AIMS: Final = [aim for aim in aims.STORM_REAL if aim.key in ("told_own_truth_share", "seconds_to_truth_p95")]


@dataclass(frozen=True, slots=True)
class RateTried:
    """What came out at one rate."""

    rate: float
    failed: int
    """Calls that did not end as they should, or of which no whole notice is stored."""
    told_own_truth_share: float | None
    seconds_to_truth_p95: float | None
    notice_late_p95_s: float | None
    """How much later the notice was over than by its sound."""
    load_average: float
    """Of the last minute, at its end."""

    @property
    def held(self) -> bool:
        """Whether every caller was served as if they had called alone."""
        if self.failed or self.notice_late_p95_s is None or self.notice_late_p95_s > LATE_S:
            return False
        found = {"told_own_truth_share": self.told_own_truth_share, "seconds_to_truth_p95": self.seconds_to_truth_p95}
        return all((value := aim.value(found)) is not None and aim.kept(value) for aim in AIMS)


async def highest(holds: Callable[[float], Awaitable[bool]], first: float = FIRST) -> float:
    """The highest rate that holds: doubled while it does, then halved towards what does not; 0 when the first does not.

    A rate that fails is tried once more: one stall of the machine is not its limit.
    """

    async def tried(rate: float) -> bool:
        return await holds(rate) or await holds(rate)

    held, failed = 0.0, first
    while failed <= MOST and await tried(failed):
        held, failed = failed, failed * 2
    if not held or failed > MOST:
        return held
    for _ in range(HALVINGS):
        between = round((held + failed) / 2, 1)
        if await tried(between):
            held = between
        else:
            failed = between
    return held


async def step(house: Installation, sipp: Sipp, deaf: Deaf, rate: float) -> RateTried:
    """One rate for ARRIVE_S: half of the callers hear what is known and go, half go on to their address by keys."""
    since, half = SystemClock().now(), max(1, round(rate * ARRIVE_S / 2))
    loads = await asyncio.gather(
        sipp.run(town.DID, half, rate / 2, stays_s=deaf.told_s, longest_s=deaf.report_s),
        sipp.run(town.DID, half, rate / 2, keys=deaf.reports, stays_s=deaf.reported_s, longest_s=deaf.report_s),
    )
    asked = 2 * half
    with suppress(Unavailable):  # what is not stored by then counts as not told
        await waiting.until(lambda: waiting.ended(house.db, asked, since), "", STORED_S)
    told = await truth.told(house.db, house.voice.book, deaf.letters_a_second, since)
    noticed_s = at_share([one.notice_s for one in told.heard if one.notice_s is not None], 0.95)
    return RateTried(
        rate,
        sum(load.asked - load.ok for load in loads) + asked - told.noticed,
        share_of(len(told.truths), asked),
        at_share(told.truths, 0.95),
        None if noticed_s is None else round(noticed_s - deaf.notice_s, 2),
        round(os.getloadavg()[0], 1),
    )
