"""«Дела» in a browser: what is told appears at once, rings until it is taken, is narrowed, taken, tried and ended."""

from __future__ import annotations

import re
import wave
from datetime import timedelta

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from sqlalchemy import select

from agent_console.people.models import AuditAction, AuditEntry, Role
from agent_console.worklist.audience import kinds_of
from appeals.intake.drafts import Draft
from appeals.models import Appeal, DraftAppeal
from gridline.db import new_id
from ivr.journal.models import CallRecord
from recordings.models import Recording, RecordingKind, RecordingState
from tests.console.conftest import CHROMIUM, CHROMIUM_FLAGS, COMPANY, Axe, ClientOf, ConsoleApp, sign_in
from worklist import unregistered
from worklist.codes import Ending, ItemKind
from worklist.models import WorkItem
from worklist.unregistered import HalfTold
from worklist.worklist import Matter

expect.set_options(timeout=20_000)

RINGING = re.compile("^⚠ ОПАСНОСТЬ · ")
PHONE = "+79131203401"
PLACE = "Кемерово, ул. Весенняя, 12"


async def broken_off(made: ConsoleApp, *, phone: str | None = PHONE) -> tuple[str, str]:
    """A complaint that ended half-way, its call and its sound: the ids of the item and the recording."""
    console, now = made.console, made.console.clock.now()
    call, recording = new_id(), new_id()
    console.recordings.mkdir(exist_ok=True)
    with wave.open(str(console.recordings / f"{recording}.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\x10\x20" * 8000)
    async with console.db.write() as session:
        session.add(
            CallRecord(
                id=call,
                node="node1",
                boot="b",
                linkedid=call,
                company_id=COMPANY,
                dialled="78005009494",
                caller_raw=phone or "",
                caller=phone,
                branch="",
                flow_version="",
                started_at=now,
                ended_at=now,
            )
        )
        session.add(
            Recording(
                id=recording,
                call_id=call,
                kind=RecordingKind.MESSAGE,
                state=RecordingState.STORED,
                started_at=now,
                file=f"{recording}.wav",
                channels=1,
                seconds=1.0,
                bytes=16044,
            )
        )
    told = HalfTold(Draft(COMPANY, "topic", call, phone, "quality", recording), now, place=PLACE)
    return (await unregistered.keep(console.db, console.worklist, told)).id, recording


async def opened(made: ConsoleApp, kind: ItemKind, **facts: object) -> str:
    matter = Matter(kind, COMPANY, new_id(), **({"phone": PHONE, "place": PLACE} | facts))  # type: ignore[arg-type]
    return (await made.console.worklist.open(matter)).id


async def stored(made: ConsoleApp, id: str) -> WorkItem:
    async with made.console.db.read() as session:
        return await session.get_one(WorkItem, id)


def test_every_kind_belongs_to_some_role_besides_the_administrator() -> None:
    assert {kind for role in Role if role is not Role.ADMIN for kind in kinds_of(role)} == set(ItemKind)
    assert kinds_of(Role.DISPATCHER) == (ItemKind.DANGER, ItemKind.OUTAGE_REPORT)
    assert kinds_of(Role.QA) == ()


@pytest.mark.parametrize("kind", list(ItemKind))
async def test_an_item_is_seen_and_ended_by_those_whose_kind_it_is(
    console_app: ConsoleApp, client_of: ClientOf, kind: ItemKind
) -> None:
    for role in (Role.AGENT, Role.DISPATCHER, Role.CLERK, Role.SECURITY):
        id = await opened(console_app, kind)
        client, theirs = await client_of(role), kind in kinds_of(role) and role is not Role.SECURITY
        listed = await (await client.get("/worklist")).text()
        assert (f"/worklist/{id}" in listed) == theirs, role
        assert (await client.get(f"/worklist/{id}")).status == (200 if theirs else 404), role
        ended = await client.post(f"/worklist/{id}/end", data={"ending": "declined", "end_note": "Не нужно"})
        allowed = {
            *(ItemKind.LOST_CALLER, ItemKind.CALLBACK, ItemKind.CALL_OUT),
            ItemKind.BROKEN_OFF,
            ItemKind.DICTATION,
        }
        assert ended.status == (404 if not theirs else 303 if kind in allowed else 422), role
        if ended.status != 303:
            assert (await stored(console_app, id)).ending is None
            continue
        assert (await stored(console_app, id)).ended_by == f"user:{role}"
        assert (await client.post(f"/worklist/{id}/take")).status == 409
        assert "Не нужно" in await (await client.get("/worklist?ended")).text()


async def test_the_sound_of_an_item_is_heard_by_its_people_and_audited(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    """An agent may not listen to recordings; what an item of theirs says they must hear, and no other recording."""
    id, recording = await broken_off(console_app)
    other, others = await broken_off(console_app)
    agent, dispatcher = await client_of(Role.AGENT), await client_of(Role.DISPATCHER)
    assert (await agent.get(f"/recordings/{recording}")).status == 403
    heard = await agent.get(f"/worklist/{id}/recordings/{recording}")
    assert (heard.status, heard.content_type) == (200, "audio/wav")
    assert (await agent.get(f"/worklist/{id}/recordings/{recording}/levels")).status == 200
    assert (await agent.get(f"/worklist/{id}/recordings/{others}")).status == 404
    assert (await dispatcher.get(f"/worklist/{other}/recordings/{others}")).status == 404
    async with console_app.console.db.read() as session:
        audited = list(
            await session.scalars(select(AuditEntry.subject).where(AuditEntry.action == AuditAction.RECORDING_LISTENED))
        )
    assert audited == [f"recording:{recording}"]


async def test_numbers_are_masked_by_role_but_not_of_a_danger(console_app: ConsoleApp, client_of: ClientOf) -> None:
    dispatcher = await client_of(Role.DISPATCHER)
    for kind, whole in ((ItemKind.OUTAGE_REPORT, False), (ItemKind.DANGER, True)):
        text = await (await dispatcher.get(f"/worklist/{await opened(console_app, kind)}")).text()
        assert ("***01" in text) is not whole
        assert (PHONE[-7:] in text.replace("-", "").replace("\u00a0", "").replace(" ", "")) is whole


async def new_person(browser: Browser, base: str, role: Role, path: str) -> tuple[BrowserContext, Page]:
    window = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="ru-RU")
    window.set_default_timeout(15_000)
    page = await window.new_page()
    await sign_in(page, base, role, path)
    await expect(page.locator("#link-state")).to_have_text("На связи")
    return window, page


async def test_danger_rings_on_every_page_of_the_dispatcher_until_it_is_taken(
    console_app: ConsoleApp, browser: Browser, axe: Axe
) -> None:
    window, page = await new_person(browser, console_app.base, Role.DISPATCHER, "/wallboard")
    _, other = await new_person(browser, console_app.base, Role.DISPATCHER, "/knowledge")
    agents, agent = await new_person(browser, console_app.base, Role.AGENT, "/worklist")
    id = await opened(console_app, ItemKind.DANGER)
    for one in (page, other):
        await expect(one.locator(".banner.alarm")).to_contain_text(PLACE, timeout=1000)
        await expect(one).to_have_title(RINGING)
        await expect(one.locator("#work-bell")).to_have_attribute("data-sound", "running")
    assert await axe(page) == []
    await page.keyboard.press("F8")
    await expect(page.locator("h1")).to_have_text("Опасность")
    for one in (page, other):
        await expect(one.locator(".banner.alarm")).to_have_count(0)
        await expect(one).not_to_have_title(RINGING)
    item = await stored(console_app, id)
    assert (item.owner, item.ending) == ("user:dispatcher", None)
    await expect(agent.locator("#work-rows")).to_contain_text("Дел нет")
    assert await agent.locator(".banner.alarm").count() == 0
    await page.get_by_text("Принято", exact=True).click()
    await page.get_by_label("Чем закончилось").fill("Бригада выехала")
    await page.get_by_role("button", name="Закончить дело").click()
    await expect(page.locator("h1")).to_have_text("Дела")
    assert (await stored(console_app, id)).note == "Бригада выехала"
    for opened_one in (window, agents):
        await opened_one.close()


async def test_many_dangers_are_a_line_a_place_the_oldest_first_and_all_in_the_list(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    client, now = await client_of(Role.DISPATCHER), console_app.console.clock.now()
    places = [PLACE, PLACE, "Топки", PLACE, "Яшкино", "Юрга", "Юрга"]
    for number, place in enumerate(places):
        await opened(console_app, ItemKind.DANGER, place=place, made_at=now - timedelta(minutes=30 - number))
    await client.get("/worklist")
    page = " ".join((await (await client.get("/worklist")).text()).split())
    bell = page[page.index('id="work-bell"') : page.index('id="work-rows"')]
    lines = re.findall(r"<strong>Опасность</strong> · ([^<·]+?)(?: ·| </span>)", bell)
    assert lines == [PLACE, "Топки", "Яшкино"]
    assert bell.count("сообщения</strong> отсюда") == 1
    assert "ещё 2 сообщения" in bell
    assert "Никто не принял: 7. Все они в «Делах»" in bell
    assert page.count('class="link level-') == len(places)


async def test_a_browser_that_keeps_silent_is_told_to_speak(console_app: ConsoleApp) -> None:
    """Chromium with its own rule of autoplay: no sound before a person has touched the page."""
    flags = [flag for flag in CHROMIUM_FLAGS if "autoplay" not in flag]
    async with async_playwright() as playwright:
        strict = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*flags, "--autoplay-policy=document-user-activation-required"]
        )
        signed_in, _ = await new_person(strict, console_app.base, Role.DISPATCHER, "/worklist")
        anew = await strict.new_context(storage_state=await signed_in.storage_state())
        page = await anew.new_page()
        await page.goto(f"{console_app.base}/wallboard")
        silent = page.locator("#bell-silent")
        await expect(silent).to_be_visible()
        await expect(page.locator("#work-bell")).to_have_attribute("data-sound", "suspended")
        await page.get_by_role("button", name="Включить звук").click()
        await expect(silent).to_be_hidden()
        await expect(page.locator("#work-bell")).to_have_attribute("data-sound", "running")
        await strict.close()


async def test_an_agent_hears_tries_and_registers_what_broke_off(console_app: ConsoleApp, page: Page, axe: Axe) -> None:
    await sign_in(page, console_app.base, Role.AGENT, "/worklist")
    await expect(page.locator("#link-state")).to_have_text("На связи")
    late = await opened(
        console_app, ItemKind.CALLBACK, made_at=console_app.console.clock.now() - timedelta(hours=5), place="Яшкино"
    )
    id, _ = await broken_off(console_app)
    await expect(page.locator(f"#work-{id}")).to_contain_text("Не договорили", timeout=1000)
    await expect(page.locator(f"#work-{late}")).to_contain_text("Яшкино")
    await console_app.console.worklist.raise_levels()
    await expect(page.locator(f"#work-{late}")).to_have_class(re.compile("level-late"))
    await expect(page).to_have_title(re.compile(r"^\(1!\) Дела"))
    assert await axe(page) == []

    await page.get_by_role("button", name="Не договорили").click()
    await expect(page.locator(f"#work-{late}")).to_be_hidden()
    another, _ = await broken_off(console_app)
    await expect(page.locator(f"#work-{another}")).to_be_visible()
    await page.keyboard.press("m")
    await expect(page.locator(f"#work-{id}")).to_be_hidden()
    await page.keyboard.press("m")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/worklist/[0-9a-f]{32}$"))
    await page.keyboard.press("t")
    await expect(page.get_by_role("button", name="Отдать")).to_be_visible()
    chosen = page.url.rpartition("/")[2]
    assert (await stored(console_app, chosen)).owner == "user:agent"
    await page.get_by_role("button", name="Слушать").click()
    await expect(page.locator(".player")).to_have_attribute("data-state", "playing")
    await page.get_by_text("Занято").click()
    await page.get_by_label("Заметка").fill("Занято, перезвоню")
    await page.get_by_role("button", name="Записать попытку").click()
    await expect(page.locator(".timeline")).to_contain_text("Занято, перезвоню")
    await expect(page.locator(".player [data-mark-form]")).to_be_attached()  # the page came anew, its player did not
    assert await axe(page) == []
    await console_app.console.worklist.take(chosen, "user:supervisor")
    await expect(page.locator("#main dl.kv")).to_contain_text("Игорь Петров")

    await page.keyboard.press("r")
    await expect(page.locator("#f-topic")).to_have_value("quality")
    await expect(page.locator("#f-phone")).to_have_value(re.compile("9131203401"))
    await page.locator("#f-text").fill("Моргает свет третий вечер")
    await page.locator("#f-applicant_kind").select_option("person")
    await page.get_by_text("Нужен анализ: ответим позже").click()
    await expect(page.locator("#f-answer_way")).to_be_visible()
    await page.keyboard.press("Control+S")
    await expect(page.locator("#registered .number")).to_be_visible()
    item = await stored(console_app, chosen)
    async with console_app.console.db.read() as session:
        appeal = (await session.scalars(select(Appeal))).one()
        draft = await session.get_one(DraftAppeal, item.subject_id)
    assert (item.ending, item.appeal_id, draft.appeal_id) == (Ending.REGISTERED, appeal.id, appeal.id)
    assert (appeal.call_id, appeal.recording_id) == (item.call_id, item.recording_id)
