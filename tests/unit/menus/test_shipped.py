"""The menus that are shipped: every key of every menu, silence, and a hang-up at every prompt."""

from __future__ import annotations

import pytest

from agent_console.calls import journey
from gridline.companies import Companies
from gridline.settings import HOUSE
from gridline.yaml.file import read
from ivr.menus.flows import load_checked
from ivr.menus.model import HANG_UP, ActionPlace, Flow, Menu
from ivr.menus.written import COMMON_FILE, written
from ivr.voice.prompts import PromptBook
from service.cli.menus import vocabulary_by_book
from tests.unit.menus.lines import HANGS_UP
from tests.unit.menus.test_walk import walked

COMPANIES = Companies.load(HOUSE / "dialplan" / "companies")
BOOK = PromptBook.load(HOUSE / "dialplan" / "prompts.ru.yaml")
SPOKEN_DIGITS = {"0": "ноль", "1": "один", "2": "два", "3": "три", "4": "четыре", "5": "пять"}


@pytest.fixture(params=[company.id for company in COMPANIES])
def company_id(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def flow(company_id: str) -> Flow:
    company = COMPANIES.by_id(company_id)
    return load_checked(HOUSE / "dialplan" / "menus" / company.menu, vocabulary_by_book(company, BOOK))


def test_every_place_a_key_leads_to_is_told_in_the_words_of_its_menu(flow: Flow, company_id: str) -> None:
    told = journey.places(flow, lambda prompt: BOOK.text(prompt, company_id).replace("+", ""))
    pressed = {target for menu in menus(flow) for target in menu.press.values()}
    without_a_key = {to for place in flow.places.values() for by, to in place.leads() if not by.isdecimal()}
    assert pressed - told.keys() <= without_a_key
    assert pressed & told.keys() >= {"danger", "consult-connection", "no-power"}
    assert not [name for name in told.values() if "клавиша" in name]
    assert told["consult-connection"] == "Подключение к сетям → Консультация специалиста / Оператор"
    assert list(told)[-1] == "operator"


def test_every_common_place_is_used_by_some_company() -> None:
    folder = HOUSE / "dialplan" / "menus"
    common = read(folder / COMMON_FILE).tree
    taken = {name for company in COMPANIES for name in written(folder / company.menu).shared}
    assert isinstance(common, dict)
    assert common.keys() - taken <= {"main"}


def menus(flow: Flow) -> list[Menu]:
    return [place for place in flow.places.values() if isinstance(place, Menu)]


async def test_every_key_of_every_menu_leads_on_and_every_call_ends(flow: Flow) -> None:
    for menu in menus(flow):
        for key in "0123456789*#":
            call = await walked(flow, key, start=menu.name)
            assert call.steps[0].leads_to == menu.press.get(key, menu.name), (menu.name, key)
            assert call.steps[-1].leads_to == HANG_UP, (menu.name, key)


async def test_three_wrong_keys_in_any_menu_bring_a_person(flow: Flow) -> None:
    for menu in menus(flow):
        call = await walked(flow, "9", "#", "9", start=menu.name)
        assert "operator" in [action for action, _ in call.done], menu.name


async def test_hanging_up_at_every_menu_ends_the_call_there(flow: Flow) -> None:
    for menu in menus(flow):
        for before in ([], ["9"], ["*"], ["9", "#"]):
            call = await walked(flow, *before, HANGS_UP, start=menu.name)
            assert call.way == [menu.name] * (len(before) + 1)
            assert call.steps[-1].exit == "hung-up"


async def test_every_exit_of_every_action_ends_in_a_goodbye_or_a_person(flow: Flow) -> None:
    for place in flow.places.values():
        if not isinstance(place, ActionPlace):
            continue
        for exit in place.exits:
            call = await walked(flow, start=place.name, exits={place.action: exit})
            assert call.steps[0].exit == exit
            heard = {id for ids in call.line.heard for id in ids}
            assert heard & {"goodbye", "technical-trouble-goodbye"}, (place.name, exit)


def test_a_menu_names_the_keys_it_has_and_no_others(flow: Flow, company_id: str) -> None:
    """`anything-else` is the text that says what silence does; every other key is a numeral in the words."""
    for menu in menus(flow):
        words = " ".join(BOOK[id].wording(company_id) for id in menu.say).lower().replace(",", " ").replace(".", " ")
        named = {key for key, word in SPOKEN_DIGITS.items() if word in words.split()}
        assert named == set(menu.press), (menu.name, words)
