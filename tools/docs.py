"""Writes into README and docs what the code knows: menus as pictures, settings as a table; `--check` only compares.

A part lies between `<!-- NAME -->` and `<!-- /NAME -->`; a test runs the check, `make docs` writes.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from pydantic import SecretStr

from gridline.companies import Companies
from gridline.settings import HOUSE, Settings
from ivr.menus.draw import draw
from ivr.menus.flows import load_checked
from ivr.voice.prompts import PromptBook
from service.cli.menus import vocabulary_by_book

FILES = ("README.md", "README.ru.md", "docs/settings.md")
PART = re.compile(r"(<!-- (?P<name>menu skek|settings) -->\n).*?(<!-- /(?P=name) -->)", re.DOTALL)


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


def _shown(default: object) -> str:
    if isinstance(default, SecretStr) or default in ("", None, ()):
        return ""
    if isinstance(default, Path):
        default = str(default.relative_to(HOUSE) if default.is_relative_to(HOUSE) else default)
    if isinstance(default, tuple):
        default = ", ".join(default)
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def filled(text: str) -> str:
    """The document with its parts as the code would have them."""
    made = {"menu skek": lambda: menu("skek"), "settings": settings}
    return PART.sub(lambda part: part[1] + made[part["name"]]() + part[3], text)


def main() -> None:
    """Write, or with `--check` say which documents are out of date (exit code 1)."""
    stale = []
    for name in FILES:
        file = HOUSE / name
        old = file.read_text(encoding="utf-8")
        new = filled(old)
        if new != old:
            stale.append(name)
            if "--check" not in sys.argv:
                file.write_text(new, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.exit(f"out of date: {', '.join(stale)}; run: make docs")


if __name__ == "__main__":
    main()
