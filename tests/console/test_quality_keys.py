"""The player, the review page and the agent's answer by the keyboard alone: where Tab goes, what is seen and told."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.async_api import Page, expect

from agent_console.people.models import Role
from quality.cards.card import Grade
from tests.console.calls import stored_call
from tests.console.conftest import Axe, ConsoleApp, sign_in
from tests.console.test_judging import a_talk, judged

expect.set_options(timeout=15_000)

FOCUSED = """() => {
  const one = document.activeElement;
  const near = [one, one.closest(".player-wave"), one.closest(".radio-row label")].filter(Boolean);
  const outlined = ({ outlineStyle, outlineWidth }) => outlineStyle !== "none" && parseFloat(outlineWidth) >= 1;
  const name = one.getAttribute("aria-label") || one.labels?.[0]?.textContent || one.textContent || one.tagName;
  return [name.trim().replace(/\\s+/g, " "), near.some((it) => outlined(getComputedStyle(it)))];
}"""
PLAYER = [
    *("Слушать", "−10 секунд", "−5 секунд", "+5 секунд", "+10 секунд"),
    *("0,5×", "0,75×", "1×", "1,25×", "1,5×", "2×", "3×"),
    *("Место в записи", "без звонящего", "без оператора", "без тишины"),
    *("обращение", "контроль качества", "обучение", "запрос"),
]


async def past_the_menu(page: Page) -> None:
    """From the page's top into its main part, by the link for it."""
    await page.reload()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")


async def tabbed(page: Page, last: str) -> list[str]:
    """What Tab comes to from here up to this; each is seen to have the focus."""
    names: list[str] = []
    while not names or names[-1] != last:
        await page.keyboard.press("Tab")
        name, is_seen = await page.evaluate(FOCUSED)
        assert is_seen, name
        names.append(name)
        assert len(names) < 90, names
    return names


async def test_the_player_tells_what_its_keys_do(page: Page, console_app: ConsoleApp, axe: Axe) -> None:
    call = await stored_call(console_app.console, console_app.console.clock.now() - timedelta(minutes=3))
    await sign_in(page, console_app.base, Role.QA, f"/calls/{call.call}")
    await past_the_menu(page)
    await expect(page.get_by_text("Пометок нет.")).to_be_visible()
    names = await tabbed(page, "Пометить")
    first = names.index("Слушать")
    assert names[first : first + len(PLAYER)] == PLAYER
    assert names[first + len(PLAYER)].startswith("0:")  # the steps of the call
    assert names[-2].startswith("Пометка на 0:00")
    player = page.locator(".player")
    says = player.locator("[data-player-says]")
    for key, told in (
        ("ArrowRight", "0:05 из 0:12"),
        ("l", "0:12 из 0:12"),
        ("j", "0:02 из 0:12"),
        ("ArrowLeft", "0:00 из 0:12"),
        ("Equal", "Скорость 1,25×"),
        *[("Equal", "")] * 3,
        ("Equal", "Скорость 3×"),
        *[("Minus", "")] * 6,
        ("Minus", "Скорость 0,5×"),
        ("1", "без звонящего"),
        ("2", "без звонящего, без оператора"),
        ("1", "без оператора"),
        ("2", "слышны обе стороны"),
        ("s", "без тишины"),
        ("s", "с тишиной"),
    ):
        await page.keyboard.press(key)
        if told:
            await expect(says).to_have_text(told)
    await page.keyboard.press("m")
    await page.keyboard.press("Escape")
    await expect(player.get_by_role("button", name="Слушать")).to_be_focused()
    await page.keyboard.press("Space")
    await expect(player.get_by_role("alert")).to_contain_text("зачем слушаете")
    await expect(player.get_by_role("button", name="обращение")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(player).to_have_attribute("data-state", "playing")
    await expect(player.get_by_role("button", name="Остановить")).to_be_focused()
    await page.keyboard.press("Space")
    await expect(player).to_have_attribute("data-state", "paused")
    assert await axe(page) == []


async def test_a_card_is_filled_in_and_answered_without_a_mouse(page: Page, console_app: ConsoleApp, axe: Axe) -> None:
    call = await a_talk(console_app)
    await sign_in(page, console_app.base, Role.QA, "/judging")
    await page.keyboard.press("1")
    await expect(page.locator("#judging")).to_be_visible()
    await past_the_menu(page)
    names = await tabbed(page, "Отдать другому")
    first = names.index("Слушать")
    assert names[first : first + len(PLAYER)] == PLAYER
    assert names[first + len(PLAYER) :][:4] == [
        "Пометки",
        "да",
        "Место",
        "Замечание: Поздоровался, назвал компанию и себя",
    ]
    assert names[-3] == "Что сказать оператору"
    await page.reload()  # J goes on from the point one was at last, and Tab has been at all of them
    await expect(page.locator("#judging")).to_be_visible()
    says, left = page.locator("[data-judging-says]"), page.locator("#score [data-left]")
    await page.keyboard.press("j")
    point = page.locator("[data-point]:focus")
    await expect(point).to_have_attribute("data-point", "greeting")
    border = "one => getComputedStyle(one).borderTopColor"
    assert await point.evaluate(border) != await page.locator("[data-point]").last.evaluate(border)
    await page.keyboard.press("3")
    await expect(says).to_have_text("Отметка: нет")
    await expect(left).to_have_text("отмечено 1 из 10")
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("[data-player-says]")).to_have_text("0:05 из 0:12")
    async with page.expect_response(re.compile("/grades$")):
        await page.keyboard.press("e")
    await expect(says).to_have_text("Место в записи: 0:05")
    await expect(page.locator("#score")).to_have_attribute("role", "status")
    assert await axe(page) == []

    other = await a_talk(console_app, 8)
    id = await judged(console_app, other, listened=Grade.MISSED)
    await page.context.clear_cookies()
    await sign_in(page, console_app.base, Role.AGENT, "/reviews")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/reviews/{id}")
    await past_the_menu(page)
    names = await tabbed(page, "0:03")
    assert names[names.index("Слушать") :][: len(PLAYER)] == PLAYER
    await page.keyboard.press("Enter")
    player = page.locator(".player")
    await expect(player).to_have_attribute("data-state", "playing")
    await expect(player.get_by_role("button", name="Остановить")).to_be_focused()
    await expect(player.locator("[data-now]")).to_have_text(re.compile(r"^0:0[3-9]"))
    await page.keyboard.press("Space")
    await expect(player).to_have_attribute("data-state", "paused")
    await tabbed(page, "Или с чем не согласны")
    await page.keyboard.type("Она сама замолчала")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("ждёт решения")).to_be_visible()
    assert await axe(page) == []
    assert call.call != other.call
