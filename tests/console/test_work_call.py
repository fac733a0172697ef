"""A real call: a complaint that the caller hangs up on is on the page within a second, and can be heard there."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect
from sqlalchemy import select

from agent_console.web.scripts import build
from carrier.hearing.tones import chirps
from carrier.stories.installation import Installation
from tests.console import brief
from tests.console.softphone_agent import BrowserAgent, chromium, hire
from worklist.codes import ItemKind
from worklist.models import WorkItem

pytestmark = [pytest.mark.real_asterisk, pytest.mark.timeout(180)]

CALLER = "+79131203402"
WITHIN_S = 1.0


async def test_a_complaint_told_half_way_is_on_the_page_within_a_second(tmp_path: Path) -> None:
    var = tmp_path / "var"
    brief.prompts(var)
    build()
    house = Installation(var, {"dialplan": str(brief.dialplan(tmp_path / "dialplan")), "ring_desk_phones": False})
    try:
        await house.start()
        await hire(house, "olga", "101")
        own = house.settings
        async with async_playwright() as playwright, chromium(playwright, chirps(211, 1.2), tmp_path) as browser:
            window = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="ru-RU")
            olga = BrowserAgent(await window.new_page(), f"http://{own.http_host}:{own.http_port}")
            await olga.sign_in("olga")
            await olga.page.goto(f"http://{own.http_host}:{own.http_port}/worklist")
            await expect(olga.page.locator("#link-state")).to_have_text("На связи", timeout=15_000)
            took_s = await _story(house, olga)
            print(f"from the hang-up to the page: {took_s:.2f} s")
        async with house.db.read() as session:
            item = (await session.scalars(select(WorkItem))).one()
        assert (item.kind, item.phone, item.topic) == (ItemKind.BROKEN_OFF, CALLER, "")
        assert took_s < WITHIN_S
    finally:
        await house.stop()


async def _story(house: Installation, olga: BrowserAgent) -> float:
    """The caller speaks and hangs up; seconds until the page shows it."""
    page, render = olga.page, house.voice.render
    async with house.carrier.call(from_number=CALLER, to=house.companies.by_id("skek").dids[0]) as caller:
        for heard, key in (("main-menu", "5"), ("complaint-menu", "1"), ("beep", "")):
            await caller.hears(await render([heard], "skek"), 40)
            if key:
                await caller.press(key)
        await caller.speak(chirps(5, 2.0))
        await caller.press("#")
        await caller.hears(await render(["complaint-review"], "skek"), 20)
        await caller.hang_up()
        began = time.monotonic()
        row = page.locator("#work-rows tr.link")
        await expect(row).to_contain_text("Не договорили", timeout=15_000)
        took_s = time.monotonic() - began
    await row.locator("a").click()
    await expect(page.locator(".player")).to_be_visible(timeout=20_000)
    await page.get_by_role("button", name="Слушать").click()
    await expect(page.locator(".player")).to_have_attribute("data-state", "playing", timeout=15_000)
    return took_s
