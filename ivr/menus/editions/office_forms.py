"""One office as a form has it and in the company's file: what was changed is written anew, the rest stays."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from grid.imports.files import slugs
from grid.offices import offices
from gridline.companies import Company
from gridline.errors import InvalidInput, Misconfigured
from gridline.yaml import edit, parts
from gridline.yaml.file import Tree
from ivr.menus.editions import hours

NAMED: Final = {
    "name": "Название",
    "spoken_name": "Название вслух",
    "category": "Тип",
    "branch": "Филиал",
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
    category: str = ""
    branch: str = ""
    address: str = ""
    spoken_address: str = ""
    phone: str = ""
    email: str = ""
    settlements: tuple[str, ...] = ()
    hours: str = ""
    services: tuple[str, ...] = ()
    windows: str = ""
    slot_min: str = ""

    def tree(self, id: str) -> dict[str, Tree]:
        """A new office as it is to be written."""
        whole = {one.name: getattr(self, one.name) for one in fields(self)}
        said = {word: list(value) if isinstance(value, tuple) else value for word, value in whole.items() if value}
        return {"id": id, **said}


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


def add(text: str, form: OfficeForm) -> tuple[str, str]:
    """The id of a new office, and the file's text with it behind the others. Raises InvalidInput."""
    known: dict[str, Tree] = {_text(body.get("id", "")): body for body in _bodies(text)}
    id = slugs.slug(form.name, known, default="office")
    return id, parts.with_parts(text, "offices", {**known, id: form.tree(id)}, listed=True)


def remove(text: str, id: str) -> str:
    """The file's text without this office, and without the schedule that it alone kept. Raises InvalidInput."""
    known: dict[str, Tree] = {_text(body.get("id", "")): body for body in _bodies(text)}
    del known[id]
    if not known:
        raise InvalidInput("Последний офис компании не убрать. Если офисов больше нет, уберите файл офисов целиком.")
    text = parts.with_parts(text, "offices", known, listed=True)
    kept = {one.hours for one in listed(text).values()}
    for name in hours.schedules(text).keys() - kept:
        text = edit.drop(text, ("schedules", name))
    return text


def gone(before: str, after: str) -> dict[str, str]:
    """The offices that only the text before has: names by id. Raises InvalidInput for what is no YAML."""
    still = listed(after)
    return {id: one.name for id, one in listed(before).items() if id not in still}


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
