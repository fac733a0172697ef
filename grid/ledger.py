"""A premise's breaks of electricity: how long the present one lasts, and how long all of this year's lasted together.

Breaks are what outages leave of the premise's time: outages that overlap, a nested one within its first among them, are
one break. Planned works count as long as they last; those nobody ended are over at their expected end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from grid.models import Premise
from grid.outages import touching
from grid.outages.models import Outage, OutageStatus, Service
from grid.reliability import Reliability, ReliabilityLimit, Span
from gridline.db import Reads


@dataclass(frozen=True, slots=True)
class SupplyBreak:
    """Time without electricity; `end` None is one that goes on."""

    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class SupplyLedger:
    """What a premise's breaks come to at one moment."""

    since: datetime | None
    """When the present break began; None: there is electricity."""
    running: timedelta
    year: timedelta
    """All breaks of the calendar year so far, the present one with them."""
    breaks: int
    """How many of the year."""
    longest_allowed: ReliabilityLimit
    year_allowed: ReliabilityLimit

    @property
    def break_is_over(self) -> bool:
        """Whether the present break is longer than one may be."""
        return self.running > self.longest_allowed.allowed

    @property
    def year_is_over(self) -> bool:
        """Whether the year's breaks are longer than they may be."""
        return self.year > self.year_allowed.allowed


async def of(session: Reads, premise: Premise, at: datetime, zone: ZoneInfo, limits: Reliability) -> SupplyLedger:
    """The ledger of a premise at the moment `at`, by the calendar year of `zone`."""
    local = at.astimezone(zone)
    year = datetime(local.year, 1, 1, tzinfo=zone)
    told = await touching(session, premise, year, at, service=Service.ELECTRICITY)
    found = breaks(told, at)
    present = next((one for one in found if one.end is None), None)
    whole = [((one.end or at) - max(one.start, year)) for one in found if (one.end or at) > year]
    return SupplyLedger(
        since=present.start if present else None,
        running=at - present.start if present else timedelta(),
        year=sum(whole, timedelta()),
        breaks=len(whole),
        longest_allowed=limits.of(Span.BREAK, premise.company_id),
        year_allowed=limits.of(Span.YEAR, premise.company_id),
    )


def breaks(outages: Iterable[Outage], at: datetime) -> Sequence[SupplyBreak]:
    """The breaks that these outages make up to the moment `at`, the earliest first; only the last may go on."""
    merged: list[tuple[datetime, datetime | None]] = []
    told = ((one.starts_at, _end(one, at)) for one in outages if _counts(one, at))
    for start, end in sorted(told, key=lambda one: one[0]):
        if merged and (merged[-1][1] is None or start <= merged[-1][1]):
            before = merged[-1][1]
            merged[-1] = merged[-1][0], None if before is None or end is None else max(before, end)
        elif end is None or end > start:
            merged.append((start, end))
    return [SupplyBreak(start, end) for start, end in merged]


def _counts(outage: Outage, at: datetime) -> bool:
    return outage.status is not OutageStatus.CANCELLED and outage.starts_at <= at


def _end(outage: Outage, at: datetime) -> datetime | None:
    """When it ended; None while it goes on."""
    end = outage.actual_end
    if end is None and outage.planned and outage.status is not OutageStatus.ACTIVE:
        end = outage.expected_end
    return None if end is None or end > at else end
