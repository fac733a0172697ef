"""Changing the menu in the browser: a key, its words, a recording; two managers; what is wrong; publishing and back."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.async_api import FilePayload, Page, expect
from sqlalchemy import select

from agent_console.people.models import AuditAction, AuditEntry, Role, User
from tests.console.conftest import CHEAP, COMPANY, OTHER_COMPANY, PASSWORD, Axe, ClientOf, ConsoleApp, sign_in
from tests.console.test_menu_page import store_a_few

pytestmark = pytest.mark.timeout(600)

expect.set_options(timeout=30_000)
CHECKED_MS = 150_000
"""The check reads every file and speaks what is new in a process of its own, niced: others come first."""
EDIT = f"/menu/edit?company={COMPANY}"


def tone(seconds: float, form: str = "WAV") -> bytes:
    """A sound of this length, as a studio would send it."""
    out = io.BytesIO()
    times = np.arange(int(44100 * seconds)) / 44100
    soundfile.write(out, np.stack([0.3 * np.sin(2 * np.pi * 440 * times)] * 2, axis=1), 44100, format=form)
    return out.getvalue()


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b"not a sound at all", "Это не звук"),
        (b"", "Выберите файл"),
        (tone(0.0), "В записи тишина"),
        (tone(45.0, "OGG"), "Сократите до"),
    ],
)
async def test_an_upload_that_is_no_recording_is_refused_in_words(
    console_app: ConsoleApp, client_of: ClientOf, sent: bytes, told: str
) -> None:
    client = await client_of(Role.MANAGER)
    assert (await client.post(EDIT)).status == 303
    answer = await client.post(
        f"/menu/edit/take?company={COMPANY}&id=goodbye", data={"revision": "0", "take": io.BytesIO(sent)}
    )
    assert answer.status == 422
    assert told in await answer.text()
    draft = await console_app.console.editions.draft(console_app.console.companies.by_id(COMPANY))
    assert draft is not None
    assert draft.revision == 0


@pytest.mark.parametrize("form", ["WAV", "OGG", "MP3"])
async def test_a_recording_is_taken_in_and_played(console_app: ConsoleApp, client_of: ClientOf, form: str) -> None:
    client = await client_of(Role.MANAGER)
    await client.post(EDIT)
    sent = {"revision": "0", "take": io.BytesIO(tone(2.0, form))}
    assert (await client.post(f"/menu/edit/take?company={COMPANY}&id=goodbye", data=sent)).status == 303
    answer = await client.get(f"/menu/edit/prompt.wav?company={COMPANY}&id=goodbye")
    sound, rate = soundfile.read(io.BytesIO((await answer.text("latin-1")).encode("latin-1")))
    assert (rate, sound.ndim) == (8000, 1)
    assert 1.9 < len(sound) / rate < 2.3


async def test_whoever_answers_for_a_branch_changes_no_menu_of_all(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    async with console_app.console.db.write() as session:
        mine = await session.scalar(select(User).where(User.login == Role.MANAGER.value))
        assert mine is not None
        mine.company_id, mine.branch = OTHER_COMPANY, "kursk"
    client = await client_of(Role.MANAGER)
    assert (await client.get("/menu")).status == 200
    assert (await client.get("/menu/edit")).status == 404
    assert (await (await client_of(Role.SUPERVISOR)).get(EDIT)).status == 403


async def a_second_manager(made: ConsoleApp) -> None:
    async with made.console.db.write() as session:
        own = {"login": "second", "name": "Антон Белых", "password_hash": CHEAP.hash(PASSWORD), "one_time": False}
        where = {"role": Role.MANAGER, "company_id": COMPANY, "branch": "", "agent": None}
        session.add(User(**own, **where, created_at=made.console.clock.now(), disabled_at=None))


async def test_from_the_tree_to_the_published_file_and_back(
    page: Page, console_app: ConsoleApp, axe: Axe, tmp_path: Path
) -> None:
    await store_a_few(console_app)
    file = console_app.console.editions.dialplan / "menus/skek.yaml"
    before = file.read_text("utf-8")
    await sign_in(page, console_app.base, Role.MANAGER, "/menu")
    await page.screenshot(path=tmp_path / "menu.png")
    await page.get_by_role("button", name="Изменить").click()
    await expect(page.get_by_role("heading", name="Правка меню")).to_be_visible()
    await expect(page.get_by_text("Публиковать нечего")).to_be_visible()
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "draft.png")

    await page.get_by_role("link", name="Изменить место water", exact=True).click()
    await expect(page.get_by_role("heading", name="Место water")).to_be_visible()
    row = page.locator(".edit-key").nth(3)
    await row.get_by_label("Клавиша").fill("3")
    await row.get_by_label("Куда ведёт").select_option("offices")
    await row.get_by_label("Что можно сказать").fill("офис, адрес")
    words = "Нет воды, нажмите один. Другой вопрос о воде, два. Где офис, три. Оператор, ноль."
    await page.get_by_label("Слова «water-menu»").fill(words)
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "place.png", full_page=True)
    await page.get_by_role("button", name="Сохранить в черновик").click()
    await expect(page.locator("#place-water")).to_contain_text("изменено")
    await expect(page.locator("#main")).to_contain_text("клавиша 3 → offices")
    await page.screenshot(path=tmp_path / "changed.png")

    await page.get_by_role("link", name="Проверить", exact=True).click()
    await expect(page.get_by_text("Ошибок нет")).to_be_visible(timeout=CHECKED_MS)
    await expect(page.locator("#main")).to_contain_text("water-menu")
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "check.png", full_page=True)
    await page.get_by_role("link", name="К публикации").click()
    await page.get_by_label("Зачем эта правка").fill("Спрашивают, где офис")
    await page.get_by_role("button", name="Опубликовать").click()
    await expect(page.get_by_text("Опубликовано")).to_be_visible(timeout=CHECKED_MS)
    await expect(page.locator("#main")).to_contain_text("Спрашивают, где офис")
    await page.get_by_text("Меню: menus/skek.yaml").first.click()
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "versions.png", full_page=True)
    after = file.read_text("utf-8")
    assert "press: {1: no-water, 2: consult-water, 0: consult-water, 3: offices}" in after
    assert after.count("#") == before.count("#")
    async with console_app.console.db.read() as session:
        query = select(AuditEntry.detail).where(AuditEntry.action == AuditAction.EDITION_PUBLISHED)
        [told] = await session.scalars(query)
    assert "3: offices" in told
    assert "Где офис, три" in told

    await page.get_by_role("button", name="Вернуть эту версию").click()
    await expect(page.get_by_role("heading", name="Правка меню")).to_be_visible()
    await page.get_by_role("button", name="Опубликовать").click()
    await expect(page.get_by_text("Опубликовано")).to_be_visible(timeout=CHECKED_MS)
    assert file.read_text("utf-8") == before


async def test_two_managers_on_one_draft_lose_nothing(
    page: Page, console_app: ConsoleApp, client_of: ClientOf, tmp_path: Path
) -> None:
    await a_second_manager(console_app)
    await sign_in(page, console_app.base, Role.MANAGER, "/menu")
    await page.get_by_role("button", name="Изменить").click()
    await page.get_by_role("link", name="Изменить место water", exact=True).click()
    await page.get_by_label("Сколько ошибок терпеть").select_option("2")
    second = await client_of(None)
    assert (await second.sign_in("second")).status == 303
    theirs = {"revision": "0", "words-goodbye": "Всего доброго!"}
    assert (await second.post(f"/menu/edit/prompt?company={COMPANY}&id=goodbye", data=theirs)).status == 303
    await page.get_by_role("button", name="Сохранить в черновик").click()
    await expect(page.get_by_role("alert")).to_contain_text("Антон Белых: слова «goodbye»")
    await expect(page.get_by_label("Сколько ошибок терпеть")).to_have_value("2")
    await page.screenshot(path=tmp_path / "second.png", full_page=True)
    await page.get_by_role("button", name="Сохранить в черновик").click()
    await expect(page.locator("#place-water")).to_contain_text("изменено")
    draft = await console_app.console.editions.draft(console_app.console.companies.by_id(COMPANY))
    assert draft is not None
    assert draft.content.words["goodbye"] == "Всего доброго!"
    assert "tries: 2" in draft.content.files["menus/skek.yaml"].partition("water:")[2]
    await page.get_by_role("button", name="Отменить последнее").click()
    await expect(page.get_by_text("отменено: место water")).to_be_visible()
    again = await console_app.console.editions.draft(console_app.console.companies.by_id(COMPANY))
    assert again is not None
    assert [(one.part, one.name) for one in again.changes] == [("words", "goodbye")]


async def test_what_is_wrong_leads_to_where_it_stands(page: Page, console_app: ConsoleApp, tmp_path: Path) -> None:
    await sign_in(page, console_app.base, Role.MANAGER, "/menu")
    await page.get_by_role("button", name="Изменить").click()
    await page.get_by_role("link", name="Изменить место water", exact=True).click()
    await page.locator(".edit-key").nth(2).get_by_label("Куда ведёт").select_option("no-water")
    await page.get_by_role("button", name="Сохранить в черновик").click()
    await expect(page.locator("#place-water")).to_contain_text("изменено")
    await page.get_by_role("link", name="Проверить", exact=True).click()
    await expect(page.get_by_text("Что исправить: 1")).to_be_visible(timeout=CHECKED_MS)
    await expect(page.get_by_text("В меню «water» 0 — не человек.")).to_be_visible()
    await page.screenshot(path=tmp_path / "mistakes.png")
    await page.get_by_role("link", name="Место water").click()
    await expect(page.get_by_role("heading", name="Место water")).to_be_visible()
    await page.get_by_role("link", name="Часы").click()
    await page.get_by_label("Пятница").first.fill("8-17")
    await page.get_by_role("button", name="Сохранить в черновик").first.click()
    await expect(page.get_by_role("button", name="Отменить последнее")).to_have_attribute("title", "часы «office»")
    await page.screenshot(path=tmp_path / "hours.png", full_page=True)
    await page.get_by_role("link", name="Проверить", exact=True).click()
    await expect(page.get_by_text("Часы «8-17» не разобраны")).to_be_visible(timeout=CHECKED_MS)
    await page.get_by_role("link", name="Текст файлов").click()
    await page.get_by_label("Текст menus/skek.yaml").fill("main: [")
    await page.get_by_role("button", name="Сохранить в черновик").click()
    await expect(page.get_by_role("alert")).to_contain_text("Файл записан с ошибкой (строка")
    await expect(page.get_by_label("Текст menus/skek.yaml")).to_have_value("main: [\n")
    await page.screenshot(path=tmp_path / "text.png")
    await page.get_by_role("link", name="Слова", exact=True).click()
    await page.get_by_label("Слова или имя подсказки").fill("до свидания")
    await page.get_by_role("button", name="Найти").click()
    await expect(page.get_by_role("link", name="goodbye", exact=True)).to_be_visible()
    await page.screenshot(path=tmp_path / "words.png")
    await page.get_by_role("link", name="goodbye", exact=True).click()
    await page.screenshot(path=tmp_path / "prompt.png", full_page=True)


async def test_a_file_that_is_no_sound_and_then_one_that_is(
    page: Page, console_app: ConsoleApp, tmp_path: Path
) -> None:
    await sign_in(page, console_app.base, Role.MANAGER, "/menu")
    await page.get_by_role("button", name="Изменить").click()
    await expect(page.get_by_role("heading", name="Правка меню")).to_be_visible()
    await page.goto(f"{console_app.base}/menu/edit/prompt?company={COMPANY}&id=goodbye")
    for name, sent in (("letter.wav", b"no sound at all"), ("goodbye.mp3", tone(2.0, "MP3"))):
        file = FilePayload(name=name, mimeType="audio/wav", buffer=sent)
        await page.get_by_label("Файл записи").set_input_files(file)
        await page.get_by_role("button", name="Взять запись").click()
        if sent[:2] == b"no":
            await expect(page.get_by_role("alert")).to_contain_text("Это не звук")
    await expect(page.get_by_text("запись человека")).to_be_visible()
    sound = page.locator("audio")
    await sound.evaluate("one => one.play()")
    lasts = "one => new Promise((known) => setInterval(() => one.duration > 0 && known(one.duration), 100))"
    assert 1.9 < await sound.evaluate(lasts) < 2.3
    await page.get_by_role("button", name="Пусть говорит робот").click()
    await expect(page.get_by_text("запись человека")).to_have_count(0, timeout=CHECKED_MS)
