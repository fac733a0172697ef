"""What a caller hears before the menu: of their own place and reports, with the age of what is known, and no more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from grid import premises
from grid.models import Premise
from grid.outages.models import (
    Feed,
    Outage,
    OutageChange,
    OutageEvent,
    OutageScope,
    OutageStatus,
    ReportChannel,
    Service,
)
from grid.outages.reports import OutageContact
from gridline.companies import FeedRule
from gridline.db import new_id
from ivr.actions import open_matters
from tests.store.promises.shop import CALLER, ScriptedCaller, Shop, opened
from worklist import outage_reports

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REPORTED = ["report-first-clock", "report-with-dispatcher"]
REPORTED_AT = ["report-first-clock-at", "report-with-dispatcher"]


@pytest.fixture
async def shop(sample_template: Path, tmp_path: Path) -> AsyncIterator[Shop]:
    async with opened(sample_template, tmp_path, "", "") as made:
        yield made


async def heard(shop: Shop) -> list[str]:
    """The prompts a caller from home hears."""
    said: list[str] = []

    async def hear(id: str) -> None:
        said.append(id)

    await open_matters.act(ScriptedCaller(shop.call, (), hear), shop.services, "")
    return said


async def at_home(shop: Shop) -> Premise:
    """The only premise of CALLER, whose call begins; no outage of the sample data goes on."""
    shop.caller()
    async with shop.db.write() as session:
        await session.execute(update(Outage).values(status=OutageStatus.CANCELLED))
        (home,) = await premises.by_phone(session, "skek", CALLER)
    return home


async def report(shop: Shop, **facts: object) -> None:
    told = OutageContact("skek", Service.ELECTRICITY, shop.services.clock.now() - HOUR, phone=CALLER)
    async with shop.db.write() as session:
        await outage_reports.take(session, shop.services.worklist, replace(told, **facts), None)  # type: ignore[arg-type]


async def test_an_old_report_or_one_of_the_page_is_not_told_as_the_callers(shop: Shop) -> None:
    await at_home(shop)
    now = shop.services.clock.now()
    await report(shop, settlement="п. Барзас", house="1", channel=ReportChannel.SITE)
    await report(shop, settlement="п. Барзас", house="2", at=now - 4 * DAY)
    assert await heard(shop) == []
    await report(shop, settlement="п. Барзас", house="3", at=now - 2 * DAY)
    assert await heard(shop) == ["danger-first", *REPORTED_AT]


async def test_an_outage_at_home_is_told_with_its_crew_and_the_age_of_what_is_known(shop: Shop) -> None:
    home, now = await at_home(shop), shop.services.clock.now()
    rule = FeedRule(name="ods", title="ОДС", way="folder", tells="snapshot", old_after_min=60)
    shop.call.company = shop.skek.model_copy(update={"feeds": (rule,)})
    outage = Outage(
        id=new_id(),
        company_id="skek",
        code="proof",
        service=Service.ELECTRICITY,
        planned=False,
        status=OutageStatus.ACTIVE,
        cause="",
        starts_at=now - HOUR,
    )
    async with shop.db.write() as session:
        session.add(Feed(company_id="skek", name="ods", heard_at=now, good_at=now - 2 * HOUR, problem=""))
        session.add(outage)
        await session.flush()
        session.add(OutageScope(outage_id=outage.id, premise_id=home.id))
        session.add(OutageEvent(outage_id=outage.id, at=now, actor="user:d", kind=OutageChange.CREW, body={}))
    outage_told = ["outage-unplanned", "outage-cause-unknown", "outage-crew", "outage-until-unknown", "outage-as-of"]
    assert await heard(shop) == ["danger-first", "known-outage", *outage_told]
    await report(shop, settlement="п. Барзас", house="3")
    assert await heard(shop) == [*REPORTED_AT, "known-outage", *outage_told]
    await report(shop, premise=home)
    assert await heard(shop) == [*REPORTED, *outage_told]
