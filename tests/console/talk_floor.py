"""A whole product on which two talks were led with known words on both sides: one by an agent in their browser, who
registers an appeal meanwhile, one by an agent at a desk phone. No engine of speech recognition is there yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from playwright.async_api import Browser, Page, async_playwright, expect
from sqlalchemy import select

from agent_console.people.models import Role
from agent_console.web.scripts import build
from carrier.hearing.sound import Clip
from carrier.hearing.tones import chirps
from carrier.leg import Leg
from carrier.stories.installation import Installation
from grid.imports import HandedTable
from grid.imports.outages import import_outages
from grid.imports.premises import import_premises
from gridline.clock import SystemClock
from gridline.settings import HOUSE
from ivr.journal.models import CallRecord
from quality.reviews import talks
from recordings.models import Recording, RecordingKind, RecordingState
from tests.console import brief
from tests.console.conftest import PASSWORD, Client, sign_in
from tests.console.said_aloud import in_a_row, said
from tests.console.softphone_agent import BrowserAgent, chromium, hire
from tests.faults.injury import until_known

CALLER, OTHER = "+79131203402", "+79135550144"
OLGA = chirps(211, 1.2)
"""How Olga is known in the caller's ear; her words come after it."""
LONG_ENOUGH_S = talks.SHORTEST_S + 2
"""A shorter talk is judged by nobody."""
JUDGES = (Role.QA, Role.QA_HEAD)


@dataclass(frozen=True)
class Words:
    """What is said aloud."""

    greets: Clip
    complains: Clip
    olga: Clip
    asks: Clip
    igor: Clip

    @classmethod
    async def spoken(cls) -> Words:
        """All of it; each begins with a word that is looked for."""
        greets, complains, olga, asks, waits, thanks, igor = await asyncio.gather(
            said("Здравствуйте, вас беспокоят с улицы Весенней.", "elena"),
            said("Провод висит на заборе у самого дома, и света нет с утра.", "elena"),
            said("Добрый день, оператор Ольга. Бригада уже едет к вам."),
            said("Добрый день. Когда придёт мастер менять счётчик?", "elena"),
            said("Мастер придёт завтра до обеда. Одну минуту, я уточню."),
            said("Спасибо, до свидания.", "elena"),
            said("Специалист Игорь, слушаю вас.", "aleksandr"),
        )
        return cls(
            greets,
            complains,
            in_a_row("Ольга", OLGA, 0.4, olga, 0.6),
            in_a_row("Борис", asks, 8.5, thanks),
            in_a_row("Игорь", igor, 3.0, waits),
        )


@dataclass(frozen=True)
class Talks:
    """The product, Olga in her browser, and what is left of both talks."""

    house: Installation
    browser: Browser
    olga: BrowserAgent
    words: Words
    number: str
    """Of the appeal that Olga registered while she talked."""
    with_olga: Recording
    with_igor: Recording

    @asynccontextmanager
    async def as_(self, role: Role, path: str) -> AsyncIterator[Page]:
        """A window of their own for whoever judges, at this page; `window.sounds` are the players' sounds."""
        window = await self.browser.new_context(viewport={"width": 1366, "height": 768}, locale="ru-RU")
        await window.add_init_script(SOUNDS)
        page = await window.new_page()
        page.set_default_timeout(15_000)
        await sign_in(page, self.house.base, role, path)
        yield page
        await window.close()

    def file(self, recording: Recording) -> Path:
        """Where its sound lies."""
        return self.house.var / "recordings/store" / recording.file


SOUNDS = """
  window.sounds = [];
  window.Audio = class extends Audio {
    constructor() { super(); window.sounds.push(this); }
  };
"""


@asynccontextmanager
async def talked(folder: Path) -> AsyncIterator[Talks]:
    """The product runs inside the block; both talks are over and taken in."""
    var = folder / "var"
    brief.prompts(var)
    build()
    words = await Words.spoken()
    house = Installation(var, {"dialplan": str(brief.dialplan(folder / "dialplan")), "ring_desk_phones": False})
    try:
        await house.start()
        await _people(house)
        async with async_playwright() as playwright, chromium(playwright, words.olga, folder) as browser:
            window = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="ru-RU")
            await window.add_init_script(SOUNDS)
            olga = BrowserAgent(await window.new_page(), house.base)
            await olga.sign_in("olga")
            await olga.posts("/desk/sign-on", queue="skek-hotline", phone="browser")
            async with asyncio.TaskGroup() as both:
                taken = asyncio.Event()
                both.create_task(_igors_talk(house, words, taken))
                await taken.wait()  # by Igor, so that the next caller is Olga's
                await olga.posts("/desk/ready")
                number = await _olgas_talk(house, olga, words)
            yield Talks(
                house, browser, olga, words, number, await _taken_in(house, CALLER), await _taken_in(house, OTHER)
            )
    finally:
        await house.stop()


async def _people(house: Installation) -> None:
    now = SystemClock().now()
    await import_premises(house.db, HandedTable(HOUSE / "grid/samples/premises.csv", house.companies, "", now))
    await import_outages(house.db, HandedTable(HOUSE / "grid/samples/outages.csv", house.companies, "", now))
    for login, agent in (("olga", "101"), ("igor", "102")):
        await hire(house, login, agent)
    for role in JUDGES:
        await hire(house, role.value, None, role=role)


async def _igors_talk(house: Installation, words: Words, taken: asyncio.Event) -> None:
    """Boris asks Igor, who answers on his desk phone: `taken` from then on."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        place = Client(session, house.base)
        assert (await place.sign_in("igor", PASSWORD)).status == 303
        for button, form in (("sign-on", {"queue": "skek-hotline", "phone": "desk"}), ("ready", {})):
            assert (await place.post(f"/desk/{button}", data=form)).status == 303
    igor = house.carrier.agent("102")
    igor.answers()
    async with house.carrier.call(from_number=OTHER, to=house.companies.by_id("skek").dids[0]) as boris:
        await _reaches_a_person(house, boris, "0")
        talk = await igor.answered(40)
        taken.set()
        await asyncio.gather(boris.speak(words.asks), talk.speak(words.igor))


async def _reaches_a_person(house: Installation, caller: Leg, way: str) -> None:
    for key, menu in zip(way, ("main-menu", "power-service"), strict=False):
        await caller.hears(await house.voice.render([menu], "skek"), 40)
        await caller.press(key)


async def _olgas_talk(house: Installation, olga: BrowserAgent, words: Words) -> str:
    """A subscriber without power comes through the menu to Olga; the number of the appeal she registers meanwhile."""
    page = olga.page
    async with house.carrier.call(from_number=CALLER, to=house.companies.by_id("skek").dids[0]) as caller:
        await _reaches_a_person(house, caller, "20")
        await olga.is_("ringing", 30_000)
        await expect(page.locator("#call-card")).to_be_visible(timeout=15_000)
        await expect(page.locator("#call-state")).to_contain_text("звонит")
        await expect(page.locator("#card-way")).to_contain_text("2", timeout=15_000)
        await expect(page.locator("#card-who")).to_contain_text("Смирнова Анна Викторовна")
        await expect(page.locator("#card-places")).to_contain_text("повреждение кабельной линии")
        await olga.press("F2")
        await olga.is_("talking")
        await expect(page.locator("#call-state")).to_contain_text("разговор", timeout=15_000)
        number, _ = await asyncio.gather(_registers(olga), _tells(caller, words))
        await olga.is_("talking")  # the talk went on all the while
        await page.get_by_role("link", name="Открыть в реестре").click()
        await expect(page.locator("#main")).to_contain_text("Нет света с утра", timeout=15_000)
        await olga.press("F4")
        await caller.waits_for_hangup(10)
    await olga.is_("ready")
    return number


async def _tells(caller: Leg, words: Words) -> None:
    await caller.hears(OLGA, 20)
    began_s = caller.now_s
    await caller.speak(words.greets)
    await caller.speak(words.complains)
    while caller.now_s < began_s + LONG_ENOUGH_S:
        await caller.hears(OLGA, 20)  # and so her words, once, whole


async def _registers(olga: BrowserAgent) -> str:
    page = olga.page
    await olga.press("1")
    await expect(page.locator("#who-title")).to_have_text("Говорим с", timeout=15_000)
    await page.locator("#f-topic").select_option("outages")
    await page.locator("#f-text").fill("Нет света с утра, спрашивает, когда включат")
    await page.get_by_text("Ответ дан при разговоре").click()
    await page.locator("[name='answer_on_call.text']").fill("Повреждён кабель, бригада работает")
    await olga.press("Control+S")
    shown = page.locator("#registered .number")
    await expect(shown).to_be_visible(timeout=15_000)
    return (await shown.inner_text()).replace("-", "")


async def _taken_in(house: Installation, caller: str) -> Recording:
    """The talk of this caller, as soon as it is stored."""

    async def look() -> Recording | None:
        async with house.db.read() as session:
            query = select(Recording).join(CallRecord, CallRecord.id == Recording.call_id)
            talks = (Recording.kind == RecordingKind.TALK, Recording.state == RecordingState.STORED)
            return await session.scalar(query.where(CallRecord.caller == caller, *talks))

    return await until_known(look, f"the talk of {caller}", 30)
