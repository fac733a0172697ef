"""The house stays as it is drawn: arrows point down, floors are not crowded, every folder says truly what it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridline.settings import HOUSE
from tools.house import Tree, arrows_up, double_names, floors, full_floors, wide_lines

TREE = Tree(HOUSE)
FOLDERS = sorted({str(Path(name).parent) for name in TREE.python if "versions" not in name})
LONGEST_README = 30


def test_no_arrow_between_houses_points_up() -> None:
    assert arrows_up(TREE) == {}


def test_no_floor_is_crowded() -> None:
    assert full_floors(TREE) == {}


def test_a_name_means_one_thing() -> None:
    assert double_names(TREE) == {}


def test_every_template_fits_a_screen() -> None:
    assert wide_lines(TREE) == 0


def test_nobody_fights_the_formatter() -> None:
    assert [name for name in TREE.python if "fmt: skip" in TREE.text(name)] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_says_what_it_is_and_what_it_may_import(folder: str) -> None:
    readme = (HOUSE / folder / "README.md").read_text("utf-8")
    assert readme.count("\n") <= LONGEST_README
    assert readme.startswith(f"# {folder}\n")
    assert "<!-- rooms -->" in readme  # filled by tools/docs.py, compared in test_documents
    stated = re.search(r"^Imports: (.*)\.$", readme, re.MULTILINE)
    assert stated
    assert set(_houses_imported(HOUSE / folder)) <= set(re.findall(r"`(\w+)`", stated[1]))


def _houses_imported(folder: Path) -> Iterator[str]:
    houses = floors().keys() - {folder.relative_to(HOUSE).parts[0]}
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            named = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            named += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            yield from {name.partition(".")[0] for name in named} & houses
