"""Calls that are owed, made from an agent's browser: the carrier's telephone rings, they talk, the item ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, async_playwright, expect
from sqlalchemy import select

from agent_console.web.scripts import build
from carrier.hearing.tones import chirps
from carrier.leg import Leg
from carrier.phone import BUSY, Phone
from carrier.stories.installation import Installation
from carrier.stories.store import until
from grid.outages import reports
from grid.outages.models import Service
from grid.outages.reports import OutageContact
from gridline.clock import SystemClock
from ivr.journal.models import CallLeg, CallRecord, LegDevice, LegKind
from ivr.voice import spoken
from ivr.voice.prompts import Prompt
from recordings.models import Recording, RecordingState
from tests.console import brief
from tests.console.conftest import Axe
from tests.console.kept_calls import legs_of, record_of, sides, talks_of
from tests.console.softphone_agent import BrowserAgent, chromium, hire
from worklist.codes import AttemptResult, Ending, ItemKind
from worklist.models import WorkAttempt, WorkItem

pytestmark = [pytest.mark.real_asterisk, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

QUEUE = "skek-hotline"
OLGA, ANNA = chirps(221, 1.2), chirps(222, 2.4)


@dataclass
class Office:
    """The product, and Olga (101) before her browser."""

    house: Installation
    olga: BrowserAgent
    screens: Path

    @property
    def band(self) -> Locator:
        """What stands over her pages."""
        return self.olga.page.locator("#call-band")

    @asynccontextmanager
    async def wants_a_person(self, number: str) -> AsyncIterator[Leg]:
        """Somebody calls from this number and presses 0 in the main menu."""
        did = self.house.companies.by_id("skek").dids[0]
        async with self.house.carrier.call(from_number=number, to=did) as anna:
            await anna.hears(await self.house.voice.render(["main-menu"], "skek"), 40)
            await anna.press("0")
            yield anna

    async def asks_to_be_called_back(self, number: str) -> WorkItem:
        """They wait for nobody, press 1, confirm their number, and hear until when."""
        async with self.wants_a_person(number) as anna:
            await anna.hears(await self.house.voice.render(["callback-offer"], "skek"), 30)
            await anna.press("1")
            asked = Prompt("complaint-contact", phone=spoken.phone(number))
            await anna.hears(await self.house.voice.render([asked], "skek"), 15)
            await anna.press("1")
            item = await self.item(ItemKind.CALLBACK, number)
            zone = self.house.companies.by_id("skek").zone
            told = Prompt("callback-promised", until=spoken.until_moment(item.due_at, item.made_at, zone))
            await anna.hears(await self.house.voice.render([told], "skek"), 10)
            await anna.hang_up()
        return item

    async def item(self, kind: ItemKind, number: str) -> WorkItem:
        """The item of this kind and number, once it is there."""

        async def look() -> WorkItem | None:
            async with self.house.db.read() as session:
                query = select(WorkItem).where(WorkItem.kind == kind, WorkItem.phone == number)
                found: WorkItem | None = await session.scalar(query)
                return found

        return await until(look, f"{kind} {number}")

    async def ended(self, item: WorkItem) -> WorkItem:
        """The item, once it has ended."""

        async def look() -> WorkItem | None:
            async with self.house.db.read() as session:
                found = await session.get_one(WorkItem, item.id)
            return found if found.ended_at is not None else None

        return await until(look, "конец дела")

    async def attempts(self, item: WorkItem) -> list[WorkAttempt]:
        """What was tried."""
        async with self.house.db.read() as session:
            query = select(WorkAttempt).where(WorkAttempt.item_id == item.id).order_by(WorkAttempt.at)
            return list(await session.scalars(query))

    async def is_over(self) -> None:
        """Her band says that the call is over."""
        await expect(self.band.locator(".call-band.over")).to_be_visible(timeout=15_000)

    async def says(self, word: str) -> None:
        """One click says how it ended; the band goes."""
        await self.band.get_by_role("button", name=word).click()
        await expect(self.band.locator(".call-band")).to_have_count(0, timeout=10_000)

    def telephone(self, number: str) -> Phone:
        """The telephone of this subscriber."""
        return self.house.carrier.subscriber(number)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    var = folder / "var"
    brief.prompts(var)
    build()
    house = Installation(var, {"dialplan": str(brief.dialplan(folder / "dialplan")), "ring_desk_phones": False})
    try:
        await house.start()
        await hire(house, "olga", "101")
        await house.carrier.agent("101").unregisters()
        base = f"http://{house.settings.http_host}:{house.settings.http_port}"
        async with async_playwright() as playwright, chromium(playwright, OLGA, folder) as browser:
            window = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="ru-RU")
            olga = BrowserAgent(await window.new_page(), base)
            await olga.sign_in("olga")
            yield Office(house, olga, folder)
    finally:
        await house.stop()


async def test_a_call_promised_by_a_key_is_made_by_one_click_and_ended_by_another(office: Office, axe: Axe) -> None:
    number = "+79131800001"
    item = await office.asks_to_be_called_back(number)
    olga, page = office.olga, office.olga.page
    phone = office.telephone(number)
    phone.rejects(BUSY)
    await page.goto(f"{olga.base}/card/{item.call_id}")
    await olga.is_("ready")
    await page.get_by_role("button", name="Позвонить").last.click()
    assert (await phone.rung(15)).caller == office.house.companies.by_id("skek").dids[0]
    await office.is_over()
    await expect(office.band).to_contain_text("Занято")
    await page.screenshot(path=office.screens / "busy.png")
    assert await axe(page) == []
    await office.says("Занято")
    await expect(page.locator("#toasts")).to_contain_text("попытка 1 из 3")

    phone.answers(after_s=0.3)
    await page.get_by_role("link", name="Дела").click()
    notice = await office.house.voice.render(["out-notice"], "skek")
    row = page.locator(f"#work-{item.id}")
    await expect(row).to_contain_text("1 попытка", timeout=10_000)
    await page.screenshot(path=office.screens / "work.png")
    await row.get_by_role("button", name="Позвонить").click()
    anna = await phone.answered(15)
    told = await anna.hears(notice, 10, to_the_end=True)
    await anna.hears(OLGA, 10, since_s=told.until_s)
    assert not [one for one in anna.heard(OLGA) if one.at_s < told.at_s]
    await olga.hears(anna, ANNA)
    await expect(page.locator("#call-card")).to_be_visible()
    await expect(office.band).to_contain_text("Разговор")
    await page.screenshot(path=office.screens / "talking.png")
    await olga.press("F4")
    await anna.waits_for_hangup(5)
    await office.is_over()
    await expect(office.band.get_by_role("button", name="Поговорили")).to_have_class("btn primary")
    await office.says("Поговорили")
    done = await office.ended(item)
    assert (done.ending, done.ended_by, done.attempts) == (Ending.TALKED, "user:olga", 2)
    busy, talked = await office.attempts(item)
    assert [busy.result, talked.result] == [AttemptResult.BUSY, AttemptResult.TALKED]
    assert busy.call_id
    assert talked.call_id
    assert busy.call_id != talked.call_id
    record = await record_of(office.house, talked.call_id)
    assert (record.called_by, record.caller, record.outcome) == ("101", number, "talked")
    assert (record.notice_prompt, record.notice_completed) == ("out-notice", True)
    (leg,) = await legs_of(office.house, talked.call_id, 1)
    assert (leg.kind, leg.agent, leg.device) == (LegKind.CALLBACK, "101", LegDevice.BROWSER)
    (recording,) = await talks_of(office.house, talked.call_id, 1)
    assert recording.state is RecordingState.STORED
    assert abs((recording.started_at - leg.began_at).total_seconds()) < 2
    assert abs((recording.seconds or 0) - (leg.ended_at - leg.began_at).total_seconds()) < 2
    assert sides(office.house, recording).both_speak()


async def test_who_hangs_up_at_the_notice_has_cost_nothing(office: Office) -> None:
    number = "+79131800005"
    olga, phone = office.olga, office.telephone(number)
    phone.answers(after_s=0.3)
    await olga.press("F3")
    await olga.page.keyboard.type(number)
    await olga.press("Enter")
    anna = await phone.answered(15)
    await anna.hears(await office.house.voice.render(["out-notice"], "skek"), 10)
    await anna.hang_up()
    await olga.is_("ready")

    async def over() -> CallRecord | None:
        async with office.house.db.read() as session:
            query = select(CallRecord).where(CallRecord.caller == number, CallRecord.ended_at.is_not(None))
            found: CallRecord | None = await session.scalar(query)
            return found

    call = await until(over, "конец звонка")
    assert (call.outcome, call.called_by, call.notice_completed) == ("hung-up", "101", False)
    assert not anna.heard(OLGA)
    async with office.house.db.read() as session:
        for kept in (Recording, CallLeg):
            assert list(await session.scalars(select(kept).where(kept.call_id == call.id))) == []
    incoming = office.house.settings.var / "recordings/incoming"
    assert [file for file in incoming.rglob("*") if file.is_file()] == []


async def test_a_lost_caller_is_offered_to_who_is_free_and_called_at_once(office: Office) -> None:
    number = "+79131800002"
    olga, page, house = office.olga, office.olga.page, office.house
    async with house.db.write() as session:
        told = OutageContact("skek", Service.ELECTRICITY, SystemClock().now(), phone=number, settlement="Кемерово")
        await reports.take(session, told)
    await page.goto(f"{olga.base}/desk")
    await olga.is_("ready")
    await olga.posts("/desk/sign-on", queue=QUEUE, phone="browser")
    await olga.posts("/desk/ready")
    async with office.wants_a_person(number) as anna:
        await olga.is_("ringing", 30_000)
        await anna.hang_up()
    item = await office.item(ItemKind.LOST_CALLER, number)
    assert (item.due_at - item.made_at).total_seconds() == 600
    assert item.place == "Кемерово"
    await expect(office.band).to_contain_text("Перезвоните: +7 913 180-00-02", timeout=10_000)
    await page.screenshot(path=office.screens / "offer.png")
    phone = office.telephone(number)
    phone.answers(after_s=0.3)
    await olga.press("F10")
    anna = await phone.answered(15)
    await anna.hears(OLGA, 15)
    await anna.hang_up()
    await office.is_over()
    await expect(page.locator("#call-card")).to_be_visible()
    await office.says("Больше не нужно")
    assert (await office.ended(item)).ending is Ending.DECLINED
    await olga.posts("/desk/sign-off")


async def test_who_calls_again_and_is_answered_is_owed_nothing(office: Office) -> None:
    number = "+79131800003"
    item = await office.asks_to_be_called_back(number)
    olga = office.olga
    await olga.page.goto(f"{olga.base}/desk")
    await olga.is_("ready")
    await olga.posts("/desk/sign-on", queue=QUEUE, phone="browser")
    await olga.posts("/desk/ready")
    async with office.wants_a_person(number) as anna:
        await olga.is_("ringing", 30_000)
        await olga.press("F2")
        await olga.is_("talking")
        done = await office.ended(item)
        assert (done.ending, done.ended_by) == (Ending.CALLED_AGAIN, "agent:101")
        await olga.press("F4")
        await anna.waits_for_hangup(5)


async def test_the_telephone_on_the_desk_rings_and_dials(office: Office) -> None:
    number = "+79131800004"
    item = await office.asks_to_be_called_back(number)
    olga, page = office.olga, office.olga.page
    desk, phone = office.house.carrier.agent("101"), office.telephone(number)
    await desk.registers()
    desk.answers(after_s=1.5)
    phone.answers(after_s=0.3)
    await page.goto(f"{olga.base}/worklist/{item.id}")
    await olga.posts("/desk/sign-on", queue=QUEUE, phone="desk")
    await olga.press("c")
    await expect(office.band).to_contain_text("Снимите трубку аппарата", timeout=5000)
    hers, anna = await desk.answered(15), await phone.answered(15)
    await anna.hears(await office.house.voice.render(["out-notice"], "skek"), 10, to_the_end=True)
    await expect(office.band).to_contain_text("Разговор")
    await hers.speak(OLGA)
    await anna.hears(OLGA, 10)
    await expect(office.band).to_contain_text("Разговор")
    await anna.hang_up()
    await office.is_over()
    await office.says("Поговорили")
    (talked,) = await office.attempts(await office.ended(item))
    assert (talked.result, bool(talked.call_id)) == (AttemptResult.TALKED, True)
    (leg,) = await legs_of(office.house, talked.call_id or "", 1)
    assert (leg.kind, leg.device) == (LegKind.CALLBACK, LegDevice.DESK)
    assert (await talks_of(office.house, talked.call_id or "", 1))[0].state is RecordingState.STORED
    await olga.posts("/desk/sign-off")
    await desk.unregisters()
