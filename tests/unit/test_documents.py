"""What README and docs say of menus and settings is what the code does, and their examples are accepted."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

import pytest

from carrier.stories.stories import STORIES
from gridline.settings import HOUSE, Settings

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


@pytest.mark.parametrize("name", [*READMES, "docs/architecture.md", "docs/settings.md"])
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
