"""`gridline menus`: check menu files before callers meet them, and draw a menu as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gridline.companies import Companies, Company
from gridline.errors import Misconfigured
from gridline.settings import load
from ivr.actions import SIGNATURES
from ivr.menus.draw import draw
from ivr.menus.flows import load_checked
from ivr.menus.vocabulary import Vocabulary
from ivr.menus.written import COMMON_FILE
from ivr.voice.prompts import PromptBook

menus = typer.Typer(help="Меню, которые слышит абонент: проверить, нарисовать.", no_args_is_help=True)


@menus.command("check")
def check(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[ФАЙЛ]...", help="По умолчанию меню всех компаний.")
    ] = None,
) -> None:
    """Проверить файлы меню; код 1, если хоть один нельзя отдать абонентам."""
    settings = load()
    companies = Companies.load(settings.dialplan / "companies")
    book = PromptBook.load(settings.dialplan / "prompts.ru.yaml")
    out, err = Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False, soft_wrap=True)
    folder = settings.dialplan / "menus"
    broken = False
    for file in _asked(files or [folder / COMMON_FILE], companies):
        owners = [company for company in companies if file.name in company.menus]
        if not owners:
            broken = True
            known = ", ".join(sorted(menu for company in companies for menu in company.menus))
            text = f"{file}:1: Это меню ни одной компании. Назовите файл как в поле menu компании: {known}."
            err.print(text, markup=False)
        for company in owners:
            try:
                flow = load_checked(file, vocabulary_by_book(company, book))
            except Misconfigured as error:
                broken = True
                err.print(error.message, markup=False)
            else:
                text = f"{file}: в порядке ({company.name}), мест {len(flow.places)}, версия {flow.version[:12]}"
                out.print(text, markup=False)
    if broken:
        raise typer.Exit(1)


def _asked(files: Sequence[Path], companies: Companies) -> Sequence[Path]:
    """These menus; in place of the common one, which is no company's, every menu beside it."""
    menus = sorted({menu for company in companies for menu in company.menus})
    whole = [[file.with_name(menu) for menu in menus] if file.name == COMMON_FILE else [file] for file in files]
    return [file for some in whole for file in some]


@menus.command("draw")
def draw_menu(company: Annotated[str, typer.Argument(metavar="КОМПАНИЯ", help="Например skek.")]) -> None:
    """Нарисовать меню компании (Mermaid, для README и вики)."""
    settings = load()
    owner = Companies.load(settings.dialplan / "companies").by_id(company)
    book = PromptBook.load(settings.dialplan / "prompts.ru.yaml")
    flow = load_checked(settings.dialplan / "menus" / owner.menu, vocabulary_by_book(owner, book))
    typer.echo(draw(flow), nl=False)


def vocabulary_by_book(company: Company, book: PromptBook) -> Vocabulary:
    """The company's vocabulary with prompts as long as their letters say: for checks before anything is synthesised."""
    seconds = {id: entry.estimate_s(company.id) for id, entry in book.items() if not entry.placeholders}
    return Vocabulary.of(company, seconds, SIGNATURES)


def add_to(app: typer.Typer) -> None:
    """Put the commands under `gridline menus`."""
    app.add_typer(menus, name="menus")
