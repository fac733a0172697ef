"""A value of a YAML file is changed in its text: everything beside it stays, comments above all."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridline.errors import InvalidInput
from gridline.settings import HOUSE
from gridline.yaml.edit import drop, put, tree_of
from gridline.yaml.file import Tree, Where

TEXT = """\
# О чём файл.

main:                # главное меню
  say: main-menu
  press: {1: danger, 2: water, 0: operator}   # ноль — человек
  words:
    1: [провод, искрит]
    # про воду говорят так
    2: [вода]
  repeat: "*"
  otherwise: astray

# --- вода ---

water:
  say: water
  then: main
"""


def changed_lines(before: str, after: str) -> list[str]:
    return [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[:1] in "+-"]


@pytest.mark.parametrize(
    ("where", "value", "lines"),
    [
        (("main", "say"), "other", ["-   say: main-menu", "+   say: other"]),
        (
            ("main", "press", "2"),
            "danger",
            [
                "-   press: {1: danger, 2: water, 0: operator}   # ноль — человек",
                "+   press: {1: danger, 2: danger, 0: operator}   # ноль — человек",
            ],
        ),
        (("main", "words", "2"), ["вода", "нет воды"], ["-     2: [вода]", "+     2: [вода, нет воды]"]),
        (("main", "words", "0"), ["оператор"], ["+     0: [оператор]"]),
        (("main", "tries"), "2", ["+   tries: 2"]),
        (("water", "then"), "hang-up", ["-   then: main", "+   then: hang-up"]),
        (("bye",), {"say": "bye", "then": "hang-up"}, ["+ ", "+ bye:", "+   say: bye", "+   then: hang-up"]),
        (("main", "repeat"), "*", []),
    ],
)
def test_one_value_changes_and_nothing_else(where: Where, value: Tree, lines: list[str]) -> None:
    assert changed_lines(TEXT, put(TEXT, where, value)) == lines


def test_a_block_changes_key_by_key() -> None:
    words: Tree = {"1": ["провод"], "2": ["вода"], "0": ["оператор"]}
    after = put(TEXT, ("main", "words"), words)
    assert "# про воду говорят так" in after
    assert changed_lines(TEXT, after) == ["-     1: [провод, искрит]", "+     1: [провод]", "+     0: [оператор]"]


def test_what_is_dropped_takes_its_line_and_what_holds_nothing_any_more() -> None:
    assert changed_lines(TEXT, drop(TEXT, ("main", "repeat"))) == ['-   repeat: "*"']
    once = drop(TEXT, ("main", "words", "1"))
    assert changed_lines(TEXT, once) == ["-     1: [провод, искрит]"]
    assert "words" not in drop(once, ("main", "words", "2"))
    assert changed_lines(TEXT, drop(TEXT, ("water",))) == ["- water:", "-   say: water", "-   then: main"]
    assert drop(TEXT, ("nobody",)) == TEXT


def test_there_and_back_is_the_very_same_text_in_every_shipped_prompt() -> None:
    text = (HOUSE / "dialplan/prompts.ru.yaml").read_text("utf-8")
    before = tree_of(text)
    assert isinstance(before, dict)
    new = put(text, ("goodbye", "companies", "skek"), "До свидания: всего доброго, и " + "спасибо " * 20 + "вам!")
    assert all(line[0] == "+" for line in changed_lines(text, new))
    assert max(len(line) for line in changed_lines(text, new)) <= 122
    assert drop(new, ("goodbye", "companies")) == text
    own = put(text, ("notice", "companies", "skek"), "Это робот. Разговор записывается.")
    assert own.count("\n") < text.count("\n")
    assert "# the first thing heard" in own


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=60))
def test_any_words_come_back_as_they_were_given(words: str) -> None:
    try:
        after = put(TEXT, ("water", "say"), words)
    except InvalidInput:
        assert "\ufeff" in words or not words.isprintable()
        return
    assert tree_of(after)["water"]["say"] == words  # type: ignore[call-overload,index]


def test_a_text_that_is_no_yaml_is_refused_with_its_line() -> None:
    with pytest.raises(InvalidInput, match="строка 2"):
        put("a: b\n c: d", ("a",), "e")


LISTED = "offices:\n  - id: north   # северный\n    phone: 1\n  - id: south\n    phone: 2\n"


def test_a_value_in_a_list_of_mappings_is_changed_in_its_place() -> None:
    assert put(LISTED, ("offices", 1, "phone"), "3") == LISTED.replace("phone: 2", "phone: 3")
    assert put(LISTED, ("offices", 0, "windows"), "4") == LISTED.replace("phone: 1\n", "phone: 1\n    windows: 4\n")
    assert drop(LISTED, ("offices", 0, "phone")) == LISTED.replace("    phone: 1\n", "")
    with pytest.raises(InvalidInput):
        put(LISTED, ("offices", 2, "phone"), "5")


def test_a_text_of_lines_stands_below_its_key_as_people_write_it() -> None:
    lines = "! Осторожно: ток\n\n## Шаги\n1. Раз # не комментарий\n"
    written = "title: А\ntext: |\n  ! Осторожно: ток\n\n  ## Шаги\n  1. Раз # не комментарий\n"
    assert put("title: А\n", ("text",), lines) == written
    assert put("title: А\ntext: |\n  Старое.\n", ("text",), lines) == written
