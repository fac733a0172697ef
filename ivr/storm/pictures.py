"""What the line was like lately, for those who watch a storm: calls, who served them, how long danger waited."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Integer, case, cast, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.companies import priorities
from gridline.scope import Scope
from ivr.desk.models import Left, QueueVisit
from ivr.figures.history import Epoch
from ivr.journal.models import CallRecord

SLICE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Slice:
    """Five minutes."""

    at: int
    """Seconds since 1970."""
    calls: int
    to_people: int
    """Of them, answered by a person."""
    danger_wait_s: float | None
    """The longest wait of a caller in danger who was answered; None without one."""

    @property
    def by_the_line_share(self) -> int | None:
        """Per cent served without a person."""
        return round(100 * (self.calls - self.to_people) / self.calls) if self.calls else None


@dataclass(frozen=True, slots=True)
class StormPicture:
    """A company's line over some hours."""

    slices: tuple[Slice, ...]
    danger_waits_s: tuple[float, ...]
    """Of every caller in danger, shortest first; whoever hung up counts as long as they waited."""

    @property
    def by_the_line_share(self) -> float | None:
        """Per cent of all calls served without a person."""
        calls = sum(one.calls for one in self.slices)
        people = sum(one.to_people for one in self.slices)
        return 100 * (calls - people) / calls if calls else None

    @property
    def danger_p99_s(self) -> float | None:
        """What 99 of a hundred callers in danger waited at most."""
        waits = self.danger_waits_s
        return waits[math.ceil(0.99 * len(waits)) - 1] if waits else None


async def picture(
    session: AsyncSession, company_id: str, since: datetime, now: datetime, *, visible_to: Scope
) -> StormPicture:
    """The line from `since` on in whole slices of five minutes, the earliest first."""
    seconds = int(SLICE.total_seconds())
    calls = await _calls(session, company_id, since, seconds, visible_to)
    waits = await _danger(session, company_id, since, visible_to)
    longest: dict[int, float] = {}
    for at, waited in waits:
        slot = int(at.timestamp()) // seconds
        longest[slot] = max(longest.get(slot, 0.0), waited)
    slots = range(
        int(since.timestamp()) // seconds + 1, int(now.timestamp()) // seconds
    )  # whole ones: the last would look like calm
    return StormPicture(
        tuple(Slice(slot * seconds, *calls.get(slot, (0, 0)), longest.get(slot)) for slot in slots),
        tuple(sorted(waited for _, waited in waits)),
    )


async def _calls(
    session: AsyncSession, company_id: str, since: datetime, seconds: int, visible_to: Scope
) -> dict[int, tuple[int, int]]:
    answered = exists().where(QueueVisit.call_id == CallRecord.id, QueueVisit.outcome == Left.ANSWERED)
    slot = cast(func.floor(Epoch(CallRecord.started_at) / seconds), Integer)
    query = (
        select(slot, func.count(), func.sum(case((answered, 1), else_=0)))
        .where(CallRecord.company_id == company_id, CallRecord.started_at >= since, CallRecord.called_by == "")
        .where(visible_to.where(CallRecord.company_id, CallRecord.branch))
        .group_by(slot)
    )
    return {int(at): (int(calls), int(people)) for at, calls, people in await session.execute(query)}


async def _danger(
    session: AsyncSession, company_id: str, since: datetime, visible_to: Scope
) -> Sequence[tuple[datetime, float]]:
    if not visible_to.holds(company_id):
        return []
    query = select(QueueVisit.entered_at, QueueVisit.waited_s).where(
        QueueVisit.company_id == company_id,
        QueueVisit.entered_at >= since,
        QueueVisit.priority == priorities.DANGER,
        QueueVisit.outcome != Left.UNKNOWN,
    )
    return [(at, waited) for at, waited in await session.execute(query)]
