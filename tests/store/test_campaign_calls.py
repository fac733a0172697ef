"""Calls after a restoration when something changes or fails meanwhile: a round, the campaign, the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from grid.outages import thresholds
from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.settings import HOUSE
from ivr.outbound.campaigns import rounds as campaign_rounds
from ivr.outbound.campaigns.restored import RestorationScript
from ivr.outbound.campaigns.rounds import CampaignCalls
from ivr.telephony.events import ChannelHungUp
from outreach.campaigns import calling
from outreach.campaigns.models import CallState, Campaign, CampaignCall, CampaignState
from outreach.messages import Messages
from outreach.models import Purpose
from outreach.quiet import Quiet, QuietHours
from tests.faults.injury import until_known
from tests.store import test_campaigns
from tests.store.test_dialer import BUSY, NOW, Node, node
from tests.unit.eventually import eventually
from worklist import clocks
from worklist.codes import AttemptResult
from worklist.outage_desk import OutageDesk
from worklist.worklist import Worklist

PHONE = test_campaigns.FIRST


@dataclass
class Calling:
    """The job with its dialer."""

    node: Node
    job: CampaignCalls
    db: Database

    async def call(self) -> CampaignCall:
        async with self.db.read() as session:
            return (await session.scalars(select(CampaignCall))).one()

    async def until(self, state: CallState) -> CampaignCall:
        async def look() -> CampaignCall | None:
            call = await self.call()
            return call if call.state is state else None

        return await until_known(look, f"the call {state}")


@asynccontextmanager
async def calling_node(db: Database, companies: Companies, worklist: Worklist, var: Path) -> AsyncIterator[Calling]:
    quiet = Quiet(QuietHours(purpose=purpose, standing="default") for purpose in Purpose)
    desk = OutageDesk(db, SystemClock(), companies, worklist, thresholds.of_installation(HOUSE / "dialplan"))
    async with node(db, companies, var) as own:
        rules = calling.of_installation(HOUSE / "dialplan")
        messages = Messages(db, SystemClock(), companies, quiet, {}, asyncio.Queue())
        scripts = {Purpose.RESTORED: RestorationScript(db, SystemClock(), worklist, desk)}
        job = CampaignCalls(db, SystemClock(), companies, own.dialer, rules, quiet, scripts, desk, messages, at_once=3)
        try:
            yield Calling(own, job, db)
        finally:
            await job.close()


async def test_a_round_that_fails_ends_no_call(
    sqlite_url: str, companies: Companies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign_rounds, "ROUND_S", 0.02)
    db, file = Database(sqlite_url), Path(sqlite_url.removeprefix("sqlite+aiosqlite:///"))
    await test_campaigns.restored(db, PHONE)
    own = Worklist(db, SystemClock(), clocks.of_installation(HOUSE / "dialplan"))
    async with calling_node(db, companies, own, tmp_path) as made:
        rounds = asyncio.create_task(made.job.run())
        leg = await made.node.placed()
        with capture_logs() as told:
            away = file.rename(file.with_suffix(".away"))
            await eventually(lambda: [one["event"] for one in told].count("campaigns-not-looked") >= 2)
        away.rename(file)
        made.node.dialer.on_event(ChannelHungUp(NOW, leg, BUSY))
        call = await made.until(CallState.WAITING)
        assert (call.attempts, call.result) == (1, AttemptResult.BUSY)
        rounds.cancel()
        with suppress(asyncio.CancelledError):
            await rounds
    await db.close()


async def test_who_waits_for_a_turn_is_not_called_once_the_campaign_is_stopped(
    db: Database, companies: Companies, worklist: Worklist, tmp_path: Path
) -> None:
    await test_campaigns.restored(db, PHONE)
    async with calling_node(db, companies, worklist, tmp_path) as made:
        others = [made.node.call(f"+7913120910{number}") for number in range(2)]
        legs = [await made.node.placed(1), await made.node.placed(2)]
        await made.job.run_once()
        assert (await made.call()).state is CallState.DIALLING
        async with db.write() as session:
            await session.execute(update(Campaign).values(state=CampaignState.STOPPED))
        for leg in legs:
            made.node.dialer.on_event(ChannelHungUp(NOW, leg, BUSY))
        await asyncio.gather(*others)
        call = await made.until(CallState.WAITING)
        assert (call.attempts, call.leased_until) == (0, None)
        assert len(await made.node.manager.saw("Originate")) == 2
