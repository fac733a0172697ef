"""Parts of a YAML file rewritten: what did not change stays as it is written, the rest reads back."""

from __future__ import annotations

import pytest

from gridline.settings import HOUSE
from gridline.yaml import parts
from gridline.yaml.edit import tree_of
from gridline.yaml.file import Tree

OFFICES = """\
# Над всем.
booking:
  days: 14   # впереди
offices:
  # Главный.
  - id: a
    name: Альфа   # имя
    settlements: [Один, Два]
  - id: b      # второй
    name: Бета
# Хвост.
more: 1
"""
NEW_ITEM = "  - id: c\n    name: 00123\n    settlements: [+7]\n"


def items(text: str, key: str) -> dict[str, Tree]:
    tree = tree_of(text)
    assert isinstance(tree, dict)
    held = tree[key]
    return held if isinstance(held, dict) else {str(one["id"]): one for one in held if isinstance(one, dict)}


def test_what_says_the_same_stays_as_it_is_written() -> None:
    assert parts.with_parts(OFFICES, "offices", items(OFFICES, "offices"), listed=True) == OFFICES


@pytest.mark.parametrize("file", [*HOUSE.glob("dialplan/offices/*.yaml"), *HOUSE.glob("dialplan/passports/*.yaml")])
def test_the_shipped_files_stay_letter_by_letter(file: object) -> None:
    text = (HOUSE / str(file)).read_text("utf-8")
    tree = tree_of(text)
    assert isinstance(tree, dict)
    for key in tree.keys() & {"schedules", "offices", "passports"}:
        assert parts.with_parts(text, key, items(text, key), listed=key != "schedules") == text


def test_a_changed_part_keeps_the_comment_above_it_and_tells_what_it_loses() -> None:
    changed = items(OFFICES, "offices") | {"a": {"id": "a", "name": "Альфа: новая", "settlements": ["Один, два"]}}
    made = parts.with_parts(OFFICES, "offices", changed, listed=True)
    assert items(made, "offices") == changed
    assert "  # Главный.\n  - id: a\n" in made
    assert "  - id: b      # второй\n" in made
    assert made.endswith("# Хвост.\nmore: 1\n")
    assert parts.lost(OFFICES, made) == ["имя"]


def test_parts_that_go_and_come() -> None:
    made = parts.with_parts(OFFICES, "offices", {"c": {"id": "c", "name": "00123", "settlements": ["+7"]}}, listed=True)
    assert made == OFFICES[: OFFICES.index("  # Главный")] + NEW_ITEM + "# Хвост.\nmore: 1\n"
    assert parts.lost(OFFICES, made) == ["Главный.", "имя", "второй"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# Одно слово.\n",
        "more: 1",
        "{offices: [{id: a, name: x}], more: 1}",
        "offices: [{id: a, name: x}]\n",
        "offices:\n- id: a\n  name: x\n",
        "offices:\n      -   id: a\n          name: x\n",
    ],
)
def test_a_file_written_in_another_way_or_not_yet(text: str) -> None:
    wanted: dict[str, Tree] = {
        "a": {"id": "a", "name": "x"},
        "b": {
            "id": "b",
            "name": "да: нет # не комментарий",
            "text": "- одно\n- два\n",
            "long": "слово " * 40 + "конец",
        },
    }
    made = parts.with_parts(text, "offices", wanted, listed=True)
    assert items(made, "offices") == wanted
    assert parts.lost(text, made) == []


def test_a_sign_inside_a_text_is_no_comment() -> None:
    assert parts.comments('a: "x # y"  # z\nb: |\n  # не он\n# он\n') == ["z", "он"]
