"""The storm for real: sipp's callers through Asterisk and the whole product; reports, a proposal, the outage told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select

from asterisk_conf.packages import PackageRoot
from bench.calls.load import Load, Sipp
from bench.storm import deaf, held, town, truth, waiting
from bench.storm.deaf import Deaf
from bench.storm.shares import at_share, share_of
from bench.storm.weather import DANGER_SHARE
from carrier.stories.installation import Installation
from grid.outages import proposals, thresholds
from grid.outages.dispatch.publishing import NewOutage
from grid.outages.models import OutageProposal, OutageReport, Service
from grid.outages.scopes import ScopePart
from gridline.clock import SystemClock
from gridline.companies import priorities
from gridline.errors import Unavailable
from gridline.scope import Scope
from ivr.desk.models import QueueVisit
from ivr.storm.models import StormEvent
from worklist import clocks
from worklist.outage_desk import OutageDesk
from worklist.worklist import Worklist

DISPATCHER: Final = "user:simulated"
ASKS_S: Final = 150.0
"""How long a proposal, or the mode, is waited for before the run counts as broken: a report takes a caller a while."""
LATEST_S: Final = 20.0
"""After the last call: what is stored of it is stored by then."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many call, and how fast."""

    calls: int
    rate: float | None = None
    """Calls a second, of all kinds together; None: the highest that is held, which is looked for first."""
    brief: bool = False
    """A trial: short words where nothing hangs on them."""


@dataclass(frozen=True, slots=True)
class Scenery:
    """A product in a storm, and who calls it."""

    house: Installation
    sipp: Sipp
    deaf: Deaf
    since: datetime
    """When the mode was on: the calls that count came after."""


async def storm(folder: Path, size: Size) -> dict[str, Any]:
    """The figures. Raises Unavailable where the storm itself did not come about."""
    if size.rate is not None:
        return await _stormed(folder, size, size.rate)
    steps = await _climbed(folder / "held", size)
    most = max((step.rate for step in steps if step.held), default=0.0)
    if not most:
        raise Unavailable(f"Эта машина не держит и {held.FIRST:g} звонка в секунду: {steps[-1]}.")
    return await _stormed(folder / "storm", size, most) | {
        "calls_a_second_held": most,
        "steps": [asdict(step) for step in steps],
    }


async def _climbed(folder: Path, size: Size) -> list[held.RateTried]:
    """Every rate that was tried on an installation whose outage is published already."""
    steps: list[held.RateTried] = []
    async with _scenery(folder, size) as scenery:
        await _publish(scenery.house, [ScopePart(line=town.FEEDER)])

        async def holds(rate: float) -> bool:
            steps.append(await held.step(scenery.house, scenery.sipp, scenery.deaf, rate))
            return steps[-1].held

        await held.highest(holds)
    return steps


async def _stormed(folder: Path, size: Size, rate: float) -> dict[str, Any]:
    async with _scenery(folder, size) as scenery:
        return await _figures(scenery, await _storm(scenery, size, rate))


@asynccontextmanager
async def _scenery(folder: Path, size: Size) -> AsyncIterator[Scenery]:
    """The town, settled, its line in a storm by one call; agents answer the dangers."""
    folder.mkdir(exist_ok=True)
    house = town.installation(folder, brief=size.brief)
    await town.settle(house)
    callers = min(max(1, size.calls // 2), town.HOUSES)
    reckoned = await deaf.reckoned(house, callers)
    numbers = [town.number(one) for one in range(callers)]
    sipp = Sipp(PackageRoot(town.PACKAGES), house.settings.sip_port, folder / "sipp", numbers)
    try:
        await house.start()
        for name in town.AGENTS:
            house.carrier.agent(name).answers(0.3)
        await sipp.run(town.DID, 1, 1, stays_s=reckoned.notice_s + 1)
        await waiting.until(lambda: _switched(house), "режим шторма не включился", ASKS_S)
        yield Scenery(house, sipp, reckoned, SystemClock().now())
    finally:
        await house.stop()


async def _storm(scenery: Scenery, size: Size, rate: float) -> list[Load]:
    """Half of the callers report; a dispatcher accepts what is proposed; the others hear it. Some are in danger."""
    sipp, plan = scenery.sipp, scenery.deaf
    half, danger = size.calls // 2, max(1, round(size.calls * DANGER_SHARE))
    longest_s = max(plan.report_s, plan.told_s, plan.danger[-1][0] + plan.danger_s)
    in_danger = asyncio.create_task(
        sipp.run(
            town.DID,
            danger,
            max(0.1, rate * danger / size.calls),
            keys=plan.danger,
            stays_s=plan.danger_s,
            longest_s=longest_s,
        )
    )
    publishing = asyncio.create_task(_dispatcher(scenery.house))
    reports = await sipp.run(town.DID, half, rate, keys=plan.reports, stays_s=plan.reported_s, longest_s=longest_s)
    await publishing
    told = await sipp.run(town.DID, size.calls - half, rate, stays_s=plan.told_s, longest_s=longest_s)
    return [reports, told, await in_danger]


async def _dispatcher(house: Installation) -> None:
    """Accept the first proposal of a feeder, a moment after it was made."""

    async def wide() -> OutageProposal | None:
        async with house.db.read() as session:
            found = await proposals.open_proposals(session, town.COMPANY, visible_to=Scope(town.COMPANY))
        return next((one for one in found if one.key.startswith("feeder:")), None)

    one = await waiting.until(wide, "отключение фидера не предложено", ASKS_S)
    await _publish(house, [ScopePart.read(part) for part in one.scope], proposal_id=one.id)


async def _publish(house: Installation, scope: Sequence[ScopePart], *, proposal_id: str | None = None) -> None:
    clock = SystemClock()
    worklist = Worklist(house.db, clock, clocks.of_installation(house.settings.dialplan))
    rules = thresholds.of_installation(house.settings.dialplan)
    desk = OutageDesk(house.db, clock, house.companies, worklist, rules)
    now = clock.now()
    new = NewOutage(
        town.COMPANY, Service.ELECTRICITY, tuple(scope), now, now + deaf.LASTS, deaf.CAUSE, proposal_id=proposal_id
    )
    await desk.publish(new, DISPATCHER)


async def _figures(scenery: Scenery, loads: Sequence[Load]) -> dict[str, Any]:
    house = scenery.house
    asked = sum(load.asked for load in loads)
    with suppress(Unavailable):
        await waiting.until(lambda: waiting.ended(house.db, asked, scenery.since), "", LATEST_S)
    told = await truth.told(house.db, house.voice.book, scenery.deaf.letters_a_second, scenery.since)
    async with house.db.read() as session:
        contacts = int(await session.scalar(select(func.sum(OutageReport.contacts))) or 0)
        visits = select(QueueVisit.waited_s).where(QueueVisit.priority == priorities.DANGER)
        waits = [float(one) for one in await session.scalars(visits)]
        first = await session.scalar(select(func.min(OutageReport.reported_at)))
        proposed = await session.scalar(select(func.min(OutageProposal.made_at)))
    reports, others, danger = loads
    return {
        "calls": asked,
        "calls_a_second": reports.rate,
        "failed_in_sipp": sum(load.failed for load in loads),
        "calls_refused_without_word": asked - told.noticed,
        "told_own_truth_share": share_of(len(told.truths), reports.asked + others.asked),
        "seconds_to_truth_p95": at_share(told.truths, 0.95),
        "went_astray": dict(told.astray),
        "reports_lost": max(0, sum(one.reported for one in told.heard) - contacts),
        "danger_calls": danger.asked,
        "calls_to_dispatcher": told.danger,
        "danger_wait_p99_s": at_share(waits, 0.99),
        "minutes_to_proposal_p50": round((proposed - first).total_seconds() / 60, 2) if proposed and first else None,
    }


async def _switched(house: Installation) -> StormEvent | None:
    async with house.db.read() as session:
        found: StormEvent | None = await session.scalar(select(StormEvent).where(StormEvent.on.is_(True)).limit(1))
        return found
