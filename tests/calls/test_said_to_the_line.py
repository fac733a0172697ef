"""Three real calls: a number that comes by SMS, a report to the trust line that leaves none, a place said aloud."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright, expect
from sqlalchemy import select

from agent_console.web.scripts import build
from appeals import numbering
from appeals.models import Appeal, TrustCall
from asterisk_conf.asterisk import Asterisk
from carrier.hearing.tones import chirps
from carrier.settings import free_port
from carrier.stories.installation import Installation
from carrier.stories.scene import Scene, StoryLine
from gridline.db import Base
from ivr.journal.models import CallRecord
from ivr.voice import spoken
from ivr.voice.prompts import Prompt
from outreach.models import MessageOut, MessageState
from recordings.models import Recording
from tests.calls.looked_up import figure
from tests.calls.street import with_data
from tests.console import brief
from tests.console.softphone_agent import BrowserAgent, chromium, hire
from tests.faults.injury import until_known
from tests.smsc import HOST, Smsc, smsc
from tests.speech_models import whisper_base

pytestmark = [pytest.mark.real_asterisk, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

WRITER, WITNESS, SPEAKER = "+79135550011", "+79135557788", "+79135550013"
HEARD_S = 70.0
"""The pause that ends an utterance, its words, and «одну минуту» between them."""
OLGA = chirps(211, 1.2)
TAIL = WITNESS[2:].encode()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def center() -> AsyncIterator[Smsc]:
    """The provider's SMSC."""
    async with smsc(free_port()) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    center: Smsc, asterisk_program: Asterisk, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Installation]:
    """A product that sends its messages there; two agents."""
    del asterisk_program
    folder = tmp_path_factory.mktemp("said")
    brief.prompts(folder / "var")
    build()
    own = {
        "dialplan": str(brief.dialplan(folder / "dialplan")),
        "ring_desk_phones": False,
        "sms": "smpp",
        "sms_from": "SKEK",
        "sms_host": HOST,
        "sms_port": center.port,
        "sms_tls": False,
        "sms_user": "skek",
        "least_free_mb": 1,
        "speech_wait_s": 60,  # a machine that tests are run on
    }
    made = Installation(folder / "var", own)
    try:
        await made.start()
        await hire(made, "olga", "101")
        await hire(made, "vera", "102")
        yield made
    finally:
        await made.stop()


async def test_a_caller_who_agrees_gets_the_number_by_sms(house: Installation, center: Smsc, tmp_path: Path) -> None:
    say = house.voice.render
    async with house.carrier.call(from_number=WRITER, to=house.companies.by_id("skek").dids[0]) as caller:
        await caller.hears(await say(["main-menu"], "skek"), 40)
        for key, heard in (("5", "complaint-menu"), ("1", "complaint-tell"), ("", "beep")):
            if key:
                await caller.press(key)
            await caller.hears(await say([heard], "skek"), 30)
        await caller.speak(chirps(7, 3.0))
        await caller.press("#")
        for heard, key in (("complaint-review", "1"), ("complaint-topic-water", "5")):
            await caller.hears(await say([heard], "skek"), 30)
            await caller.press(key)
        await caller.hears(await say([Prompt("complaint-contact", phone=spoken.phone(WRITER))], "skek"), 30)
        await caller.press("1")
        await caller.hears(await say(["message-offer"], "skek"), 60)
        await caller.press("1")
        await caller.hears(await say([Prompt("message-queued", phone=spoken.phone(WRITER))], "skek"), 30)
        text = await center.waits_for(WRITER, 20)
    async with house.db.read() as session:
        appeal = (await session.scalars(select(Appeal))).one()
    assert numbering.written(appeal.number) in text
    await center.reports(WRITER)

    async def delivered() -> bool:
        async with house.db.read() as session:
            message = (await session.scalars(select(MessageOut))).one()
        return message.state is MessageState.DELIVERED

    await until_known(delivered, "the receipt", 15)
    async with async_playwright() as playwright, chromium(playwright, OLGA, tmp_path) as browser:
        page = await browser.new_page(viewport={"width": 1366, "height": 768})
        await BrowserAgent(page, house.base).sign_in("vera")
        await page.goto(f"{house.base}/appeals/{appeal.number}")
        await expect(page.locator("#messages")).to_contain_text("доставлено")
        await page.locator("#messages").scroll_into_view_if_needed()
        await page.screenshot(path=tmp_path / "messages.png")


async def test_a_report_to_the_trust_line_leaves_no_number_anywhere(house: Installation, tmp_path: Path) -> None:
    async with async_playwright() as playwright, chromium(playwright, OLGA, tmp_path) as browser:
        page = await browser.new_page(viewport={"width": 1366, "height": 768})
        olga = BrowserAgent(page, house.base)
        await olga.sign_in("olga")
        await olga.posts("/desk/sign-on", queue="skek-hotline", phone="browser")
        await olga.posts("/desk/ready")
        async with house.carrier.call(from_number=WITNESS, to=house.companies.by_id("skek").dids[0]) as caller:
            await caller.hears(await house.voice.render(["main-menu"], "skek"), 40)
            await caller.press("0")
            await olga.is_("ringing", 30_000)
            assert holding(house, TAIL) != set()  # the label and Asterisk's records of the call hold it by now
            await olga.press("F2")
            await olga.is_("talking")
            await caller.hears(OLGA, 20)
            await expect(page.locator("#call-card")).to_contain_text("555-77-88", timeout=15_000)
            await page.locator("#f-topic").select_option("other")
            await page.locator("#f-text").fill("Мастер требует деньги")
            await page.locator("#f-kind").select_option("trust")
            await expect(page.locator("#f-phone")).to_have_count(0)
            await olga.press("Control+S")
            await expect(page.locator("#registered .number")).to_be_visible(timeout=15_000)
            assert await tables_with(house, WITNESS[2:]) == set()
            assert holding(house, TAIL) == set()
            await expect(page.locator("body")).not_to_contain_text("555-77-88")
            await olga.is_("talking")
            await caller.hears(OLGA, 20)
            await olga.press("F4")
            await caller.waits_for_hangup(10)
        await olga.is_("ready")

    async def cleared() -> bool:
        async with house.db.read() as session:
            return (await session.scalars(select(TrustCall))).one().cleared_at is not None

    await until_known(cleared, "the last lines of the call", 60)
    async with house.db.read() as session:
        call = (await session.scalars(select(CallRecord).order_by(CallRecord.started_at.desc()))).first()
    assert call is not None
    logs = house.var / "asterisk/var/log"
    for file in ("cdr-csv/Master.csv", "cel-custom/cel.csv", "queue_log"):
        assert call.linkedid in (logs / file).read_text(errors="replace"), file  # the call is there, its caller is not
    assert holding(house, TAIL) == set()
    assert await tables_with(house, WITNESS[2:]) == set()


async def test_a_place_that_is_said_is_offered_confirmed_and_told_the_truth(house: Installation) -> None:
    """Whisper hears them here; where nothing does, tests/calls/stories/power.py has the same branch go by keys."""
    whisper_base(house.var)
    await with_data(house)
    lines: list[StoryLine] = []
    scene = Scene(house, "skek", "a place said aloud", lines.append)
    address = "г. Кемерово, ул. Светлая, д. 2"
    async with scene.call(SPEAKER) as caller:
        await caller.hears("main-menu", within_s=40)
        for key, phrase in (("2", "power-service"), ("1", "power-menu"), ("1", "premise-unknown-caller")):
            await caller.press(key)
            await caller.hears(phrase)
        await caller.hears("place-how-aloud")
        await caller.press("2")
        for question, words in (("settlement-say", "город Кемерово"), ("street-say", "улица Светлая")):
            await caller.hears(question, whole=True)
            await caller.says(words)
            await caller.hears(Prompt("place-heard", name=words), within_s=HEARD_S)
            await caller.press("1")
        await caller.hears("house-enter")
        await caller.press("2#")
        await caller.hears(Prompt("premise-confirm", address=spoken.address(address)))
        await caller.press("1")
        await caller.hears(Prompt("outage-none", what="света"), within_s=20)
        await caller.hangs_up()
    await figure(house, 'gridline_callers_heard_total{came="spoke"}', 2.0)
    await figure(house, 'gridline_callers_heard_total{came="pressed"}', 2.0)
    assert list((house.var / "recordings/incoming/heard").iterdir()) == []
    async with house.db.read() as session:
        call = (await session.scalars(select(CallRecord).where(CallRecord.caller == SPEAKER))).one()
        assert (await session.scalars(select(Recording).where(Recording.call_id == call.id))).all() == []


def holding(house: Installation, number: bytes) -> set[str]:
    """Files under `var` in which the number stands; the database's are looked through by its tables."""
    files = (file for file in house.var.rglob("*") if file.is_file() and not file.name.startswith("gridline.db"))
    return {file.relative_to(house.var).as_posix() for file in files if number in file.read_bytes()}


async def tables_with(house: Installation, mark: str) -> set[str]:
    """Tables in which this stands anywhere."""
    held = set()
    async with house.db.read() as session:
        for table in Base.metadata.sorted_tables:
            if any(mark in str(value) for row in await session.execute(select(table)) for value in row):
                held.add(table.name)
    return held
