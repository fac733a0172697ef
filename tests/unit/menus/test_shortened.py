"""The menu of a storm: of the shipped menus by rule, of a company's own file where there is one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gridline.companies import Companies, Company
from gridline.settings import HOUSE
from ivr.actions import SIGNATURES
from ivr.menus.check import check
from ivr.menus.flows import Flows, load_checked
from ivr.menus.model import ActionPlace
from ivr.menus.shortened import STORM_MENU, STORM_MENU_WATER, shortened
from ivr.menus.vocabulary import DANGER, PERSON, POWER, Vocabulary
from ivr.menus.written import COMMON_FILE
from ivr.voice.prompts import PromptBook
from tests.unit.menus.files import GOOD, WORDS
from tests.unit.menus.test_flows import write
from tests.unit.menus.test_walk import walked

COMPANIES = Companies.load(HOUSE / "dialplan" / "companies")
SHIPPED = HOUSE / "dialplan" / "menus"
BOOK = PromptBook.load(HOUSE / "dialplan" / "prompts.ru.yaml")


def words(company: Company) -> Vocabulary:
    lengths = {id: entry.estimate_s(company.id) for id, entry in BOOK.items() if not entry.placeholders}
    return Vocabulary.of(company, lengths, SIGNATURES)


@pytest.mark.parametrize("company", list(COMPANIES), ids=lambda company: str(company.id))
def test_a_storm_leaves_danger_ones_own_case_and_a_call_back(company: Company) -> None:
    usual = load_checked(SHIPPED / company.menu, words(company))
    short = shortened(usual, words(company))
    assert check(short, words(company)) == []
    menu = short.first_menu
    assert menu is not None
    assert menu.say == (STORM_MENU_WATER if "water" in company.topics else STORM_MENU,)
    actions = {
        key: place.action for key, to in menu.press.items() if isinstance(place := short.places[to], ActionPlace)
    }
    if company.branches:
        assert actions == {"1": DANGER, "2": "find_branch", "0": PERSON}
    elif "water" in company.topics:
        assert actions == {"1": DANGER, "2": POWER, "3": POWER, "0": PERSON}
        assert [getattr(short.places[menu.press[key]], "topic", "") for key in "23"] == ["", "water"]
    else:
        assert actions == {"1": DANGER, "2": POWER, "0": PERSON}
    before = ["play_notice", "announcement", "open_matters"]
    assert [place.action for place in list(short.places.values())[:3] if isinstance(place, ActionPlace)] == before
    assert not menu.words, "they stood for other keys"
    assert len(short.places) < len(usual.places)
    assert short.version != usual.version


async def test_the_second_key_asks_for_the_branch_and_says_its_news_but_no_menu_more() -> None:
    company = COMPANIES.by_id("mrsk-centra")
    short = shortened(load_checked(SHIPPED / company.menu, words(company)), words(company))
    for exit in ("said", "pressed", "none", "failed"):
        call = await walked(short, "2", start="main", exits={"announcement": exit})
        assert call.way[:4] == ["main", "branch-power", "news-of-branch", "no-power"], exit
    call = await walked(short, "2", start="main", exits={"find_branch": "failed"})
    assert call.way[:3] == ["main", "branch-power", "no-power"]


def test_light_or_water_is_asked_where_both_ways_go_through_one_place(tmp_path: Path) -> None:
    company = COMPANIES.by_id("skek")
    shutil.copy(SHIPPED / COMMON_FILE, tmp_path)
    usual = (SHIPPED / company.menu).read_text("utf-8")
    said = "before-service:\n  say: technical-trouble\n  then: service\n\nservice:\n"
    write(tmp_path, "one.yaml", usual.replace("2: service,", "2: before-service,").replace("\nservice:\n", f"\n{said}"))
    short = shortened(load_checked(tmp_path / "one.yaml", words(company)), words(company))
    menu = short.first_menu
    assert menu is not None
    assert menu.say == (STORM_MENU_WATER,)
    assert (menu.press["2"], menu.press["3"]) == ("before-service", "before-service")
    assert [to for _, to in short.places["before-service"].leads()] == ["service"]


def test_a_menu_that_cannot_be_shortened_serves_as_it_is(tmp_path: Path) -> None:
    write(tmp_path, "plain.yaml", GOOD)
    usual = load_checked(tmp_path / "plain.yaml", WORDS)
    assert shortened(usual, WORDS) is usual


def test_a_companys_own_storm_menu_goes_before_the_rule_and_is_watched(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED, tmp_path, dirs_exist_ok=True)
    flows = Flows(COMPANIES, tmp_path, words)
    skek = COMPANIES.by_id("skek")
    by_rule = flows.of(skek, storm=True)
    assert by_rule.version != flows.of(skek).version
    write(tmp_path, "skek.storm.yaml", (tmp_path / skek.menu).read_text("utf-8").replace("tries: 3", "tries: 2"))
    assert flows.changed()
    assert flows.reload() == ()
    own = flows.of(skek, storm=True)
    assert own.file == tmp_path / "skek.storm.yaml"
    assert own.version not in (by_rule.version, flows.of(skek).version)
