"""What was told to the robot becomes an appeal's words: filled in, marked, checked by a person and kept beside."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.async_api import Locator, Page, expect
from sqlalchemy import select, update

from agent_console.people.models import AuditAction, AuditEntry, Role
from appeals.intake.intake import accept
from appeals.models import Appeal, AppealEvent, Content
from appeals.numbering import written
from quality.transcripts.transcription import Transcription
from recordings.models import Recording
from tests.console.conftest import COMPANY, Axe, ClientOf, ConsoleApp, sign_in
from tests.console.test_work import PHONE, broken_off
from tests.table_ears import TableEars
from worklist.models import WorkItem

expect.set_options(timeout=20_000)

SAID = "это петрова анна | третий вечер моргает свет | улица весеняя? дом пять"
TEXT = "Это петрова анна. Третий вечер моргает свет. Улица весеняя дом пять."


async def heard(made: ConsoleApp, recording: str, said: str = SAID) -> None:
    """A machine has heard it; the recording is as long as that takes."""
    console = made.console
    ears = TableEars({(recording, 0): said})
    await Transcription(
        console.db, console.clock, ears, console.store, node="n", is_quiet=lambda: True, days=1
    ).run_once()
    async with console.db.write() as session:
        await session.execute(update(Recording).where(Recording.id == recording).values(seconds=12.0))


async def call_of(made: ConsoleApp, item: str) -> str:
    async with made.console.db.read() as session:
        return (await session.get_one(WorkItem, item)).call_id or ""


async def selected(field: Locator) -> str:
    return str(await field.evaluate("one => one.value.slice(one.selectionStart, one.selectionEnd)"))


async def test_a_form_is_filled_checked_by_keys_and_keeps_what_was_heard(
    console_app: ConsoleApp, client_of: ClientOf, page: Page, axe: Axe, tmp_path: Path
) -> None:
    id, recording = await broken_off(console_app)
    await heard(console_app, recording)
    await sign_in(page, console_app.base, Role.AGENT, f"/worklist/{id}")
    await expect(page.locator(".player-line").nth(1)).to_contain_text("третий вечер моргает свет")
    await expect(page.locator(".player-line").first).to_contain_text("[имя]")  # the sound has it, the words have not
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "item.png", full_page=True, caret="initial")

    await page.keyboard.press("r")
    field, block = page.locator("#f-text"), page.locator("#heard")
    await expect(field).to_have_value(TEXT)
    await expect(block).to_contain_text("Расслышано машиной, проверьте")
    await expect(block.get_by_role("button", name="Вставить расслышанное")).to_be_hidden()
    await expect(page.locator("[data-player]")).to_have_count(1)
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "form.png", full_page=True, caret="initial")
    await page.emulate_media(color_scheme="dark")
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "form-dark.png", full_page=True, caret="initial")
    await page.emulate_media(color_scheme="light")

    await block.get_by_role("button", name="весеняя").press("Enter")
    await expect(field).to_be_focused()
    assert await selected(field) == "весеняя"
    await expect(page.locator(".player [data-now]")).to_have_text("0:07")  # a second before it was said
    await page.keyboard.type("Весенняя")
    await expect(page.locator("#draft-state")).to_have_text("Сохранено")
    await page.reload()  # what is checked so far is a draft like any other
    await expect(field).to_have_value(TEXT.replace("весеняя", "Весенняя"))
    await expect(block.get_by_role("button", name="Вставить расслышанное")).to_be_hidden()
    async with console_app.console.db.read() as session:
        assert (await session.scalars(select(Appeal))).all() == []  # nothing is sent without a person
    await page.locator("#f-applicant_kind").select_option("person")
    await page.get_by_text("Нужен анализ: ответим позже").click()
    await expect(page.locator("#f-answer_way")).to_be_visible()
    await page.keyboard.press("Control+S")
    await expect(page.locator("#registered .number")).to_be_visible()
    await expect(block).to_have_count(0)

    async with console_app.console.db.read() as session:
        appeal = (await session.scalars(select(Appeal))).one()
        content = await session.get_one(Content, appeal.id)
        event = (await session.scalars(select(AppealEvent).where(AppealEvent.kind == "described"))).one()
        read = select(AuditEntry.subject).where(AuditEntry.action == AuditAction.TRANSCRIPT_READ)
        assert set(await session.scalars(read)) == {f"recording:{recording}"}
    assert (content.text, content.heard) == (TEXT.replace("весеняя", "Весенняя"), TEXT)
    assert (event.actor, json.loads(event.body)["changed"]) == ("user:agent", 1)
    path = f"/appeals/{written(appeal.number)}"
    shown = {role: await (await (await client_of(role)).get(path)).text() for role in (Role.CLERK, Role.QA)}
    assert all("слов 11, изменено 1" in text for text in shown.values())
    assert "<del>весеняя</del>" in shown[Role.CLERK]
    beside = re.search(r'<details class="heard">.*?</details>', shown[Role.QA], re.DOTALL)
    assert beside is not None
    assert "[имя]" in beside[0]
    assert "<del>[адрес]</del>" in beside[0]
    assert "петрова" not in beside[0]


async def test_words_that_come_while_the_form_is_open_are_offered(
    console_app: ConsoleApp, page: Page, axe: Axe, tmp_path: Path
) -> None:
    console_app.console.ears.available = True  # type: ignore[misc]
    id, recording = await broken_off(console_app)
    await sign_in(page, console_app.base, Role.AGENT, f"/card/{await call_of(console_app, id)}")
    field, block = page.locator("#f-text"), page.locator("#heard")
    await expect(block).to_contain_text("Слова записи ещё распознаются")
    await field.fill("Моргает свет")
    await expect(page.locator("#draft-state")).to_have_text("Сохранено")
    await heard(console_app, recording)
    await expect(block).to_contain_text("Расслышано машиной, проверьте")
    await expect(field).to_have_value("Моргает свет")
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "offered.png", full_page=True, caret="initial")
    await block.get_by_role("button", name="Вставить расслышанное").press("Enter")
    await expect(field).to_have_value(f"Моргает свет\n{TEXT}")
    await expect(field).to_be_focused()
    await expect(page.locator("#draft-state")).to_have_text("Сохранено")
    await page.locator("#f-kind").select_option("appeal")  # the server lays the form out anew
    await expect(page.locator("#f-text")).to_have_value(f"Моргает свет\n{TEXT}")
    await expect(block.get_by_role("button", name="Вставить расслышанное")).to_be_hidden()


async def test_an_appeal_told_by_voice_is_written_down_on_its_page(
    console_app: ConsoleApp, client_of: ClientOf, page: Page, axe: Axe, tmp_path: Path
) -> None:
    item, recording = await broken_off(console_app)
    console = console_app.console
    given = {"company_id": COMPANY, "channel": "phone", "kind": "complaint", "topic": "quality", "phone": PHONE}
    given |= {"call_id": await call_of(console_app, item), "recording_id": recording, "actor": "ivr"}
    made = await console.register.register(accept(given | {"idempotency_key": f"call:{recording}"}))
    await heard(console_app, recording)
    agent, qa = await client_of(Role.AGENT), await client_of(Role.QA)
    path = f"/appeals/{written(made.number)}"
    assert TEXT not in await (await qa.get(path)).text()
    assert (await qa.get(f"{path}/heard")).status == 403
    assert TEXT in await (await agent.get(f"{path}/heard")).text()
    await sign_in(page, console_app.base, Role.CLERK, path)
    field = page.get_by_label("Что говорит заявитель")
    await expect(field).to_have_value(TEXT)
    await page.locator("#heard").get_by_role("button", name="весеняя").press("Enter")
    assert await selected(field) == "весеняя"
    await page.keyboard.type("Весенняя")
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "describe.png", full_page=True, caret="initial")
    await page.keyboard.press("Tab")
    while await page.evaluate("document.activeElement.textContent.trim()") != "Записать содержание":
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("details.heard summary")).to_have_text("Что расслышала машина")
    await page.locator("details.heard summary").press("Enter")
    await expect(page.locator("details.heard del")).to_have_text(["весеняя"])
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "described.png", full_page=True, caret="initial")
    async with console.db.read() as session:
        content = await session.get_one(Content, made.appeal_id)
    assert (content.text, content.heard) == (TEXT.replace("весеняя", "Весенняя"), TEXT)
    again = await agent.post(f"{path}/describe", data={"text": "Иначе", "version": "2"})
    assert again.status == 409
