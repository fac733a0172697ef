"""A new company as a copy of the template: its file, its menu, and its own words for who it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Final

import yaml

from gridline.companies import Companies
from gridline.errors import InvalidInput, Misconfigured
from gridline.numbers.phones import parse, printable
from gridline.yaml.file import YamlFile, read
from ivr.menus.written import COMMON_FILE
from ivr.voice.prompts import COMMON, PromptBook
from service.cli.company.companies.checks import PROMPTS

TEMPLATE: Final = "arhenergo"
"""The company in plain words whose file says of each line that is only a sample that it is one."""
_ID: Final = re.compile(r"[a-z][a-z0-9-]{0,22}[a-z0-9]")
"""As `gridline.companies.SLUG`, and short enough for the names of its queues."""
_LONGEST_NAME: Final = 300
_LEGAL_FORM: Final = re.compile(r"^(?:ООО|ОАО|ЗАО|ПАО|АО|МУП|ГУП)\s+")
_SPOKEN: Final = re.compile(r"[А-Яа-яЁё+]+(?:[ -][А-Яа-яЁё+]+)*")
_LETTERS: Final = re.compile(r"\b[А-ЯЁ]{2,}\b|\b[БВГДЖЗЙКЛМНПРСТФХЦЧШЩ]{2,}\b")
"""Words that a synthesiser spells or stumbles over: «МРСК», «СТ»."""
_COLUMNS: Final = 120
TO_DO: Final = (
    "в файле компании: часовой пояс, часы вместо образца, свои управления в further_appeal",
    f"прочитайте вслух её слова в {PROMPTS}: имя там стоит как есть, просклоняйте, где нужно",
    "gridline companies check",
    "gridline prompts build и перезапуск gridline serve",
)
"""What only people can do after the copy."""


@dataclass(frozen=True)
class NewCompany:
    """Who it is, checked."""

    id: str
    name: str
    spoken: str
    did: str
    """Eleven digits that begin with 7."""


def asked_for(id: str, name: str, number: str, spoken: str, there: Companies, dialplan: Path) -> NewCompany:
    """The company as it was written on the command line. Raises InvalidInput for what cannot be one."""
    if not _ID.fullmatch(id) or id == COMMON:
        raise InvalidInput(
            f"Код «{printable(id, at_most=40)}» не подходит. Строчные латинские буквы, цифры и дефис, с буквы, "
            "от 2 до 24 знаков, например severnye-seti."
        )
    taken = [file for file in _files(dialplan, id) if file.exists()]
    if taken:
        raise InvalidInput(f"Компания «{id}» уже есть: {taken[0]}. Выберите другой код или правьте этот файл.")
    if not name.strip() or len(name) > _LONGEST_NAME or printable(name, at_most=_LONGEST_NAME) != name:
        raise InvalidInput("Название не подходит. Одна строка до 300 знаков, например --name «Северные сети».")
    return NewCompany(id, name.strip(), _spoken(name, spoken), _did(number, there))


def _did(number: str, there: Companies) -> str:
    phone = parse(number)
    if phone is None or phone.abroad:
        shown = printable(number, at_most=30)
        raise InvalidInput(f"«{shown}» — не российский телефон. Пишите так: --number 78005009494.")
    did = phone.e164.removeprefix("+")
    for company in there:
        if did in company.every_did:
            raise InvalidInput(f"Номер {did} уже отдан компании «{company.id}». Дайте новой другой.")
    return did


def _spoken(name: str, spoken: str) -> str:
    """What is said: as it was given, or the name without its legal form and quotes where that can be said."""
    words = spoken.strip() or re.sub(r"[«»\"]", "", _LEGAL_FORM.sub("", name.strip())).strip()
    if not _SPOKEN.fullmatch(words) or len(words) > _LONGEST_NAME or (not spoken and _LETTERS.search(words)):
        shown = printable(words, at_most=60)
        raise InvalidInput(
            f"«{shown}» вслух не прочесть. Напишите русскими словами, без цифр и сокращений: "
            "--spoken «Северные электрические сети»."
        )
    return words


def _files(dialplan: Path, id: str) -> Sequence[Path]:
    return (dialplan / "companies" / f"{id}.yaml", dialplan / "menus" / f"{id}.yaml")


def make(new: NewCompany, dialplan: Path) -> Sequence[Path]:
    """Write the company's files and its wordings; returns what was written. Raises Misconfigured for a spoilt template.

    Everything is made up before anything is written, the own file last: until it is there, nothing else counts.
    """
    own, menu = _files(dialplan, new.id)
    template, template_menu = _files(dialplan, TEMPLATE)
    book = PromptBook.load(dialplan / PROMPTS)
    made = {
        dialplan / PROMPTS: _with_wordings(new, read(dialplan / PROMPTS), book, read(template)),
        menu: _menu(new, template_menu),
        own: _company(new, read(template)),
    }
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")
    return tuple(made)


def _company(new: NewCompany, file: YamlFile) -> str:
    """The template with this company's code, name and number, and without the remarks on its own."""
    lines = file.path.read_text("utf-8").splitlines()
    first, number = file.line("id"), file.line("dids", 0)
    said = {"id": new.id, "name": new.name, "spoken_name": new.spoken}
    for key, value in said.items():
        lines[file.line(key) - 1] = f"{key}: {_scalar(value)}"
    lines[number - 1] = f'  - "{new.did}"'
    above = file.line("dids") - 1
    while lines[above - 1].startswith("#"):
        above -= 1
    kept = [*lines[first - 1 : above], *lines[file.line("dids") - 1 :]]
    head = f"# {new.name}. Что помечено словом «Образец», замените своим."
    return "\n".join([head, *(line.replace(TEMPLATE, new.id) for line in kept)]) + "\n"


def _menu(new: NewCompany, template: Path) -> str:
    lines = template.read_text("utf-8").splitlines()
    while lines and lines[0].startswith("#"):
        lines = lines[1:]
    head = f"# {new.name}. Что не названо здесь, берётся из {COMMON_FILE}."
    return "\n".join([head, *lines]) + "\n"


def _with_wordings(new: NewCompany, file: YamlFile, book: PromptBook, template: YamlFile) -> str:
    """The book with the template's own wordings once more, in this company's name, under the template's."""
    assert isinstance(template.tree, dict)
    name = template.tree["spoken_name"]
    assert isinstance(name, str)
    lines = file.path.read_text("utf-8").splitlines()
    for entry in sorted(book.values(), key=lambda entry: entry.line, reverse=True):
        if TEMPLATE not in entry.own or new.id in entry.own:
            continue
        words = entry.own[TEMPLATE]
        if name not in words:
            at = file.line(entry.id, "companies", TEMPLATE)
            raise Misconfigured(
                f"{file.path}:{at}: В образце для новых компаний нет слов «{name}». Верните их: на их место встаёт имя."
            )
        below = file.line(entry.id, "companies", TEMPLATE)
        while below < len(lines) and re.match(r" {5,}\S", lines[below]):  # the rest of a folded text
            below += 1
        said = f"    {new.id}: {words.replace(name, new.spoken)}"
        lines[below:below] = wrap(said, _COLUMNS, subsequent_indent=" " * 6, break_on_hyphens=False)
    return "\n".join(lines) + "\n"


def _scalar(value: str) -> str:
    """The value as YAML writes it, quoted where it must be."""
    return yaml.safe_dump(value, allow_unicode=True, width=10_000).removesuffix("\n").removesuffix("\n...")
