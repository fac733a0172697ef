"""«Is the power back?» — «No»: the place they told of is dark again, an address keyed without an account as well."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from grid.outages.dispatch.publishing import NewOutage
from grid.outages.models import Outage, OutageReport, OutageScope, Service
from grid.outages.reports import OutageContact
from grid.outages.scopes import ScopePart
from gridline.db import new_id
from ivr.outbound.campaigns.restored import RestorationScript
from outreach.campaigns import Claimed
from outreach.models import Purpose
from tests.store.promises.shop import CALLER, opened
from worklist import outage_reports
from worklist.models import WorkItem

VILLAGE = ScopePart(settlement="д. Берёзовка")


@pytest.mark.parametrize(
    ("house", "heard", "parts"),
    [("5А", "out-still-dark", ["5а"]), ("гараж", "report-taken", [])],
    ids=["an address", "a house that names none"],
)
async def test_a_no_from_an_address_without_an_account_reopens_it_or_waits(
    sample_template: Path, tmp_path: Path, house: str, heard: str, parts: list[str]
) -> None:
    async with opened(sample_template, tmp_path, heard, "outage-report") as shop:
        services, now = shop.services, shop.services.clock.now()
        new = NewOutage("skek", Service.ELECTRICITY, (VILLAGE,), now)
        outage = await services.outage_desk.publish(new, "user:a")
        told = OutageContact("skek", Service.ELECTRICITY, now, phone=CALLER, settlement="д. Берёзовка", house=house)
        async with shop.db.write() as session:
            await outage_reports.take(session, services.worklist, told, outage)
        await services.outage_desk.restore(outage.id, None, services.clock.now(), "user:a")
        told_of: list[str] = []
        services.outage_desk.listeners.append(told_of.append)
        call = Claimed(new_id(), new_id(), "skek", outage.id, CALLER, 0, now, Purpose.RESTORED)
        script = RestorationScript(services.db, services.clock, services.worklist, services.outage_desk)
        await script.speak(call, shop.caller("2"))
        assert (len(shop.kept), told_of) == (1, ["skek"])
        async with shop.db.read() as session:
            nested = select(OutageScope).join(Outage).where(Outage.parent_id == outage.id)
            assert [one.houses for one in await session.scalars(nested)] == parts
            waiting = select(WorkItem.subject_id).join(OutageReport, OutageReport.id == WorkItem.subject_id)
            assert len(list(await session.scalars(waiting))) == (0 if parts else 1)
