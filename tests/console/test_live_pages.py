"""Every page that a role's menu leads to, and every page of the editor, stays joined to the live updates."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, Response, expect

from agent_console.people.models import Role
from tests.console.conftest import COMPANY, ConsoleApp, sign_in
from tests.console.test_menu_edit import EDIT

pytestmark = pytest.mark.timeout(300)

EDITOR = ("", "/hours", "/words", "/articles", "/article?id=metering", "/offices", "/office?id=kemerovo", "/text")
PLACES = ("/place?place=main", "/place?place=consult-service")


@pytest.mark.parametrize("role", [Role.MANAGER, Role.SUPERVISOR])
async def test_no_page_asks_for_updates_it_may_not_have(page: Page, console_app: ConsoleApp, role: Role) -> None:
    refused: list[str] = []

    def note(response: Response) -> None:
        if response.status >= 400 and "/events" in response.url:
            refused.append(response.url)

    await sign_in(page, console_app.base, role, "/account")
    page.on("response", note)
    paths = [await link.get_attribute("href") or "" for link in await page.locator(".nav a").all()]
    if role is Role.MANAGER:
        await page.goto(f"{console_app.base}/menu?company={COMPANY}")
        await page.get_by_role("button", name="Изменить").click()
        await expect(page.get_by_role("heading", name="Правка меню")).to_be_visible()
        paths += [_of_company(path) for path in (*EDITOR, *PLACES)]
    for path in paths:
        await page.goto(console_app.base + path)
        await expect(page.locator("#link-state"), path).to_have_attribute("data-state", "up", timeout=15_000)
    assert refused == []


def _of_company(path: str) -> str:
    page, _, rest = path.partition("?")
    return EDIT.replace("/edit", f"/edit{page}") + (f"&{rest}" if rest else "")
