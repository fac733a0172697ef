"""What README and docs say of menus and settings is what the code does, and their examples are accepted."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

import pytest

from carrier.stories.stories import STORIES
from gridline.settings import HOUSE, Settings
from ivr.figures import surveys
from quality.cards.card import Grade
from quality.reviews import codes, figures, talks

READMES = ("README.md", "README.ru.md")


def test_pictures_and_tables_are_up_to_date() -> None:
    argv = [sys.executable, "tools/docs.py", "--check"]
    done = subprocess.run(argv, cwd=HOUSE, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", READMES)
def test_the_examples_of_settings_are_accepted(name: str) -> None:
    examples = re.findall(r"```toml\n(.*?)```", (HOUSE / name).read_text("utf-8"), re.DOTALL)
    assert len(examples) == 3
    for example in examples:
        given = tomllib.loads(example)
        assert set(given) == Settings(**given).model_fields_set & set(given)


@pytest.mark.parametrize("name", READMES)
def test_every_story_of_the_demo_is_told(name: str) -> None:
    told = re.findall(r"^\| ([a-z-]+) \| [A-ZА-Я]", (HOUSE / name).read_text("utf-8"), re.MULTILINE)
    assert told == [story.name for story in STORIES]


@pytest.mark.parametrize("name", [*READMES, "docs/architecture.md", "docs/settings.md", "docs/quality.ru.md"])
def test_what_is_linked_to_is_there(name: str) -> None:
    file = HOUSE / name
    for link in re.findall(r"\]\(([^)#:]+)\)", file.read_text("utf-8")):
        assert (file.parent / link).exists(), link


@pytest.mark.parametrize("name", READMES)
def test_the_places_of_changes_are_there(name: str) -> None:
    changes = (HOUSE / name).read_text("utf-8").rpartition("\n## ")[2]
    for place in re.findall(r"`((?:dialplan|ivr|appeals|asterisk_conf)/[a-z_/.*]+)`", changes):
        if place != "dialplan/rules.yaml":  # the company's own, made when it has a rule of its own
            assert list(HOUSE.glob(place)), place


def test_the_keys_of_the_quality_guide_are_those_of_the_pages() -> None:
    guide = (HOUSE / "docs/quality.ru.md").read_text("utf-8")
    player, card = (
        {_place(key) for row in table.splitlines() for key in _KEY.findall(row.split("|")[1])}
        for table in re.findall(r"\| клавиша \| что делает \|\n\|---\|---\|\n((?:\|.*\n)+)", guide)
    )
    source = HOUSE / "agent_console/frontend/src"
    known = re.findall(r"^    (\w+): (?:\(\) => )?deeds\.", (source / "player/keys.js").read_text(), re.MULTILINE)
    call = (HOUSE / "agent_console/templates/call.html").read_text("utf-8")
    known += [f"Key{key}" for key in re.findall(r'data-key="(\w)"', call)]
    assert player == {*known}
    judging = (source / "judging/judging.js").read_text()
    grades = {f"Digit{number + 1}" for number in range(len(Grade))}
    assert card == {*re.findall(r'event\.code === "(Key\w)"', judging), *grades, "Control", "Enter"}


_KEY = re.compile(r"<kbd>(.+?)</kbd>|(пробел)")
_PLACES = {"пробел": "Space", "←": "ArrowLeft", "→": "ArrowRight", "−": "Minus", "+": "Equal"}
_PLACES |= {"Ctrl": "Control", "Enter": "Enter"}


def _place(key: tuple[str, str]) -> str:
    """The key's code, as a browser names it."""
    name = key[0] or key[1]
    return _PLACES.get(name) or (f"Digit{name}" if name.isdigit() else f"Key{name}")


def test_the_figures_of_the_quality_guide_are_those_of_the_code() -> None:
    guide = " ".join((HOUSE / "docs/quality.ru.md").read_text("utf-8").split())
    assert (talks.WINDOW.days, talks.REPEATED, talks.LONG_S, talks.SHORTEST_S) == (7, 3, 600, 10)
    assert (codes.LEASE.total_seconds(), codes.ANSWER_DAYS, surveys.LOW) == (3600, 3, 2)
    assert (figures.FEWEST, figures.WEAK) == (3, 60)
    for told in (
        "разговоры последних семи дней",
        "низкая оценка звонящего (1 или 2)",
        "третий звонок с того же номера за неделю",
        "разговор дольше десяти минут",
        "Короче десяти секунд",
        "взятый разговор ждёт вас час",
        "до конца третьего рабочего дня",
        "не меньше трёх раз и выполнен меньше чем на 60 %",
    ):
        assert told in guide, told


def test_every_test_that_proves_a_case_exists() -> None:
    named = re.findall(
        r"`(tests/[a-z_/]+\.py)(?:::([a-z_A-Z0-9-]+))?", (HOUSE / "docs/field-cases.md").read_text("utf-8")
    )
    assert len(named) > 80
    for file, name in named:
        assert (HOUSE / file).exists(), file
        assert not name or re.search(rf"^(?:async )?def {name}\b", (HOUSE / file).read_text("utf-8"), re.MULTILINE), (
            name
        )
