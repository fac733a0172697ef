"""Real calls: three callers of one transformer report, the dispatcher publishes by keys, the fourth caller hears it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect
from sqlalchemy import select

from agent_console.people.models import Role, User
from agent_console.web.scripts import build
from carrier.hearing.tones import chirps
from carrier.stories.installation import Installation
from grid.imports import HandedTable
from grid.imports.premises import import_premises
from grid.outages.models import Outage, OutageReport, OutageStatus, OutageTelling
from gridline.clock import SystemClock
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt
from tests.console import brief
from tests.console.conftest import sign_in
from tests.console.softphone_agent import chromium, hire
from worklist.codes import Ending
from worklist.models import WorkItem

pytestmark = [pytest.mark.real_asterisk, pytest.mark.timeout(240)]

HEAD = (
    "компания;лицевой счёт;объект;абонент;вид абонента;филиал;"
    "населённый пункт;улица;дом;корпус;квартира;линия;ТП;телефоны"
)
CAUSE = "упала опора"


def number(house: int) -> str:
    """The telephone of a house of the street."""
    return f"+7913155000{house}"


async def test_reported_by_three_published_by_keys_heard_by_the_fourth_and_restored(tmp_path: Path) -> None:
    var = tmp_path / "var"
    brief.prompts(var)
    build()
    house = Installation(var, {"dialplan": str(brief.dialplan(tmp_path / "dialplan")), "ring_desk_phones": False})
    try:
        await house.start()
        await _street(house, tmp_path / "premises.csv")
        await hire(house, Role.DISPATCHER.value, "101")
        async with house.db.write() as session:
            user = (await session.scalars(select(User).where(User.login == Role.DISPATCHER.value))).one()
            user.role, user.agent, user.name = Role.DISPATCHER, None, "Павел Орлов"
        async with async_playwright() as playwright, chromium(playwright, chirps(211, 1.2), tmp_path) as browser:
            window = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="ru-RU")
            base = f"http://{house.settings.http_host}:{house.settings.http_port}"
            page = await window.new_page()
            await sign_in(page, base, Role.DISPATCHER, "/dispatch")
            await asyncio.gather(*(_reports(house, one) for one in (1, 2, 3)))
            await _publishes(page)
            await _hears(house, 4, Prompt("outage-cause", cause=CAUSE))
            await _restores(page)
        told = await _told(house)
        async with house.db.read() as session:
            outage = (await session.scalars(select(Outage))).one()
            reports = list(await session.scalars(select(OutageReport)))
            endings = list(await session.scalars(select(WorkItem.ending)))
        assert (outage.status, outage.confirmed_at) == (OutageStatus.RESTORED, None)
        assert {one.outage_id for one in reports} == {outage.id}
        assert endings == [Ending.JOINED] * 3
        assert number(4) in {one.phone for one in told}
        assert any(CAUSE in one.told for one in told)
    finally:
        await house.stop()


async def _told(house: Installation) -> list[OutageTelling]:
    """What callers were told, as soon as it is stored: the journal is written behind the call's back."""
    found: list[OutageTelling] = []
    async with asyncio.timeout(15):
        while not found:
            async with house.db.read() as session:
                found = list(await session.scalars(select(OutageTelling)))
    return found


async def _street(house: Installation, file: Path) -> None:
    """Nine houses of one transformer."""
    rows = [
        f"skek;30000000{one};;Новый Иван Ильич;физлицо;;г. Кемерово;ул. Новая;{one};;1;Л-70;ТП-70;{number(one)}"
        for one in range(1, 10)
    ]
    file.write_text("\n".join([HEAD, *rows]), "utf-8-sig")
    await import_premises(house.db, HandedTable(file, house.companies, "", SystemClock().now()))


async def _reports(house: Installation, one: int) -> None:
    render = house.voice.render
    confirm = Prompt("premise-confirm", address=spoken.address(f"г. Кемерово, ул. Новая, д. {one}"))
    way: list[tuple[Phrase, str]] = [("main-menu", "2"), ("power-service", "1"), ("power-menu", "1"), (confirm, "1")]
    async with house.carrier.call(from_number=number(one), to=house.companies.by_id("skek").dids[0]) as caller:
        for heard, key in (*way, ("report-check-fuses", "1"), ("report-taken", "")):
            await caller.hears(await render([heard], "skek"), 40)
            if key:
                await caller.press(key)
        await caller.hang_up()


async def _publishes(page: Page) -> None:
    await expect(page.locator("#dispatch-proposals").get_by_text("ТП-70")).to_be_visible(timeout=20_000)
    await page.keyboard.press("1")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Когда включат")).to_be_focused()
    await page.keyboard.type("+2")
    await page.get_by_label("Причина").focus()
    await page.keyboard.type(CAUSE)
    await page.keyboard.press("F8")
    await expect(page.locator("[data-words]")).to_contain_text(CAUSE, timeout=15_000)
    await expect(page.locator("[data-heard]")).not_to_have_value("")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("Опубликовано: Д-1")).to_be_visible(timeout=15_000)


async def _hears(house: Installation, one: int, phrase: Phrase) -> None:
    """Who calls now is told before the menu, and not asked to report."""
    async with house.carrier.call(from_number=number(one), to=house.companies.by_id("skek").dids[0]) as caller:
        for heard in (phrase, "main-menu"):
            await caller.hears(await house.voice.render([heard], "skek"), 40)
        await caller.hang_up()


async def _restores(page: Page) -> None:
    await page.keyboard.press("2")
    await page.keyboard.press("r")
    await expect(page.get_by_label("Когда включили")).to_be_focused()
    await page.keyboard.press("F8")
    await expect(page.locator("[data-heard]")).not_to_have_value("", timeout=15_000)
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("Включили, проверяем · 1")).to_be_visible(timeout=15_000)
