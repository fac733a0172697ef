"""A legal hold from the call's page to the list: set by one person, lifted by another, and nobody else's to see."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from agent_console.people.models import AuditAction, AuditEntry, Role
from recordings.models import RecordingHold
from tests.console.calls import StoredCall, stored_call
from tests.console.conftest import OTHER_COMPANY, Axe, ClientOf, ConsoleApp, sign_in


@pytest.fixture
async def call(console_app: ConsoleApp) -> StoredCall:
    return await stored_call(console_app.console, console_app.console.clock.now())


async def the_hold(console_app: ConsoleApp) -> RecordingHold:
    async with console_app.console.db.read() as session:
        return (await session.scalars(select(RecordingHold))).one()


async def test_another_lifts_what_one_has_set(console_app: ConsoleApp, call: StoredCall, client_of: ClientOf) -> None:
    qa, admin = await client_of(Role.QA_HEAD), await client_of(Role.ADMIN)
    assert (await qa.post(f"/calls/{call.call}/hold", data={"reason": " "})).status == 422
    await qa.post(f"/calls/{call.call}/hold", data={"reason": "Иск № 7"})
    held = await the_hold(console_app)
    assert (held.call_id, held.reason, held.lifted_at) == (call.call, "Иск № 7", None)
    assert (await qa.post(f"/holds/{held.id}/lift", data={})).status == 409
    await admin.post(f"/holds/{held.id}/lift", data={})
    assert (await the_hold(console_app)).lifted_by is not None
    async with console_app.console.db.read() as session:
        query = select(AuditEntry.action).where(AuditEntry.subject == f"call:{call.call}").order_by(AuditEntry.at)
        assert list(await session.scalars(query)) == [AuditAction.HOLD_SET, AuditAction.HOLD_LIFTED]


async def test_holds_are_set_where_calls_are_seen(console_app: ConsoleApp, client_of: ClientOf) -> None:
    strange = await stored_call(console_app.console, console_app.console.clock.now(), company=OTHER_COMPANY)
    qa = await client_of(Role.QA_HEAD)
    assert (await qa.post(f"/calls/{strange.call}/hold", data={"reason": "x"})).status == 404
    assert (await qa.post(f"/holds/{'0' * 32}/lift", data={})).status == 404
    assert (await (await client_of(Role.SUPERVISOR)).get("/holds")).status == 403


async def test_a_hold_is_set_and_seen_in_the_browser(
    console_app: ConsoleApp, call: StoredCall, page: Page, axe: Axe, tmp_path: Path
) -> None:
    await sign_in(page, console_app.base, Role.QA_HEAD, f"/calls/{call.call}")
    await page.get_by_label("Основание").fill("Запрос прокуратуры № 12-34")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("уничтожать нельзя")).to_be_visible()
    await page.screenshot(path=tmp_path / "call.png", full_page=True)
    assert await axe(page) == []
    await page.get_by_role("link", name="Все запреты").click()
    await expect(page.get_by_role("cell", name="Запрос прокуратуры № 12-34")).to_be_visible()
    await page.screenshot(path=tmp_path / "holds.png", full_page=True)
    assert await axe(page) == []
