"""The guide to menus tells every word of the language, and its examples are places that load."""

from __future__ import annotations

import re

import yaml

from gridline.settings import HOUSE
from ivr.actions import SIGNATURES
from ivr.menus.load import DOING_WORDS, MENU_WORDS, SAYING_WORDS

GUIDE = (HOUSE / "docs/menus.ru.md").read_text("utf-8")


def test_every_word_of_the_language_is_told() -> None:
    told = re.findall(r"^\| `([a-z]+)` \|", GUIDE, re.MULTILINE)
    assert sorted(told) == sorted({*MENU_WORDS, *SAYING_WORDS, *DOING_WORDS})


def test_the_examples_are_places() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    menu, saying, doing = yaml.safe_load(example).values()
    assert menu.keys() <= {*MENU_WORDS}
    assert saying.keys() <= {*SAYING_WORDS}
    assert doing.keys() - {*DOING_WORDS} == SIGNATURES[doing["do"]].exits
