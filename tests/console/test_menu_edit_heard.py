"""From a manager's form to the next caller's ear: a real browser, the whole product, real calls; and all the way back.

Whoever is on the line meanwhile keeps the menu that they began with, its keys and its words.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright, expect
from sqlalchemy import select

from agent_console.people.models import Role
from agent_console.web.scripts import build
from carrier.hearing.tones import chirps
from carrier.leg import Leg
from carrier.stories.installation import Installation
from grid.knowledge import Knowledge
from grid.reference.sections import GROUPS, TITLES, ArticleSection
from gridline.settings import HOUSE
from ivr.actions.questions import with_keys
from ivr.journal.models import CallRecord
from ivr.voice.prompts import Phrase, Prompt
from ivr.voice.voice import Utterance, Voice
from tests.console import brief
from tests.console.conftest import sign_in
from tests.console.softphone_agent import chromium, hire

pytestmark = [pytest.mark.real_asterisk, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(500)]

WORDS = (
    "Опасность или оборванный провод, нажмите один. Нет света или воды, два. Счётчики и справки, три. "
    "Подключение к сетям, четыре. Жалоба или обращение, пять. Оператор, ноль."
)
PUBLISHED_S = 90_000
"""Milliseconds: the check reads every file and speaks what is new, on a machine that is busy with calls."""


class Office:
    """The product, and a manager at the page."""

    def __init__(self, house: Installation, page: Page) -> None:
        self.house = house
        self.page = page

    def caller(self, number: str) -> AbstractAsyncContextManager[Leg]:
        """Somebody calls."""
        return self.house.carrier.call(from_number=number, to=self.house.companies.by_id("skek").dids[0])

    async def said(self, prompt: Phrase, *, slow: bool = False) -> Utterance:
        """A prompt as the files have it now."""
        voice = Voice.of(self.house.settings)
        try:
            return await voice.pace(slow=slow).render([prompt], "skek")
        finally:
            await voice.close()

    async def publishes(self) -> None:
        """Press the button, until the page says so."""
        await self.page.get_by_role("button", name="Опубликовать").click()
        await expect(self.page.get_by_text("Опубликовано")).to_be_visible(timeout=PUBLISHED_S)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    brief.prompts(folder / "var")
    build()
    shutil.copytree(HOUSE / "dialplan", folder / "dialplan")
    house = Installation(folder / "var", {"dialplan": str(folder / "dialplan")})
    try:
        await house.start()
        await hire(house, Role.MANAGER.value, None, role=Role.MANAGER)
        async with async_playwright() as playwright, chromium(playwright, chirps(212, 1.0), folder) as browser:
            page = await browser.new_page(locale="ru-RU", viewport={"width": 1366, "height": 768})
            page.set_default_timeout(30_000)
            await sign_in(page, house.base, Role.MANAGER, "/menu")
            yield Office(house, page)
    finally:
        await house.stop()


async def stays(caller: Leg, menu: Utterance) -> None:
    """Has the menu said again and again, so that it does not give up on a silent caller."""
    while True:
        await caller.press("*")
        await caller.hears(menu, 40)


async def test_a_key_changed_in_the_page_is_met_by_the_next_caller_and_by_nobody_on_the_line(
    office: Office, tmp_path: Path
) -> None:
    page = office.page
    old, slower = await office.said("main-menu"), await office.said("main-menu", slow=True)
    await page.goto(f"{office.house.base}/menu")
    await page.get_by_role("button", name="Изменить").click()
    await page.get_by_role("link", name="Изменить место main", exact=True).click(timeout=60_000)
    rows = page.locator(".edit-key")
    await rows.nth(2).get_by_label("Куда ведёт").select_option("reference")
    await rows.nth(2).get_by_label("Что можно сказать").fill("счётчик, справка")
    await rows.nth(3).get_by_label("Куда ведёт").select_option("connection")
    await rows.nth(3).get_by_label("Что можно сказать").fill("подключение")
    await page.get_by_label("Слова «main-menu»").fill(WORDS)
    await page.get_by_role("button", name="Сохранить в черновик").click()
    await expect(page.locator("#place-main")).to_contain_text("изменено", timeout=60_000)

    async with office.caller("+79139990401") as on_the_line:
        await on_the_line.hears(old, 60)
        await on_the_line.press("*")
        await on_the_line.hears(old, 40)
        waiting = asyncio.create_task(stays(on_the_line, slower))  # from the second time on
        await office.publishes()
        published = time.monotonic()
        await page.screenshot(path=tmp_path / "published.png")
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting
        async with office.caller("+79139990402") as next_caller:
            await next_caller.hears(await office.said("main-menu"), 60)
            print(f"heard by the next caller {time.monotonic() - published:.1f} s after the page said so")
            await next_caller.press("4")
            await next_caller.hears(await office.said("connection-menu"), 40)
        await on_the_line.press("*")
        await on_the_line.hears(slower, 40)
        await on_the_line.press("4")
        await on_the_line.hears(await office.said("reference-menu", slow=True), 40)

    await page.get_by_role("button", name="Вернуть эту версию").click()
    await expect(page.get_by_role("heading", name="Правка меню")).to_be_visible(timeout=60_000)
    await office.publishes()
    async with office.caller("+79139990403") as back_again:
        await back_again.hears(old, 60)
        await back_again.press("4")
        await back_again.hears(await office.said("reference-menu"), 40)

    async with office.house.db.read() as session:
        query = select(CallRecord.caller, CallRecord.flow_version).where(CallRecord.caller.startswith("+7913999040"))
        versions = {row.caller: row.flow_version for row in await session.execute(query)}
    assert versions["+79139990401"] == versions["+79139990403"] != versions["+79139990402"]


async def test_an_article_changed_in_the_page_is_heard_by_the_next_caller(office: Office) -> None:
    page = office.page
    words = "С сегодняшнего дня показания счётчика принимает и робот. Назовите их после сигнала."
    await page.goto(f"{office.house.base}/knowledge?section=metering")
    article = page.locator("details.article", has_text="Счётчик и показания")
    await article.locator("summary").click()
    await article.get_by_role("button", name="Изменить").click()
    await page.get_by_label("Вслух").fill(words)
    await page.get_by_role("button", name="Сохранить в черновик").click()
    await expect(page.locator("#article-metering")).to_contain_text("изменено", timeout=60_000)
    await page.get_by_role("link", name="Меню", exact=True).click()
    await office.publishes()

    book = Knowledge.load(office.house.settings.dialplan / "knowledge", ["skek"])
    heard = [(group.name, [one for one in group.sections if book.aloud("skek", one)]) for group in GROUPS]
    heard = [(name, sections) for name, sections in heard if sections]
    [(group, sections)] = [(at, row) for at, (_, row) in enumerate(heard, 1) if ArticleSection.METERING in row]
    told = [one.spoken for one in book.aloud("skek", ArticleSection.METERING)]
    titles = [TITLES[section] for section in sections]
    way: tuple[tuple[Phrase, str], ...] = (
        ("main-menu", "4"),
        ("reference-menu", "4"),
        (Prompt("knowledge-groups", choices=with_keys([name for name, _ in heard])), str(group)),
        (
            Prompt("knowledge-sections", choices=with_keys(titles)),
            str(sections.index(ArticleSection.METERING) + 1),
        ),
    )
    async with office.caller("+79139990404") as next_caller:
        for phrase, key in way:
            await next_caller.hears(await office.said(phrase), 60)
            await next_caller.press(key)
        for spoken in told[: told.index(words) + 1]:
            await next_caller.hears(await office.said(Prompt("knowledge-words", words=spoken)), 60)
