"""The calendar in the browser: the days of a decree, a year that nobody has told, and whose the calendar is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from agent_console.people.models import AuditAction, AuditEntry, Role, User
from gridline.calendar.calendar_file import NAME
from gridline.calendar.workdays import MOVED_DAYS_KNOWN_TO
from tests.console.conftest import COMPANY, Axe, ClientOf, ConsoleApp, sign_in
from tests.console.test_menu_edit import a_second_manager

pytestmark = pytest.mark.timeout(600)

expect.set_options(timeout=30_000)
CALENDAR = f"/menu/calendar?company={COMPANY}"


async def answers_for_all(made: ConsoleApp) -> None:
    """The manager is of no company alone."""
    async with made.console.db.write() as session:
        manager = await session.scalar(select(User).where(User.login == Role.MANAGER.value))
        assert manager is not None
        manager.company_id = None


async def test_the_days_of_a_decree_are_written_in_and_had_back(
    page: Page, console_app: ConsoleApp, axe: Axe, tmp_path: Path
) -> None:
    calendar, year = console_app.console.calendar, console_app.console.clock.now().year + 1
    off = next(day for day in (date(year, 7, n) for n in range(1, 8)) if day.weekday() == 2)
    assert calendar.is_working(off)
    await answers_for_all(console_app)
    await sign_in(page, console_app.base, Role.MANAGER, f"/menu?company={COMPANY}")
    await page.get_by_role("link", name="Календарь").click()
    await page.get_by_role("link", name=str(year)).click()
    await expect(page.get_by_role("heading", name=f"Необычные дни {year} года")).to_be_visible()
    await page.get_by_label("День").first.fill(off.isoformat())
    await page.get_by_role("button", name="Сохранить").click()
    await expect(page.get_by_role("alert")).to_contain_text("Впишите основание")
    await expect(page.get_by_label("День").first).to_have_value(off.isoformat())
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "refused.png", caret="initial")
    await page.get_by_label("Основание").fill("приказ № 7")
    short = off + timedelta(days=1)
    await page.get_by_label("День").nth(1).fill(short.isoformat())
    await page.get_by_label("Какой").nth(1).select_option("сокращённый")
    await page.get_by_role("button", name="Сохранить").click()
    await expect(page.get_by_role("row", name="приказ № 7").filter(has_text="сокращённый")).to_be_visible()
    assert calendar.is_shortened(short)
    await expect(page.get_by_role("row", name="статья 95 Трудового кодекса").first).to_contain_text("предпраздничный")
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "calendar.png", caret="initial", full_page=True)
    assert not calendar.is_working(off), "everything counts by it at once"
    async with console_app.console.db.read() as session:
        query = select(AuditEntry.detail).where(AuditEntry.action == AuditAction.CALENDAR_CHANGED)
        [told] = await session.scalars(query)
    assert f"+{off.isoformat()};выходной;приказ № 7 +{short.isoformat()};сокращённый;приказ № 7" in told
    await page.get_by_role("button", name="Вернуть эту версию").click()
    await expect(page.get_by_text("возвращена версия 1")).to_be_visible()
    assert calendar.is_working(off)


async def test_the_calendar_is_everybodys_and_the_second_to_save_is_told(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    await a_second_manager(console_app)
    await answers_for_all(console_app)
    client, of_one = await client_of(Role.MANAGER), await client_of(None)
    assert (await of_one.sign_in("second")).status == 303
    _, revision = await console_app.console.calendar_days.now()
    sent = {"revision": revision, "why": "приказ № 7", "day-0": "2026-07-01", "word-0": "off"}
    assert (await of_one.post(CALENDAR, data=sent)).status == 404
    assert "тот, кто отвечает за все компании" in await (await of_one.get(CALENDAR)).text()
    assert (await client.post(CALENDAR, data=sent)).status == 303
    refused = await client.post(CALENDAR, data=sent | {"why": "приказ № 8"})
    text = await refused.text()
    assert refused.status == 422
    assert "01.07.2026 — приказ № 7" in text
    assert 'value="приказ № 8"' in text
    assert "приказ № 8" not in (console_app.console.settings.var / NAME).read_text("utf-8")
    assert (await (await client_of(Role.SUPERVISOR)).get(CALENDAR)).status == 403


async def test_a_year_that_nobody_has_told_is_warned_of(
    console_app: ConsoleApp, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await client_of(Role.MANAGER)
    assert "ещё не вписаны" not in await (await client.get("/menu")).text()
    autumn = datetime(MOVED_DAYS_KNOWN_TO, 10, 1, 9, tzinfo=UTC)
    monkeypatch.setattr(console_app.console.clock, "now", lambda: autumn)
    client = await client_of(Role.MANAGER)
    for path in ("/menu", CALENDAR):
        assert f"на {MOVED_DAYS_KNOWN_TO + 1} год ещё не вписаны" in await (await client.get(path)).text()
