"""Simulated people of the company: agents who talk, and a dispatcher who accepts proposals and restores."""

from __future__ import annotations

import heapq
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from sqlalchemy import select

from bench.storm.virtual import VirtualTime, Waiter
from bench.storm.weather import Home, Weather
from grid.outages import proposals
from grid.outages.dispatch.publishing import NewOutage, Overlapping
from grid.outages.models import Outage, OutageReport, OutageScope, OutageStatus, Service
from grid.outages.scopes import ScopePart
from gridline.db import Database
from gridline.scope import Scope
from worklist.outage_desk import OutageDesk

TALK_S: Final = 180.0
DECIDES_S: Final = 60.0
"""How long a proposal is looked at before it is accepted."""
READS_S: Final = 40.0
"""Without proposals: how long one report takes to be read and looked up on the scheme."""
LOOKS_S: Final = 15.0
LIT: Final = 0.8
"""The dispatcher restores when so much of an outage has supply again; what stays dark there says so itself."""
ACTOR: Final = "user:simulated"


class Agents:
    """People on shift: danger first, then whoever waited longest."""

    def __init__(self, time: VirtualTime, many: int, seed: int) -> None:
        self._time, self._free, self._draw = time, many, random.Random(seed)
        self._line: list[tuple[int, int, Waiter]] = []
        self._order = count()

    async def take(self, *, danger: bool, within_s: float) -> bool:
        """Wait for a free person; False after `within_s` seconds without one."""
        if self._free:
            self._free -= 1
        else:
            waiter = Waiter(self._time)
            heapq.heappush(self._line, (0 if danger else 1, next(self._order), waiter))
            return await self._time.wait(waiter, within_s)
        return True

    async def talk(self) -> None:
        """Talk with whoever was taken; then the next in the line is."""
        await self._time.sleep(self._draw.expovariate(1 / TALK_S))
        while self._line:
            _, _, waiter = heapq.heappop(self._line)
            if not waiter.over.done():
                waiter.wake()
                return
        self._free += 1


@dataclass(frozen=True, slots=True)
class Published:
    """One outage the dispatcher let out, and the houses it covers."""

    outage_id: str
    at_s: float
    houses: tuple[Home, ...]
    false: bool
    """Most of what it covers had supply."""


class Dispatcher:
    """One person at the dispatcher's page; `gathered`: whether the page proposes outages by itself."""

    def __init__(
        self, time: VirtualTime, db: Database, desk: OutageDesk, weather: Weather, company: str, *, gathered: bool
    ) -> None:
        self._time, self._db, self._desk, self._weather, self._company = time, db, desk, weather, company
        self._gathered = gathered
        self.published: dict[str, Published] = {}

    async def work(self) -> None:
        """Until cancelled."""
        while True:
            await self._time.sleep(LOOKS_S)
            if self._gathered:
                await self._desk.refresh(self._company)
                await self._decide()
            else:
                await self._read_one()
            await self._restore()

    async def _decide(self) -> None:
        async with self._db.read() as session:
            ready = await proposals.open_proposals(session, self._company, visible_to=Scope(self._company))
        for one in ready[:1]:
            await self._time.sleep(DECIDES_S)
            await self._publish(tuple(ScopePart.read(part) for part in one.scope), one.id)

    async def _read_one(self) -> None:
        """Take the oldest open report; where two of its transformer are open, publish that transformer."""
        async with self._db.read() as session:
            query = select(OutageReport).where(
                OutageReport.company_id == self._company,
                OutageReport.closed_at.is_(None),
                OutageReport.transformer != "",
            )
            open_ones = list(await session.scalars(query.order_by(OutageReport.reported_at)))
        alike = [one for one in open_ones if open_ones and one.transformer == open_ones[0].transformer]
        if len(alike) > 1:
            await self._time.sleep(READS_S * len(alike))
            await self._publish((ScopePart(transformer=alike[0].transformer),), None)

    async def _publish(self, scope: Sequence[ScopePart], proposal_id: str | None) -> None:
        now = self._time.now()
        new = NewOutage(
            self._company, Service.ELECTRICITY, tuple(scope), now, cause="обрыв провода", proposal_id=proposal_id
        )
        try:
            outage = await self._desk.publish(new, ACTOR)
        except Overlapping as known:
            outage = await self._desk.publish(new, ACTOR, beside=[one.id for one in known.outages])
        houses = tuple(house for house in self._weather.houses if any(_holds(part, house) for part in scope))
        at_s = self._time.monotonic()
        dark = sum(self._weather.dark(house, at_s) for house in houses)
        self.published[outage.id] = Published(outage.id, at_s, houses, dark < len(houses) / 2)

    async def _restore(self) -> None:
        async with self._db.read() as session:
            going_on = (Outage.company_id == self._company, Outage.status == OutageStatus.ACTIVE)
            rows = list(await session.scalars(select(Outage).where(*going_on)))
            parts = list(
                await session.scalars(select(OutageScope).where(OutageScope.outage_id.in_([one.id for one in rows])))
            )
        at_s = self._time.monotonic()
        for row in rows:
            own = [ScopePart.of_row(part) for part in parts if part.outage_id == row.id]
            houses = [house for house in self._weather.houses if any(_holds(part, house) for part in own)]
            lit = sum(not self._weather.dark(house, at_s) for house in houses)
            nested = row.parent_id is not None
            if houses and lit >= len(houses) * (1 if nested else LIT):
                await self._desk.restore(row.id, None, self._time.now(), ACTOR)


def _holds(part: ScopePart, house: Home) -> bool:
    if part.premise_id:
        return part.premise_id == f"{house.number:032x}"
    if part.transformer or part.line or part.substation:
        return house.nodes in {
            (part.transformer or house.transformer, part.line or house.feeder, part.substation or house.substation)
        }
    return part.settlement == house.settlement and part.street in ("", house.street)
