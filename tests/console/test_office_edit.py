"""Changing an office in the browser: its windows and hours to the published file; what is wrong; two managers."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from agent_console.people.models import Role
from tests.console.conftest import COMPANY, Axe, ClientOf, ConsoleApp, sign_in
from tests.console.test_menu_edit import CHECKED_MS, EDIT, a_second_manager

pytestmark = pytest.mark.timeout(600)

expect.set_options(timeout=30_000)
FILE = "offices/skek.yaml"
OFFICE = f"/menu/edit/office?company={COMPANY}&id=kemerovo"


async def test_an_office_from_the_form_to_the_published_file(
    page: Page, console_app: ConsoleApp, axe: Axe, tmp_path: Path
) -> None:
    file = console_app.console.editions.dialplan / FILE
    before = file.read_text("utf-8")
    await sign_in(page, console_app.base, Role.MANAGER, "/menu")
    await page.get_by_role("button", name="Изменить").click()
    await page.get_by_role("link", name="Офисы").click()
    await expect(page.get_by_role("row", name="Кемерово")).to_be_visible()
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "offices.png", caret="initial")
    await page.get_by_label("Пятница").fill("08:00-12:00, 13:00-16:00")
    await page.get_by_label("Перед праздником на час короче").check()
    await page.get_by_role("button", name="Сохранить в черновик").click()
    await expect(page.get_by_role("button", name="Отменить последнее")).to_have_attribute(
        "title", "часы офисов «office»"
    )
    await page.get_by_role("link", name="Кемерово").click()
    await page.get_by_label("Окон").fill("6")
    await page.get_by_label("Телефон").fill("12")
    await page.get_by_role("button", name="Сохранить в черновик").click()
    await expect(page.get_by_role("alert")).to_contain_text("Телефон: «12» — не российский телефон")
    await expect(page.get_by_label("Окон")).to_have_value("6")
    await page.screenshot(path=tmp_path / "refused.png", caret="initial")
    await page.get_by_label("Телефон").fill("8 800 500-94-94")
    await page.get_by_label("Кого обслуживает").fill("г. Кемерово\nг. Берёзовский\nд. Береговая (Кемеровский р-н)")
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "office.png", caret="initial", full_page=True)
    await page.get_by_role("button", name="Сохранить в черновик").click()
    await expect(page.locator("#office-kemerovo")).to_contain_text("6")
    await page.get_by_role("link", name="Меню", exact=True).click()
    await page.get_by_role("button", name="Опубликовать").click()
    await expect(page.get_by_text("Опубликовано")).to_be_visible(timeout=CHECKED_MS)
    after = file.read_text("utf-8")
    assert "windows: 6" in after
    assert "fri: 08:00-12:00, 13:00-16:00" in after
    assert "before_holiday: shorter" in after
    assert "settlements: [г. Кемерово, г. Берёзовский, д. Береговая (Кемеровский р-н)]" in after
    assert after.count("#") == before.count("#")
    served = console_app.console.offices.of(COMPANY).by_id["kemerovo"]
    assert served.windows == 6, "the page of visits has it at once"


async def test_the_second_manager_sees_what_the_first_has_changed(console_app: ConsoleApp, client_of: ClientOf) -> None:
    await a_second_manager(console_app)
    client, second = await client_of(Role.MANAGER), await client_of(None)
    await client.post(EDIT)
    assert (await second.sign_in("second")).status == 303
    sent = {
        "revision": "0",
        "name": "Кемерово",
        "address": "г. Кемерово, пр. Ленина, 5",
        "spoken_address": "Кемерово, проспект Ленина, дом пять",
        "settlements": "г. Кемерово",
        "phone": "8 800 500-94-94",
        "hours": "office",
        "topic-connection": "1",
        "windows": "4",
    }
    assert (await second.post(OFFICE, data=sent)).status == 303
    refused = await client.post(OFFICE, data=sent | {"windows": "7"})
    text = await refused.text()
    assert refused.status == 422
    assert "Антон Белых: офис «Кемерово»" in text
    assert '<div class="gone">-4</div>' in text
    assert (await client.post(OFFICE, data=sent | {"windows": "7", "revision": "1"})).status == 303
    draft = await console_app.console.editions.draft(console_app.console.companies.by_id(COMPANY))
    assert draft is not None
    assert "пр. Ленина, 5" in draft.content.files[FILE]
    assert "windows: 7" in draft.content.files[FILE]
    assert (await client.get(f"/menu/edit/office?company={COMPANY}&id=nowhere")).status == 404
    assert (await (await client_of(Role.SUPERVISOR)).get(OFFICE)).status == 403
