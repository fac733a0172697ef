"""Changing an office in the browser: its windows and hours to the published file; what is wrong; two managers."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from agent_console.people.models import AuditAction, AuditEntry, Role
from grid.offices import booking, slots
from grid.offices.booking import VisitOrder
from grid.offices.models import Appointment
from gridline.db import new_id
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
        "category": "1",
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


async def visitor(made: ConsoleApp, office_id: str) -> Appointment:
    """Somebody who is booked there, at the last time that may be booked."""
    console, company = made.console, made.console.companies.by_id(COMPANY)
    told, now = console.offices.of(COMPANY), console.clock.now()
    times = slots.of_office(told, told.by_id[office_id], company.zone, console.calendar)
    at = [at for day in times.days(now) for at in times.of_day(day, now)][-1]
    order = VisitOrder(new_id(), COMPANY, "metering", at, "+79131203401", "ivr")
    async with console.db.write() as session:
        return await booking.book(session, times, order, now=now)


async def cancelled(made: ConsoleApp, visit: Appointment) -> None:
    async with made.console.db.write() as session:
        await booking.cancel(session, visit, call_id=None, now=made.console.clock.now())


async def begun(page: Page) -> None:
    """A draft, at its offices."""
    await page.get_by_role("button", name="Изменить").click()
    await page.get_by_role("link", name="Офисы").click()


async def published(page: Page) -> None:
    """The draft as it is now, from the page of its menu."""
    await page.get_by_role("button", name="Опубликовать").click()
    await expect(page.get_by_text("Опубликовано").first).to_be_visible(timeout=CHECKED_MS)


async def test_a_new_office_is_served_and_is_taken_out_once_nobody_is_booked_there(
    page: Page, console_app: ConsoleApp, axe: Axe, tmp_path: Path
) -> None:
    file = console_app.console.editions.dialplan / FILE
    before = file.read_text("utf-8")
    await sign_in(page, console_app.base, Role.MANAGER, "/menu")
    await begun(page)
    await page.get_by_role("link", name="Новый офис").click()
    for label, words in {
        "Название": "Мариинск",
        "Адрес": "г. Мариинск, ул. Ленина, 7",
        "Адрес вслух": "Мариинск, улица Ленина, дом семь",
        "Телефон": "8 800 500-94-94",
        "Кого обслуживает": "г. Мариинск",
    }.items():
        await page.get_by_label(label, exact=True).fill(words)
    await page.get_by_label("Тип").select_option("2")
    await page.get_by_role("button", name="Сохранить в черновик").click()
    await expect(page.get_by_role("alert")).to_contain_text("Темы")
    await expect(page.get_by_label("Адрес", exact=True)).to_have_value("г. Мариинск, ул. Ленина, 7")
    await page.get_by_role("group", name="На какие темы принимает").get_by_role("checkbox").first.check()
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "new.png", caret="initial", full_page=True)
    await page.get_by_role("button", name="Сохранить в черновик").click()
    await expect(page.locator("#office-mariinsk")).to_contain_text("г. Мариинск, ул. Ленина, 7")
    await page.get_by_role("link", name="Меню", exact=True).click()
    await published(page)
    assert file.read_text("utf-8").startswith(before.rstrip()), "what was there stays as it is written"
    assert console_app.console.offices.of(COMPANY).by_id["mariinsk"].category == "2"
    visit = await visitor(console_app, "mariinsk")
    await page.goto(f"{console_app.base}/menu")
    await begun(page)
    await page.get_by_role("link", name="Мариинск").click()
    await page.get_by_text("Убрать офис").click()
    zone = console_app.console.companies.by_id(COMPANY).zone
    last = f"записано приёмов: 1, последний — {visit.starts_at.astimezone(zone):%d.%m.%Y в %H:%M}"
    await expect(page.get_by_text(last)).to_be_visible()
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "booked.png", caret="initial", full_page=True)
    await cancelled(console_app, visit)
    await page.reload()
    await page.get_by_text("Убрать офис").first.click()
    await page.get_by_role("button", name="Убрать офис").click()
    undo = page.get_by_role("button", name="Отменить последнее")
    await expect(undo).to_have_attribute("title", "убран офис «Мариинск»")
    await expect(page.locator("#office-mariinsk")).to_have_count(0)
    late = await visitor(console_app, "mariinsk")  # callers book there until it is published
    await page.get_by_role("link", name="Меню", exact=True).click()
    await page.get_by_role("button", name="Опубликовать").click()
    await expect(page.get_by_text("Черновик убирает офис, куда записаны люди").first).to_be_visible()
    await cancelled(console_app, late)
    await published(page)
    assert file.read_text("utf-8").rstrip() == before.rstrip()
    async with console_app.console.db.read() as session:
        query = select(AuditEntry.detail).where(AuditEntry.action == AuditAction.EDITION_PUBLISHED)
        audited = list(await session.scalars(query.order_by(AuditEntry.at)))
    assert "+ - id: mariinsk" in audited[0]
    assert "- - id: mariinsk" in audited[1]


async def test_where_people_are_booked_an_office_is_not_taken_out_nor_is_the_last_one(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    client = await client_of(Role.MANAGER)
    await client.post(EDIT)
    gone = {"revision": "0", "gone": "1"}
    refused = await client.post(OFFICE, data=gone)
    assert refused.status == 422
    assert "Последний офис компании не убрать" in await refused.text()
    await visitor(console_app, "kemerovo")
    refused = await client.post(OFFICE, data=gone)
    assert refused.status == 422
    assert "На офис «Кемерово» записано приёмов: 1" in await refused.text()
