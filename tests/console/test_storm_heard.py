"""From a dispatcher's first key to a caller's ear: a real browser, the whole product, a real call."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright, expect

from agent_console.people.models import Role, User
from agent_console.web.scripts import build
from carrier.hearing.sound import clip
from carrier.hearing.tones import chirps
from carrier.leg import Leg
from carrier.stories.installation import Installation
from gridline.clock import SystemClock
from ivr.voice.prompts import Prompt
from tests.console import brief
from tests.console.conftest import CHEAP, PASSWORD, sign_in
from tests.console.softphone_agent import chromium

pytestmark = [pytest.mark.real_asterisk, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

LIMIT_S = 30.0
WORDS = "В Южном районе оборвало линию, свет включим к 20:00"
VOICE = chirps(208, 2.0)
"""What the dispatcher says into their microphone."""


class Room:
    """The product, and a dispatcher at the page."""

    def __init__(self, house: Installation, page: Page) -> None:
        self.house = house
        self.page = page

    def caller(self) -> AbstractAsyncContextManager[Leg]:
        """Somebody calls; what is waited for comes behind the notice."""
        return self.house.carrier.call(from_number="+79139990301", to=self.house.companies.by_id("skek").dids[0])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    folder = tmp_path_factory.mktemp("room")
    brief.prompts(folder / "var")
    build()
    house = Installation(folder / "var", {"dialplan": str(brief.dialplan(folder / "dialplan"))})
    try:
        await house.start()
        async with house.db.write() as session:
            own = {"login": Role.DISPATCHER.value, "name": "Павел Орлов", "password_hash": CHEAP.hash(PASSWORD)}
            where = {"role": Role.DISPATCHER, "company_id": "skek", "branch": "", "agent": None, "one_time": False}
            session.add(User(**own, **where, created_at=SystemClock().now(), disabled_at=None))
        async with async_playwright() as playwright, chromium(playwright, VOICE, folder) as browser:
            page = await browser.new_page(locale="ru-RU")
            await sign_in(page, house.base, Role.DISPATCHER, "/storm")
            yield Room(house, page)
    finally:
        await house.stop()


async def test_what_a_dispatcher_types_is_in_the_ear_within_30_s_of_the_first_key(room: Room) -> None:
    began = time.monotonic()
    await room.page.keyboard.type(WORDS, delay=60)
    await room.page.keyboard.press("F8")
    await expect(room.page.get_by_text("Так это услышат звонящие.")).to_be_visible()
    await room.page.keyboard.press("Control+Enter")
    await expect(room.page.locator("#storm-announced")).to_contain_text(WORDS)
    published = time.monotonic() - began
    async with room.caller() as caller:
        said = clip(await room.house.voice.render([Prompt("announcement", text=WORDS)], "skek"))
        await caller.hears(said, 20)
        heard = time.monotonic() - began
    print(f"announced {published:.1f} s, heard {heard:.1f} s after the first key")
    assert heard < LIMIT_S
    await room.page.get_by_role("button", name="Снять").first.click()
    await expect(room.page.locator("#storm-announced .storm-said").first).to_contain_text("снято")
    async with room.caller() as caller:
        await caller.hears(await room.house.voice.render(["main-menu"], "skek"), 20)
        assert not caller.heard(said)


async def test_what_a_dispatcher_says_is_heard_in_their_own_voice(room: Room, tmp_path: Path) -> None:
    began = time.monotonic()
    await room.page.keyboard.press("F9")
    await expect(room.page.get_by_text("Говорите…")).to_be_visible()
    await room.page.wait_for_timeout(5000)  # they speak: the microphone repeats its two seconds
    await room.page.keyboard.press("F9")
    await expect(room.page.get_by_text("Так это услышат звонящие.")).to_be_visible()
    await room.page.keyboard.press("Control+Enter")
    await expect(room.page.locator("#storm-announced .storm-said").first).to_contain_text("Сказано голосом")
    async with room.caller() as caller:
        await caller.hears(VOICE, 20)
        heard = time.monotonic() - began
    print(f"spoken and heard {heard:.1f} s after the first key")
    assert heard < LIMIT_S
