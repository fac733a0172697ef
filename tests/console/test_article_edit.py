"""Changing the knowledge base in the browser: from an agent's article to the published file, two managers, and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from agent_console.people.models import AuditAction, AuditEntry, Role
from tests.console.conftest import COMPANY, Axe, ClientOf, ConsoleApp, sign_in
from tests.console.test_menu_edit import CHECKED_MS, EDIT, a_second_manager

pytestmark = pytest.mark.timeout(600)

expect.set_options(timeout=30_000)
METERING = f"/menu/edit/article?company={COMPANY}&id=metering"
SAID = "Показания счётчика передавайте до двадцать пятого числа каждого месяца по номеру из вашей квитанции."


async def test_from_the_knowledge_page_to_the_published_file_and_back(
    page: Page, console_app: ConsoleApp, axe: Axe, tmp_path: Path
) -> None:
    dialplan = console_app.console.editions.dialplan
    own, common = dialplan / "knowledge/skek/metering.yaml", dialplan / "knowledge/common/metering.yaml"
    before = common.read_text("utf-8")
    await sign_in(page, console_app.base, Role.MANAGER, "/knowledge?section=metering")
    article = page.locator("details.article", has_text="Счётчик и показания")
    await article.locator("summary").click()
    await article.get_by_role("button", name="Изменить").click()
    await expect(page.get_by_role("heading", name="Статья «Счётчик и показания»")).to_be_visible()
    await expect(page.get_by_text("Это общая статья")).to_be_visible()
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "article.png", caret="initial")

    await page.get_by_label("Вслух").fill("Показания — до 25 числа.")
    await page.get_by_role("button", name="Сохранить в черновик").click()
    await expect(page.get_by_role("alert")).to_contain_text("«2» прочтут неверно")
    await expect(page.get_by_label("Вслух")).to_have_value("Показания — до 25 числа.")
    await page.screenshot(path=tmp_path / "refused.png", caret="initial")
    await page.get_by_label("Вслух").fill(SAID)
    await page.get_by_label("Название").fill("Счётчик: показания до 25-го")
    await page.get_by_role("button", name="Сохранить в черновик").click()
    row = page.locator("#article-metering")
    await expect(row).to_contain_text("изменено")
    await expect(row).to_contain_text("своя")
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "list.png", caret="initial", full_page=True)

    await page.get_by_role("link", name="Проверить", exact=True).click()
    await expect(page.get_by_text("Ошибок нет")).to_be_visible(timeout=CHECKED_MS)
    await expect(page.locator("#main")).to_contain_text("knowledge/skek/metering.yaml")
    await page.screenshot(path=tmp_path / "check.png", caret="initial")
    await page.get_by_role("link", name="К публикации").click()
    await page.get_by_role("button", name="Опубликовать").click()
    await expect(page.get_by_text("Опубликовано")).to_be_visible(timeout=CHECKED_MS)
    await page.get_by_text("Статья: knowledge/skek/metering.yaml").first.click()
    await page.screenshot(path=tmp_path / "versions.png", caret="initial")
    assert 'title: "Счётчик: показания до 25-го"' in own.read_text("utf-8")
    assert common.read_text("utf-8") == before
    async with console_app.console.db.read() as session:
        query = select(AuditEntry.detail).where(AuditEntry.action == AuditAction.EDITION_PUBLISHED)
        [told] = await session.scalars(query)
    assert "до двадцать пятого числа" in told
    await page.goto(f"{console_app.base}/knowledge?section=metering")
    await expect(page.locator("#articles")).to_contain_text("до двадцать пятого числа")
    await page.goto(f"{console_app.base}/menu/versions?company={COMPANY}")
    await page.get_by_role("button", name="Вернуть эту версию").click()
    await expect(page.get_by_role("heading", name="Правка меню")).to_be_visible()
    await page.goto(f"{console_app.base}{METERING}")
    sound = page.locator("audio")  # no screenshot after it: Chromium's own then asks for what the page may not load
    await sound.evaluate("one => one.play()")
    lasts = "one => new Promise((known) => setInterval(() => one.duration > 0 && known(one.duration), 100))"
    assert 8 < await sound.evaluate(lasts) < 20
    await page.get_by_role("link", name="Меню", exact=True).click()
    await page.get_by_role("button", name="Опубликовать").click()
    await expect(page.get_by_text("Опубликовано")).to_be_visible(timeout=CHECKED_MS)
    assert not own.exists(), "the common one serves again"


async def test_two_managers_on_one_article_lose_nothing(
    page: Page, console_app: ConsoleApp, client_of: ClientOf, tmp_path: Path
) -> None:
    await a_second_manager(console_app)
    await sign_in(page, console_app.base, Role.MANAGER, "/menu")
    await page.get_by_role("button", name="Изменить").click()
    await page.get_by_role("link", name="Статьи").click()
    await page.get_by_role("link", name="СКЭК, телефоны и часы").click()
    await page.get_by_label("Название").fill("СКЭК: как связаться")
    second = await client_of(None)
    assert (await second.sign_in("second")).status == 303
    theirs = {"revision": "0", "title": "Телефоны", "section": "contacts", "text": "Звоните.", "spoken": "Звоните нам."}
    assert (await second.post(f"/menu/edit/article?company={COMPANY}&id=contacts", data=theirs)).status == 303
    await page.get_by_role("button", name="Сохранить в черновик").click()
    await expect(page.get_by_role("alert")).to_contain_text("Антон Белых: статья «Телефоны»")
    await expect(page.get_by_label("Чем ваше отличается")).to_contain_text("-Звоните нам.")
    await expect(page.get_by_label("Название")).to_have_value("СКЭК: как связаться")
    await page.screenshot(path=tmp_path / "second.png", caret="initial", full_page=True)
    await page.get_by_role("button", name="Сохранить в черновик").click()
    await expect(page.locator("#article-contacts")).to_contain_text("СКЭК: как связаться")


async def test_a_new_article_and_one_taken_out(console_app: ConsoleApp, client_of: ClientOf) -> None:
    client = await client_of(Role.MANAGER)
    await client.post(EDIT)
    new = f"/menu/edit/article?company={COMPANY}"
    bare = {"revision": "0", "title": "Объезд щита", "text": ""}
    refused = await client.post(new, data=bare)
    assert refused.status == 422
    assert "Впишите текст для оператора" in await refused.text()
    assert "Объезд щита" in await refused.text()
    unheard = bare | {"text": "Позвоните мастеру.", "spoken": "Позвоните мастеру."}
    assert "Выберите раздел" in await (await client.post(new, data=unheard)).text()
    sent = unheard | {"section": "danger", "topic-outages": "1", "words": "щит, Щиток"}
    assert (await client.post(new, data=sent)).status == 303
    skek = console_app.console.companies.by_id(COMPANY)
    draft = await console_app.console.editions.draft(skek)
    assert draft is not None
    assert draft.content.files["knowledge/skek/obezd-shchita.yaml"] == (
        "title: Объезд щита\ntopics: [outages]\nwords: [щит, щиток]\nsection: danger\n"
        "spoken: Позвоните мастеру.\ntext: |\n  Позвоните мастеру.\n"
    )
    for id in ("obezd-shchita", "water"):
        draft = await console_app.console.editions.draft(skek)
        assert draft is not None
        gone = {"revision": str(draft.revision), "gone": "1"}
        assert (await client.post(f"/menu/edit/article?company={COMPANY}&id={id}", data=gone)).status == 303
    draft = await console_app.console.editions.draft(skek)
    assert draft is not None
    assert [(one.name, one.new) for one in draft.changes] == [("knowledge/skek/water.yaml", "")]
    assert (await client.get(f"/menu/edit/article?company={COMPANY}&id=water")).status == 404


async def test_an_article_that_nobody_changed_stays_common(console_app: ConsoleApp, client_of: ClientOf) -> None:
    client = await client_of(Role.MANAGER)
    await client.post(EDIT)
    text = await (await client.get(METERING)).text()
    assert "Установить или заменить счётчик" in text
    assert (await (await client_of(Role.SUPERVISOR)).get(METERING)).status == 403
    assert "Изменить</button>" not in await (await (await client_of(Role.AGENT)).get("/knowledge")).text()
