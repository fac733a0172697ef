"""Writes into README and docs what the code knows: menus, settings, each folder's files; `--check` only compares.

A part lies between `<!-- NAME -->` and `<!-- /NAME -->`; a test runs the check, `make docs` writes.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from gridline.companies import Companies
from gridline.settings import HOUSE, Settings
from ivr.menus.draw import draw
from ivr.menus.flows import load_checked
from ivr.voice.prompts import PromptBook
from service.cli.menus import vocabulary_by_book

PART = re.compile(r"(<!-- (?P<name>menu skek|settings|rooms) -->\n).*?(<!-- /(?P=name) -->)", re.DOTALL)
PACKAGE = "__init__.py"


def documents() -> list[Path]:
    """Every Markdown file of the checkout."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    names = subprocess.run(listed, cwd=HOUSE, capture_output=True, text=True, check=True).stdout.splitlines()
    return [HOUSE / name for name in names if (HOUSE / name).exists()]


def menu(company_id: str) -> str:
    """The company's menu for GitHub and its like."""
    dialplan = HOUSE / "dialplan"
    company = Companies.load(dialplan / "companies").by_id(company_id)
    vocabulary = vocabulary_by_book(company, PromptBook.load(dialplan / "prompts.ru.yaml"))
    return f"```mermaid\n{draw(load_checked(dialplan / 'menus' / company.menu, vocabulary))}```\n"


def settings() -> str:
    """Every setting with its default and meaning. Raises ValueError for one without a docstring."""
    rows = ["| setting | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        if not field.description:
            raise ValueError(f"gridline/settings.py: {name} has no docstring")
        meaning = " ".join(field.description.split()).replace("|", "\\|")
        rows.append(f"| `{name}` | {_shown(field.default)} | {meaning} |")
    return "\n".join(rows) + "\n"


def rooms(folder: Path) -> str:
    """The folder's modules and packages, each with the first line of its docstring."""
    rows = ["| here | what it is |", "|---|---|"]
    for room in sorted(folder.iterdir(), key=lambda room: (room.is_dir(), room.name)):
        module = room / PACKAGE if room.is_dir() else room
        if module.suffix == ".py" and module.exists() and room.name != PACKAGE:
            rows.append(f"| `{room.name}{'/' if room.is_dir() else ''}` | {_first_line(module)} |")
    return "\n".join(rows) + "\n"


def _first_line(module: Path) -> str:
    """What a module says it is for. Raises ValueError for one that does not say."""
    said = ast.get_docstring(ast.parse(module.read_text("utf-8")))
    if not said:
        raise ValueError(f"{module.relative_to(HOUSE)} has no docstring")
    return said.partition("\n")[0].replace("|", "\\|")


def _shown(default: object) -> str:
    if isinstance(default, SecretStr) or default in ("", None, ()):
        return ""
    if isinstance(default, Path):
        default = str(default.relative_to(HOUSE) if default.is_relative_to(HOUSE) else default)
    if isinstance(default, tuple):
        default = ", ".join(map(str, default))
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def filled(file: Path) -> str:
    """The document with its parts as the code would have them."""
    made: dict[str, Callable[[], str]] = {
        "menu skek": lambda: menu("skek"),
        "settings": settings,
        "rooms": lambda: rooms(file.parent),
    }
    return PART.sub(lambda part: part[1] + made[part["name"]]() + part[3], file.read_text("utf-8"))


def main() -> None:
    """Write, or with `--check` say which documents are out of date (exit code 1)."""
    stale = []
    for file in documents():
        new = filled(file)
        if new != file.read_text("utf-8"):
            stale.append(str(file.relative_to(HOUSE)))
            if "--check" not in sys.argv:
                file.write_text(new, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.exit(f"out of date: {', '.join(stale)}; run: make docs")


if __name__ == "__main__":
    main()
