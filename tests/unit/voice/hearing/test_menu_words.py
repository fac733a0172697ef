"""A word said to a menu does what its key does; what is no word of the menu's does nothing but be told so."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gridline.companies import Companies
from gridline.settings import HOUSE
from ivr.call import Call
from ivr.line import Line
from ivr.menus.flows import load_checked
from ivr.menus.model import Flow, Menu
from ivr.voice.hearing.answer import Answer, Pressed, Silent, Spoke, Unheard
from ivr.voice.hearing.hearing import CallersVoice
from ivr.voice.hearing.menu_words import NO_WORD, ask_aloud, meant
from ivr.voice.prompts import Phrase, PromptBook
from service.cli.menus import vocabulary_by_book
from tests.table_ears import heard
from tests.unit.voice.hearing.speaker import Speaker

COMPANIES = Companies.load(HOUSE / "dialplan/companies")
MAIN = Menu(
    "main",
    ("main-menu",),
    {"1": "danger", "2": "power", "0": "operator"},
    "operator",
    words={"1": ("провод", "опасность"), "2": ("свет", "нет света"), "0": ("оператор",)},
)


def flows() -> dict[str, Flow]:
    """The menus that the product ships."""
    book = PromptBook.load(HOUSE / "dialplan/prompts.ru.yaml")
    menus = HOUSE / "dialplan/menus"
    return {one.id: load_checked(menus / one.menu, vocabulary_by_book(one, book)) for one in COMPANIES}


class Keyed(Speaker):
    """They press this wherever they are asked for a key."""

    async def ask_key(self, *phrases: Phrase, wait_s: float = 5) -> str:
        self.said += phrases
        return "2"


class Answering(CallersVoice):
    """Gives these answers, where it is there."""

    def __init__(self, *answers: Answer, there: bool = True) -> None:
        self.answers, self.there, self.phrases = list(answers), there, list[str]()

    def offered(self, call: Call) -> bool:
        return self.there and not call.by_keys

    async def listen(self, line: Line, *question: Phrase, phrases: Sequence[str] = (), at_most: int = 1) -> Answer:
        self.phrases = [*phrases]
        return self.answers.pop(0)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("свет", "2"),
        ("у меня нет света", "2"),
        ("света нет", "2"),
        ("опасность", "1"),
        ("оператор пожалуйста", "0"),
        ("ператор", "0"),
        ("погода", NO_WORD),
        ("алло", NO_WORD),
        ("свет или оператор", NO_WORD),
    ],
)
def test_a_word_of_the_menu_is_its_key(text: str, key: str) -> None:
    assert meant(MAIN, text) == key


def test_every_word_of_the_shipped_menus_means_its_own_key() -> None:
    wrong = [
        (company, menu.name, word, meant(menu, word))
        for company, flow in flows().items()
        for menu in flow.places.values()
        if isinstance(menu, Menu)
        for key, words in menu.words.items()
        for word in words
        if meant(menu, word) != key
    ]
    assert wrong == []


async def test_what_is_said_or_pressed_is_the_key_and_silence_is_silence() -> None:
    hearing, line = Answering(Spoke(heard("нет света")), Pressed("1"), Silent()), Keyed()
    assert [await ask_aloud(hearing, line, MAIN, MAIN.say) for _ in range(3)] == ["2", "1", ""]
    assert hearing.phrases == ["провод", "опасность", "свет", "нет света", "оператор"]
    assert line.said == []


async def test_who_is_misheard_twice_goes_on_by_keys() -> None:
    hearing, line = Answering(*[Spoke(heard("какая погода"))] * 9), Keyed()
    assert [await ask_aloud(hearing, line, MAIN, MAIN.say) for _ in range(3)] == [NO_WORD, NO_WORD, "2"]
    assert line.call.by_keys
    assert line.said == ["main-menu"]


async def test_ears_that_are_away_cost_one_sentence() -> None:
    hearing, line = Answering(Unheard()), Keyed()
    assert [await ask_aloud(hearing, line, MAIN, MAIN.say) for _ in range(2)] == ["2", "2"]
    assert line.said == ["speech-by-keys", "main-menu", "main-menu"]


async def test_where_nothing_hears_menus_go_by_keys() -> None:
    line = Keyed()
    assert await ask_aloud(Answering(there=False), line, MAIN, MAIN.say) == "2"
    assert line.said == ["main-menu"]
