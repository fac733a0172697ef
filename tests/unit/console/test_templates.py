"""The templates as text: what keeps them readable, and the traps that rendering one page would not show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import jinja2.meta
import pytest
from jinja2 import nodes

from agent_console.web import assets
from agent_console.web.render import FOLDER, MACROS, Templates
from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.settings import HOUSE

ENV = Templates(SystemClock(), Companies.load(HOUSE / "dialplan/companies"), assets.Static()).env
WIDEST = 120
TEMPLATES = sorted(FOLDER.rglob("*.html"))
SHEETS = sorted(assets.FOLDER.glob("*.css"))


def parsed(file: Path) -> nodes.Template:
    return ENV.parse(file.read_text("utf-8"))


def named(tree: nodes.Template) -> Iterator[str]:
    """Everything that a template names: `badge`, and `ui.badge` where it is taken from `ui`."""
    for name in tree.find_all(nodes.Name):
        if name.ctx == "load":
            yield name.name
    for taken in tree.find_all(nodes.Getattr):
        yield taken.attr
        if isinstance(taken.node, nodes.Name):
            yield f"{taken.node.name}.{taken.attr}"
    for imported in tree.find_all(nodes.FromImport):
        yield from (one if isinstance(one, str) else one[0] for one in imported.names)


@pytest.mark.parametrize("file", TEMPLATES + SHEETS, ids=lambda file: file.relative_to(FOLDER.parent).as_posix())
def test_a_line_fits_the_screen(file: Path) -> None:
    too_wide = [
        f"{number}: {len(line)}"
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if len(line) > WIDEST
    ]
    assert not too_wide, (
        "Put each tag, each attribute of a long one, each declaration of a long rule on a line of its own."
    )


def test_every_macro_is_used() -> None:
    trees = {file: parsed(file) for file in TEMPLATES}
    everywhere = {name for tree in trees.values() for name in named(tree)}
    idle = []
    for file, tree in trees.items():
        at_home = set(named(tree))
        for macro in tree.find_all(nodes.Macro):
            abroad = f"{file.stem}.{macro.name}" if file.parent == MACROS else macro.name
            if macro.name not in at_home and abroad not in everywhere:
                idle.append(f"{file.name}: {macro.name}")
    assert not idle


@pytest.mark.parametrize("file", sorted(MACROS.glob("*.html")), ids=lambda file: file.stem)
def test_a_shared_macro_takes_everything_by_argument(file: Path) -> None:
    """It is made once, at start: a page's `csrf` or `now` would be undefined in it."""
    assert jinja2.meta.find_undeclared_variables(parsed(file)) <= ENV.globals.keys() | {"caller"}


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.relative_to(FOLDER).as_posix())
def test_what_a_condition_adds_to_a_tag_brings_its_own_space(file: Path) -> None:
    """The newline after a block's tag goes (trim_blocks): two such lines would become one word, `requiredchecked`."""
    glued = re.findall(r"^ *\{% if [^%\n]+ %\}[a-z-]+(?:=[^\n<>]*)?\{% endif %\}>?$", file.read_text("utf-8"), re.M)
    assert not glued, "Write {%- if ... %} name{% endif %}."
