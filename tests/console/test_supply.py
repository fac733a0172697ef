"""What the screens say of a place's supply: how long it is dark, its breaks of the year, how old the sources are."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from agent_console.people.models import Role
from appeals.intake.intake import accept
from grid.models import Premise
from grid.outages.models import Feed, Outage, OutageScope, OutageStatus, Service
from gridline.companies import Companies, FeedRule
from tests.console.card_data import Telephony, a_call
from tests.console.conftest import COMPANY, ClientOf, ConsoleApp, sign_in

SCADA = FeedRule(name="scada", title="АСУ ТП", way="push", tells="snapshot", old_after_min=30)


@pytest.fixture
async def fed(console_app: ConsoleApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """The company has a feed that came forty minutes ago and was refused since."""
    company = console_app.console.companies.by_id(COMPANY).model_copy(update={"feeds": (SCADA,)})
    known = Companies({one.id: one for one in console_app.console.companies} | {COMPANY: company})
    monkeypatch.setattr(console_app.console.companies, "_by_id", known._by_id)
    now = console_app.console.clock.now()
    async with console_app.console.db.write() as session:
        feed = {"company_id": COMPANY, "name": "scada", "heard_at": now, "problem": "scada: строка 2: не та"}
        session.add(Feed(**feed, good_at=now - timedelta(minutes=40)))


async def dark_for(made: ConsoleApp, hours: float, *, ended: bool = False) -> Premise:
    """An outage of the sample's first premise that began so long ago; ended ones lasted an hour."""
    now = made.console.clock.now()
    async with made.console.db.write() as session:
        home = await session.scalar(select(Premise).where(Premise.code == "120034001"))
        assert home is not None
        starts_at = now - timedelta(hours=hours)
        outage = Outage(
            company_id=COMPANY,
            code=f"Т-{hours}",
            service=Service.ELECTRICITY,
            planned=False,
            status=OutageStatus.RESTORED if ended else OutageStatus.ACTIVE,
            cause="",
            starts_at=starts_at,
            actual_end=starts_at + timedelta(hours=1) if ended else None,
        )
        session.add(outage)
        await session.flush()
        session.add(OutageScope(outage_id=outage.id, premise_id=home.id))
    return home


@pytest.mark.usefixtures("fed")
async def test_the_agent_sees_the_breaks_and_that_the_source_is_silent(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    telephony = Telephony(console_app)
    await dark_for(console_app, 25)
    await dark_for(console_app, 30, ended=True)
    call = await a_call(console_app)
    telephony.rings()
    page = await (await (await client_of(Role.AGENT)).get(f"/card/{call}")).text()
    told = " ".join(re.sub("<[^>]+>", " ", page).split())
    assert "без света 25 ч , больше 24 ч подряд, за год 26 ч из 72 ч" in told.replace("&nbsp;", " ")
    assert "АСУ ТП: сведения об отключениях не обновлялись" in told
    assert "Последнее присланное не принято" in told


@pytest.mark.usefixtures("fed")
async def test_the_wallboard_says_so_and_stops_when_the_source_is_back(page: Page, console_app: ConsoleApp) -> None:
    await sign_in(page, console_app.base, Role.SUPERVISOR, "/wallboard")
    told = page.locator("#wb-feeds")
    await expect(told).to_contain_text("АСУ ТП: сведения об отключениях не обновлялись")
    now = console_app.console.clock.now()
    async with console_app.console.db.write() as session:
        await session.merge(Feed(company_id=COMPANY, name="scada", heard_at=now, good_at=now, problem=""))
    await expect(told).to_be_empty()


async def test_the_register_shows_them_beside_an_appeal_about_supply(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    home = await dark_for(console_app, 5)
    clerk = await client_of(Role.CLERK)
    usual = {"company_id": COMPANY, "channel": "office", "phone": "+79131203401", "premise_id": home.id}
    shown = {}
    for topic in ("outages", "metering"):
        done = await console_app.console.register.register(accept({**usual, "topic": topic, "text": "Нет света"}))
        page = await (await clerk.get(f"/appeals/{done.written}")).text()
        shown[topic] = re.search(r"без света 5\sч", page) is not None
    assert shown == {"outages": True, "metering": False}
