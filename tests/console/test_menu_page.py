"""The page of the menu: what it counts, whom it shows it to, and the picture with the counts on every key."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from agent_console.people.models import Role
from ivr.desk.models import Left
from ivr.figures import menu_tree
from ivr.figures.menu_tree import MenuNode
from ivr.menus.model import HANG_UP, Flow, Menu, Saying
from tests.console.conftest import COMPANY, OTHER_COMPANY, Axe, ClientOf, ConsoleApp, sign_in
from tests.store.test_menu_figures import MAIN_2, TOLD, Stored

from ivr.actions import SIGNATURES  # isort: skip

PERIOD = "since=2026-11-29&until=2026-11-29"


def flow_of(made: ConsoleApp, *, storm: bool = False) -> Flow:
    return made.console.flows.of(made.console.companies.by_id(COMPANY), storm=storm)


async def store_a_few(made: ConsoleApp, **other: Any) -> None:
    """Three presses of 2 in the main menu, one of 0: two are told, one gives up, one waits in vain."""
    stored, version = Stored(), flow_of(made).version
    for at_s in (0, 60):
        stored.call(MAIN_2, TOLD, ("power", "hung-up", "", "", 40), at_s=at_s, flow_version=version, **other)
    stored.call(MAIN_2, ("power", "hung-up", "", "", 7), at_s=120, flow_version=version, **other)
    waits = ("operator", "hung-up", "", "", 90)
    call = stored.call(
        ("main", "pressed", "0", "operator", 5, "main-menu"), waits, at_s=180, flow_version=version, **other
    )
    stored.visit(call, Left.ABANDONED)
    await stored.into(made.console.db)


def test_what_is_met_in_a_place_has_a_name_for_every_action_and_exit() -> None:
    assert menu_tree.ACTIONS.keys() == SIGNATURES.keys()
    exits = {exit for one in SIGNATURES.values() for exit in one.exits}
    assert exits <= menu_tree.EXITS.keys()


async def test_every_place_stands_once_in_the_picture_and_every_key_has_its_count(console_app: ConsoleApp) -> None:
    flow = flow_of(console_app)

    def names(node: MenuNode) -> list[str]:
        return [node.place.name, *(name for way in node.branches if way.below for name in names(way.below))]

    found = names(menu_tree.tree(flow, ()))
    assert sorted(found) == sorted(flow.places)
    [stays] = [one for one in flow.places.values() if one.name == "more"]
    assert isinstance(stays, Menu)


async def test_the_page_shows_the_counts_of_a_day(console_app: ConsoleApp, client_of: ClientOf) -> None:
    await store_a_few(console_app)
    client = await client_of(Role.SUPERVISOR)
    text = await (await client.get(f"/menu?{PERIOD}")).text()
    plain = " ".join(re.sub(r"<[^>]+>", " ", text).split())
    assert "Звонков 4" in plain
    assert "Обслужило меню 2 50 % звонков" in plain
    assert "Не дождались оператора 1 25 % звонков" in plain
    assert "сегодняшнее — 4" in plain
    for end, number in (("in", 4), ("served", 2), ("given-up", 1), ("lost", 1)):
        match = re.search(rf'href="(/calls\?[^"]*result={end}[^"]*)"', text)
        assert match
        listed = await (await client.get(match[1].replace("&amp;", "&"))).text()
        assert listed.count('<td class="nowrap">\n            <a href="/calls/') == number


async def test_what_is_not_theirs_or_cannot_be_asked_is_refused(console_app: ConsoleApp, client_of: ClientOf) -> None:
    await store_a_few(console_app, company_id=OTHER_COMPANY)
    client = await client_of(Role.SUPERVISOR)
    assert "За это время звонков не было" in await (await client.get(f"/menu?{PERIOD}")).text()
    assert (await client.get(f"/menu?{PERIOD}&company={OTHER_COMPANY}")).status == 404
    assert (await client.get(f"/menu?{PERIOD}&version={'c' * 64}")).status == 422
    assert (await client.get("/menu?since=2026-01-01&until=2026-11-29")).status == 422
    assert (await client.get(f"/menu?{PERIOD}&branch=narnia")).status == 422
    assert (await (await client_of(Role.AGENT)).get("/menu")).status == 403


def a_day_of_calls(flow: Flow, chance: random.Random, number: int) -> Stored:
    """Calls that wander through the flow as people do: mostly about power, some silent, some wrong."""
    stored = Stored()
    for n in range(number):
        steps, call_ends = _wandering(flow, chance)
        call = stored.call(*steps, outcome=call_ends, at_s=n * 60, flow_version=flow.version)
        if any(step[0].startswith(("operator", "consult")) for step in steps):
            stored.visit(call, chance.choices([Left.ANSWERED, Left.ABANDONED], [8, 2])[0])
    return stored


def _wandering(flow: Flow, chance: random.Random) -> tuple[list[tuple[Any, ...]], str]:
    steps, name = list[tuple[Any, ...]](), flow.start
    while name != HANG_UP and len(steps) < 40:
        place, said = flow.places[name], chance.randint(4, 12)
        if isinstance(place, Saying):
            steps.append((name, "said", "", place.then, said, *place.say))
            name = place.then
            continue
        if isinstance(place, Menu):
            what = chance.choices(["key", "silence", "wrong-key", "hung-up"], [80, 7, 4, 9])[0]
            if what == "hung-up":
                return [*steps, (name, what, "", "", said, *place.say)], "hung-up"
            if what == "key":
                keys = sorted(place.press)
                key = chance.choices(keys, [9 if one in "2" else 3 if one in "10" else 1 for one in keys])[0]
                steps.append((name, "pressed", key, place.press[key], said, *place.say))
                name = place.press[key]
            else:
                target = place.silence if what == "silence" and place.silence else name
                steps.append((name, what, "7" if what == "wrong-key" else "", target, said, *place.say))
                name = target
            continue
        if place.action in ("no_supply", "connection_status"):
            steps.append((name, "cut-short", "", name, 25, "outage-unplanned", "outage-end-menu"))
        if place.action == "operator" or chance.random() < (0.02 if len(steps) < 4 else 0.3):
            return [*steps, (name, "hung-up", "", "", chance.randint(20, 90))], "hung-up"
        exit = next(one for one in ("done", "none", "queued", *place.exits) if one in place.exits)
        steps.append((name, exit, "", place.exits[exit], chance.randint(5, 60)))
        name = place.exits[exit]
    return steps, "finished"


@pytest.mark.timeout(90)
async def test_the_page_reads_well(page: Page, console_app: ConsoleApp, axe: Axe, tmp_path: Path) -> None:
    await a_day_of_calls(flow_of(console_app), random.Random(7), 400).into(console_app.console.db)
    await sign_in(page, console_app.base, Role.SUPERVISOR, "/menu?since=2026-11-29")
    await expect(page.get_by_role("heading", name="Меню с нажатиями")).to_be_visible()
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "menu.png", full_page=True)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.locator("tbody a", has_text="operator").first.click()
    await expect(page.locator("#place-operator")).to_be_in_viewport()
    await page.emulate_media(color_scheme="dark")
    await page.set_viewport_size({"width": 1024, "height": 768})
    assert await axe(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.screenshot(path=tmp_path / "menu-dark.png")
