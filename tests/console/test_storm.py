"""The storm's page: an announcement by keys and by voice, the mode by hand, what is shown of both and to whom."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import undefer

from agent_console.people.models import AuditEntry, Role, User
from gridline.companies import Branch, priorities
from gridline.db import new_id
from ivr.call import Call
from ivr.desk.models import Left, QueueVisit
from ivr.journal.models import CallRecord
from ivr.storm.models import Announcement, StormEvent
from ivr.voice import audio
from tests.console.conftest import CHEAP, COMPANY, OTHER_COMPANY, PASSWORD, Axe, Client, ClientOf, ConsoleApp, sign_in

expect.set_options(timeout=20_000)

WORDS = "В Южном районе ветром оборвало линию, свет включим к 20:00."
TONE = (8000 * np.sin(np.arange(16000) / 3)).astype(np.int16)
HEARD = "() => { window.heard = []; HTMLMediaElement.prototype.play = function () { heard.push(this.src); }; }"


async def stored(made: ConsoleApp) -> list[Announcement]:
    async with made.console.db.read() as session:
        rows = await session.scalars(
            select(Announcement).options(undefer(Announcement.sound)).order_by(Announcement.made_at)
        )
        return list(rows)


async def announced(client: Client, form: dict[str, str]) -> int:
    """Hear it, then announce it; the status."""
    sound = await client.post("/storm/hear", data=form)
    return (await client.post("/storm/announcements", data=form | {"heard": sound.headers["X-Heard"]})).status


async def test_a_dispatcher_announces_by_keys_hears_it_first_and_takes_it_back(
    console_app: ConsoleApp, page: Page
) -> None:
    await sign_in(page, console_app.base, Role.DISPATCHER, "/storm")
    await page.evaluate(HEARD)
    await expect(page.get_by_label("Текст")).to_be_focused()
    await page.keyboard.type(WORDS)
    await page.keyboard.press("F8")
    await expect(page.get_by_text("Так это услышат звонящие.")).to_be_visible()
    assert await page.evaluate("heard.length") == 1
    assert await stored(console_app) == [], "heard is not announced"
    await page.keyboard.press("Control+Enter")
    said = page.locator("#storm-announced .storm-said").first
    await expect(said).to_contain_text(WORDS)
    await expect(said).to_contain_text("звучит")
    await expect(page.get_by_label("Текст")).to_have_value("")
    (one,) = console_app.console.announcer.current(COMPANY, "")
    assert (one.ends_at - one.starts_at) == timedelta(hours=2)
    await said.get_by_role("button", name="Снять").click()
    await expect(said).to_contain_text("снято: Павел Орлов")
    assert console_app.console.announcer.current(COMPANY, "") == ()
    async with console_app.console.db.read() as session:
        noted = list(await session.scalars(select(AuditEntry.action).where(AuditEntry.subject.like("announcement:%"))))
    assert noted == ["announced", "announcement.withdrawn"]


async def test_a_dispatcher_says_it_into_the_microphone(console_app: ConsoleApp, page: Page) -> None:
    await sign_in(page, console_app.base, Role.DISPATCHER, "/storm")
    await page.evaluate(HEARD)
    await page.keyboard.press("F9")
    await expect(page.get_by_text("Говорите…")).to_be_visible()
    await page.wait_for_timeout(2500)  # what is said: the microphone beeps once a second
    await page.keyboard.press("F9")
    await expect(page.get_by_text("Так это услышат звонящие.")).to_be_visible()
    assert await page.evaluate("heard.length") == 1
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#storm-announced .storm-said").first).to_contain_text("Сказано голосом")
    (row,) = await stored(console_app)
    assert row.sound is not None
    assert 0.5 < row.seconds < 3.5
    answer = await page.request.get(f"{console_app.base}/storm/announcements/{row.id}.wav")
    assert await answer.body() == row.sound


async def test_what_cannot_be_said_is_refused_and_nothing_typed_is_lost(console_app: ConsoleApp, page: Page) -> None:
    await sign_in(page, console_app.base, Role.DISPATCHER, "/storm")
    await page.keyboard.type("1234567890 " * 60)  # spoken digit by digit
    await page.keyboard.press("F8")
    await expect(page.get_by_text("Объявление длиннее 40 с.")).to_be_visible()
    await expect(page.get_by_role("button", name="Объявить")).to_be_disabled()
    assert len(await page.get_by_label("Текст").input_value()) == 600
    assert await stored(console_app) == []


async def test_nothing_is_announced_before_exactly_that_was_heard(
    console_app: ConsoleApp, page: Page, client_of: ClientOf
) -> None:
    await sign_in(page, console_app.base, Role.DISPATCHER, "/storm")
    await page.evaluate(HEARD)
    announce = page.get_by_role("button", name="Объявить")
    await expect(announce).to_be_disabled()
    await page.keyboard.type(WORDS)
    await page.keyboard.press("Control+Enter")
    await page.keyboard.press("F8")
    await expect(announce).to_be_enabled()
    await page.keyboard.type(" Ждите.")
    await expect(announce).to_be_disabled()
    dispatcher = await client_of(Role.DISPATCHER)
    form = {"text": WORDS, "minutes": "60"}
    version = (await dispatcher.post("/storm/hear", data=form)).headers["X-Heard"]
    beep, other = (base64.b64encode(audio.wav_bytes(tone)).decode() for tone in (TONE, TONE[::2]))
    of_beep = (await dispatcher.post("/storm/hear", data=form | {"sound": beep})).headers["X-Heard"]
    for unheard in (
        form,
        form | {"heard": of_beep},
        form | {"text": f"{WORDS} Ждите.", "heard": version},
        form | {"sound": beep, "heard": version},
        form | {"sound": other, "heard": of_beep},
    ):
        answer = await dispatcher.post("/storm/announcements", data=unheard)
        assert (answer.status, "Сначала прослушайте" in await answer.text()) == (422, True), unheard
    assert await stored(console_app) == []
    assert await announced(dispatcher, form | {"sound": beep}) == 303
    assert len(await stored(console_app)) == 1


async def test_the_mode_is_switched_by_hand_and_everybody_who_looks_is_told(
    console_app: ConsoleApp, page: Page, client_of: ClientOf
) -> None:
    await sign_in(page, console_app.base, Role.SUPERVISOR, "/storm")
    mode = page.locator("#storm-mode .storm-mode").first
    await expect(mode).to_contain_text("обычный")
    await mode.get_by_role("button", name="Включить").click()
    await expect(mode).to_contain_text("шторм")
    await expect(mode).to_contain_text("Игорь Петров, стоит до")
    await expect(page.locator("#storm-events")).to_contain_text("Включён")
    assert console_app.console.storm.mode(COMPANY).on
    dispatcher = await client_of(Role.DISPATCHER)
    answer = await dispatcher.post(f"/storm/mode?company={COMPANY}", data={"branch": "", "on": "0"})
    assert answer.status == 303
    await expect(mode).to_contain_text("обычный")
    async with console_app.console.db.read() as session:
        switches = list(await session.scalars(select(StormEvent).order_by(StormEvent.ordinal)))
    assert [(one.on, one.actor) for one in switches] == [(True, "user:supervisor"), (False, "user:dispatcher")]


async def test_only_those_who_lead_the_shift_or_dispatch_and_only_their_own(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    for role in (Role.AGENT, Role.CLERK, Role.SECURITY, Role.QA):
        assert (await (await client_of(role)).get("/storm")).status == 403
    dispatcher = await client_of(Role.DISPATCHER)
    assert (await dispatcher.get(f"/storm?company={OTHER_COMPANY}")).status == 404
    assert (await dispatcher.post(f"/storm/mode?company={OTHER_COMPANY}", data={"on": "1"})).status == 404
    form = {"text": WORDS, "minutes": "60", "branch": "nowhere"}
    assert (await dispatcher.post("/storm/announcements", data=form)).status == 404
    assert await stored(console_app) == []


async def test_a_branchs_dispatcher_speaks_for_their_branch_alone(console_app: ConsoleApp, client_of: ClientOf) -> None:
    company = console_app.console.companies.by_id(OTHER_COMPANY)
    kursk: Branch = company.branch("kursk")
    async with console_app.console.db.write() as session:
        own = {"login": "kursk", "name": "Юлия Орлова", "password_hash": CHEAP.hash(PASSWORD), "one_time": False}
        where = {"role": Role.DISPATCHER, "company_id": OTHER_COMPANY, "branch": kursk.id, "agent": None}
        session.add(User(**own, **where, created_at=console_app.console.clock.now(), disabled_at=None))
    client = await client_of(None)
    await client.sign_in("kursk")
    form = {"text": WORDS, "minutes": "60"}
    for branch in ("", "orel"):
        assert (await client.post("/storm/announcements", data=form | {"branch": branch})).status == 422
        assert (await client.post("/storm/mode", data={"branch": branch, "on": "1"})).status == 422
    assert await announced(client, form | {"branch": "kursk"}) == 303
    assert console_app.console.announcer.current(OTHER_COMPANY, "orel") == []
    (row,) = await stored(console_app)
    assert row.branch == "kursk"
    page = await (await client.get("/storm")).text()
    assert "Курскэнерго" in page
    assert "Орёлэнерго" not in page


async def a_night(made: ConsoleApp) -> None:
    """Three hours: an ordinary evening, then a storm that the line serves."""
    console, now = made.console, made.console.clock.now()
    async with console.db.write() as session:
        for minute in range(180):
            rate = 2 if minute < 110 else min(44, (minute - 108) * 4)
            for number in range(rate):
                at, id = now - timedelta(minutes=180 - minute, seconds=-number), new_id()
                who = {"caller_raw": "", "caller": "+79130000000", "branch": "", "dialled": ""}
                own = {"node": "node1", "boot": "1", "linkedid": id, "flow_version": "", "outcome": "finished"}
                session.add(CallRecord(id=id, company_id=COMPANY, started_at=at, ended_at=at, **who, **own))
                person = number == 0 or (minute < 110 and number == 1)
                danger = minute % 9 == 0 and number == 0
                if person:
                    visit = {"queue": "skek-hotline", "priority": priorities.DANGER if danger else 0, "missed": 0}
                    waited = 4.0 + minute % 7 + (12 if 110 < minute < 118 else 0)
                    session.add(
                        QueueVisit(
                            call_id=id,
                            company_id=COMPANY,
                            entered_at=at,
                            left_at=at,
                            waited_s=waited,
                            outcome=Left.ANSWERED,
                            agent="101",
                            rang_s=1,
                            **visit,
                        )
                    )
    company = console.companies.by_id(COMPANY)
    for number in range(80):
        console.storm.came(Call(f"{number:032x}", "", company, "", None, "", now))
    await console.storm.round()


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_how_a_storm_looks(
    theme: str, console_app: ConsoleApp, page: Page, axe: Axe, tmp_path: Path, client_of: ClientOf
) -> None:
    await a_night(console_app)
    dispatcher = await client_of(Role.DISPATCHER)
    assert await announced(dispatcher, {"text": WORDS, "minutes": "120"}) == 303
    await page.context.add_cookies([{"name": "theme", "value": theme, "url": console_app.base}])
    await sign_in(page, console_app.base, Role.DISPATCHER, "/storm")
    mode = page.locator("#storm-mode .storm-mode").first
    await expect(mode).to_have_class(re.compile(r"\bon\b"))
    await expect(mode).to_contain_text("было 80,0 в минуту")
    await expect(page.locator("#storm-figures")).to_contain_text("9")
    assert await page.locator("canvas").count() == 2
    await page.screenshot(path=tmp_path / f"storm-{theme}.png", full_page=True)
    print(tmp_path)
    assert await axe(page) == []
