"""One office as a form has it and in the company's file: what was changed is written anew, the rest stays."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from grid.offices import offices
from gridline.companies import Company
from gridline.errors import InvalidInput, Misconfigured
from gridline.yaml import edit
from gridline.yaml.file import Tree

NAMED: Final = {
    "name": "Название",
    "spoken_name": "Название вслух",
    "address": "Адрес",
    "spoken_address": "Адрес вслух",
    "phone": "Телефон",
    "email": "Почта",
    "settlements": "Кого обслуживает",
    "hours": "Часы",
    "services": "Темы",
    "windows": "Окон",
    "slot_min": "Минут на посетителя",
}
"""The fields of a form, as people call them, in the file's order."""


@dataclass(frozen=True)
class OfficeForm:
    """What an office's file says of it; empty: the word is not there."""

    name: str = ""
    spoken_name: str = ""
    address: str = ""
    spoken_address: str = ""
    phone: str = ""
    email: str = ""
    settlements: tuple[str, ...] = ()
    hours: str = ""
    services: tuple[str, ...] = ()
    windows: str = ""
    slot_min: str = ""


def listed(text: str) -> dict[str, OfficeForm]:
    """Every office by its id, as the file has them, mistakes and all. Raises InvalidInput for what is no YAML."""
    return {_text(body.get("id", "")): _form(body) for body in _bodies(text)}


def booking(text: str) -> dict[str, str]:
    """The booking rules that the file changes, as they are written."""
    tree = edit.tree_of(text)
    rules = tree.get("booking", {}) if isinstance(tree, dict) else {}
    return {name: _text(value) for name, value in rules.items()} if isinstance(rules, dict) else {}


def write(text: str, id: str, form: OfficeForm) -> str:
    """The file's text with this office. Raises InvalidInput."""
    place = list(listed(text)).index(id)
    had = _form(_bodies(text)[place])
    for one in fields(OfficeForm):
        value = getattr(form, one.name)
        if is_same(value, getattr(had, one.name)):
            continue
        where = ("offices", place, one.name)
        wanted = list(value) if isinstance(value, tuple) else value
        text = edit.put(text, where, wanted) if value else edit.drop(text, where)
    return text


def is_same(value: str | tuple[str, ...], had: str | tuple[str, ...]) -> bool:
    """Whether a field says what it said; in a list the order says nothing."""
    return value == had or (isinstance(value, tuple) and sorted(value) == sorted(had))


def must_load(text: str, company: Company) -> None:
    """Raises InvalidInput with what the loader of the file has against it, fields called as the form calls them."""
    with tempfile.TemporaryDirectory(prefix="gridline-offices-") as folder:
        file = Path(folder) / f"{company.id}.yaml"
        file.write_text(text, "utf-8")
        try:
            offices.load(file, company)
        except Misconfigured as error:
            lines = (line.removeprefix(f"{file}:").partition(": ")[2] for line in error.message.splitlines())
            told = (re.sub(r"^offices\.\d+\.(\w+)[\w.]*", _named, line) for line in lines)
            raise InvalidInput(" ".join(told)) from error


def _named(match: re.Match[str]) -> str:
    return NAMED.get(match[1], match[1])


def _bodies(text: str) -> list[dict[str, Tree]]:
    tree = edit.tree_of(text)
    rows = tree.get("offices", []) if isinstance(tree, dict) else []
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _form(body: dict[str, Tree]) -> OfficeForm:
    def several(word: str) -> tuple[str, ...]:
        value = body.get(word, [])
        return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()

    plain = {word: _text(body.get(word, "")) for word in NAMED if word not in ("settlements", "services")}
    return OfficeForm(**plain, settlements=several("settlements"), services=several("services"))


def _text(value: Tree) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""
