"""What whoever told the trust line hears later: written on the appeal's page by the security service alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from agent_console.people.models import Role
from appeals.intake.intake import accept
from appeals.personal_data import pins
from appeals.register import Registered
from tests.console.conftest import COMPANY, Axe, ClientOf, ConsoleApp, sign_in

pytestmark = pytest.mark.timeout(240)

FIRST, SECOND = "Проверка идёт.", "Факты подтвердились. Деньги вам вернут."


async def a_report(console_app: ConsoleApp) -> tuple[Registered, str]:
    """A report told by telephone, and its PIN."""
    console = console_app.console
    told = {"company_id": COMPANY, "channel": "phone", "kind": "trust", "topic": "other", "text": "Требуют денег."}
    made = await console.register.register(accept(told))
    return made, await pins.issue(console.db, made.appeal_id)


async def test_the_security_service_writes_what_is_heard_by_the_pin(
    console_app: ConsoleApp, page: Page, axe: Axe, tmp_path: Path
) -> None:
    console = console_app.console
    made, pin = await a_report(console_app)
    await sign_in(page, console_app.base, Role.SECURITY, f"/appeals/{made.written}")
    shown = page.get_by_role("region", name="Ответ по номеру и пин-коду")
    await expect(shown).to_contain_text("Пока не написан")
    await page.locator("#pin-answer-text").fill("я" * (pins.LONGEST + 1))
    await page.get_by_role("button", name="Записать ответ").click()
    await expect(page.locator("#told")).to_contain_text("Сократите")
    await expect(page.locator("#pin-answer-text")).to_have_value("я" * (pins.LONGEST + 1))
    for text, button in ((FIRST, "Записать ответ"), (SECOND, "Заменить ответ")):
        await page.locator("#pin-answer-text").fill(text)
        await page.get_by_role("button", name=button).click()
        await expect(shown.locator("p").first).to_have_text(text)
    await expect(page.locator("body")).to_contain_text("Записан ответ по номеру и пин-коду")
    assert await axe(page) == []
    await shown.scroll_into_view_if_needed()
    await page.screenshot(path=tmp_path / "pin.png", full_page=True)
    told = await pins.ask(console.db, COMPANY, made.number, pin, console.clock.now(), within_s=5)
    assert told is not None
    assert told.answer == SECOND


@pytest.mark.parametrize("role", [Role.CLERK, Role.SUPERVISOR, Role.ADMIN])
async def test_nobody_else_writes_or_sees_it(role: Role, console_app: ConsoleApp, client_of: ClientOf) -> None:
    made, pin = await a_report(console_app)
    client = await client_of(role)
    assert (await client.get(f"/appeals/{made.written}?company={COMPANY}")).status == 404
    answer = await client.request("POST", f"/appeals/{made.written}/pin-answer", data={"text": FIRST, "version": "1"})
    assert answer.status in (403, 404)
    console = console_app.console
    told = await pins.ask(console.db, COMPANY, made.number, pin, console.clock.now(), within_s=5)
    assert told is not None
    assert told.answer == ""


async def test_an_appeal_without_a_pin_has_no_such_answer(console_app: ConsoleApp, client_of: ClientOf) -> None:
    told = {"company_id": COMPANY, "channel": "office", "kind": "trust", "topic": "other", "text": "Требуют денег."}
    made = await console_app.console.register.register(accept(told))
    client = await client_of(Role.SECURITY)
    text = await (await client.get(f"/appeals/{made.written}")).text()
    assert "Ответ по номеру и пин-коду" not in text
