"""A real call on the card: it opens while the telephone rings, and an appeal is registered during the talk."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect
from sqlalchemy import select

from agent_console.web.scripts import build
from appeals.models import Answer, Appeal
from carrier.hearing.tones import chirps
from carrier.stories.installation import Installation
from grid.import_outages import import_outages
from grid.import_premises import import_premises
from grid.imports import HandedTable
from gridline.clock import SystemClock
from gridline.settings import HOUSE
from ivr.journal.models import CallRecord
from tests.console import brief
from tests.console.softphone_agent import BrowserAgent, chromium, hire

pytestmark = [pytest.mark.real_asterisk, pytest.mark.timeout(180)]

CALLER = "+79131203402"
OLGA = chirps(211, 1.2)


async def test_the_card_opens_as_it_rings_and_an_appeal_is_registered_in_the_talk(tmp_path: Path) -> None:
    var = tmp_path / "var"
    brief.prompts(var)
    build()
    house = Installation(var, {"dialplan": str(brief.dialplan(tmp_path / "dialplan")), "ring_desk_phones": False})
    try:
        await house.start()
        own, now = house.settings, SystemClock().now()
        await import_premises(house.db, HandedTable(HOUSE / "grid/samples/premises.csv", house.companies, "", now))
        await import_outages(house.db, HandedTable(HOUSE / "grid/samples/outages.csv", house.companies, "", now))
        await hire(house, "olga", "101")
        async with async_playwright() as playwright, chromium(playwright, OLGA, tmp_path) as browser:
            window = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="ru-RU")
            olga = BrowserAgent(await window.new_page(), f"http://{own.http_host}:{own.http_port}")
            await olga.sign_in("olga")
            await olga.posts("/desk/sign-on", queue="skek-hotline", phone="browser")
            await olga.posts("/desk/ready")
            number = await _story(house, olga)
        async with house.db.read() as session:
            call = (await session.scalars(select(CallRecord))).one()
            appeal = (await session.scalars(select(Appeal))).one()
            answer = (await session.scalars(select(Answer))).one()
        assert (appeal.number, appeal.call_id, call.caller) == (number, call.id, CALLER)
        assert (appeal.state, appeal.recording_id is not None, answer.on_call) == ("closed", True, True)
    finally:
        await house.stop()


async def _story(house: Installation, olga: BrowserAgent) -> str:
    """A subscriber without power comes through the menu to Olga; the number of his appeal."""
    page = olga.page
    async with house.carrier.call(from_number=CALLER, to=house.companies.by_id("skek").dids[0]) as caller:
        await caller.hears(await house.voice.render(["main-menu"], "skek"), 40)
        await caller.press("2")
        await caller.hears(await house.voice.render(["power-service"], "skek"), 20)
        await caller.press("0")
        await olga.is_("ringing", 30_000)
        await expect(page.locator("#call-card")).to_be_visible(timeout=15_000)
        await expect(page.locator("#call-state")).to_contain_text("звонит")
        await expect(page.locator("#card-way")).to_contain_text("2", timeout=15_000)
        await expect(page.locator("#card-who")).to_contain_text("Смирнова Анна Викторовна")
        await expect(page.locator("#card-places")).to_contain_text("повреждение кабельной линии")
        await olga.press("F2")
        await olga.is_("talking")
        await expect(page.locator("#call-state")).to_contain_text("разговор", timeout=15_000)
        await caller.hears(OLGA, 10)

        await olga.press("1")
        await expect(page.locator("#who-title")).to_have_text("Говорим с", timeout=15_000)
        await page.locator("#f-topic").select_option("outages")
        await page.locator("#f-text").fill("Нет света с утра, спрашивает, когда включат")
        await page.get_by_text("Ответ дан при разговоре").click()
        await page.locator("[name='answer_on_call.text']").fill("Повреждён кабель, бригада работает")
        await olga.press("Control+S")
        shown = page.locator("#registered .number")
        await expect(shown).to_be_visible(timeout=15_000)
        number = (await shown.inner_text()).replace("-", "")
        await olga.is_("talking")  # the talk went on all the while
        await page.get_by_role("link", name="Открыть в реестре").click()
        await expect(page.locator("#main")).to_contain_text("Нет света с утра", timeout=15_000)
        await olga.press("F4")
        await caller.waits_for_hangup(10)
    await olga.is_("ready")
    return number
