"""`gridline menus`: check menu files before callers meet them, and draw a menu as a picture."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from gridline.calendar import days
from gridline.clock import SystemClock
from gridline.companies import Companies, Company
from gridline.db import Database
from gridline.errors import InvalidInput, Misconfigured
from gridline.scope import Scope
from gridline.settings import load
from ivr.actions import SIGNATURES
from ivr.figures.figures import Period
from ivr.figures.menu import MenuQuestion
from ivr.figures.replays import ReplayedPeriod, replay_period
from ivr.menus.draw import draw
from ivr.menus.flows import load_checked
from ivr.menus.replay import ReplayEnd, ReplayHow
from ivr.menus.vocabulary import Vocabulary
from ivr.menus.written import COMMON_FILE
from ivr.voice.prompts import PromptBook

menus = typer.Typer(help="Меню, которые слышит абонент: проверить, нарисовать.", no_args_is_help=True)
DAYS: Final = 7
"""How many days' calls are replayed where no period is given, yesterday the last."""


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


@menus.command("replay")
def replay(
    company: Annotated[str, typer.Argument(metavar="КОМПАНИЯ", help="Например skek.")],
    file: Annotated[Path | None, typer.Option("--file", help="Новое меню; без него — то, что действует.")] = None,
    first: Annotated[str, typer.Option("--from", help="Первый день, 2026-11-01; без него — неделя до вчера.")] = "",
    last: Annotated[str, typer.Option("--to", help="Последний день, входит в период; без него — вчера.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="JSON: и каждый звонок.")] = False,
) -> None:
    """Провести прошедшие звонки через новое меню: кто где оказался бы. Ничего не меняет."""
    began = time.monotonic()
    found = asyncio.run(_replay(company, file, first, last))
    took_s = time.monotonic() - began
    if as_json:
        typer.echo(json.dumps(_replay_json(found, took_s), ensure_ascii=False, indent=2))
        return
    out = Console(highlight=False, width=None if Console().is_terminal else 160)
    replayed = found.replayed
    table = Table("Звонков", "Кончились", "Кончились бы", box=None)
    for (old, new), number in replayed.moves.most_common():
        if old != new:
            table.add_row(str(number), old.words, new.words)
    calls = len(replayed.calls)
    changed = sum(one.changed for one in replayed.calls)
    out.print(f"Звонков {calls}: так же кончились бы {calls - changed}, иначе {changed}.")
    out.print(f"Нажали бы клавишу, которой больше нет: {replayed.number(ReplayHow.NO_SUCH_KEY)}.")
    out.print(f"Сказать нельзя, нажатий дальше нет: {replayed.number(ReplayHow.NOT_KNOWN)}.")
    if found.in_storm:
        out.print(f"Звонков в шторм, их меню другое: {found.in_storm}.")
    if changed:
        out.print(table)


async def _replay(company_id: str, file: Path | None, first: str, last: str) -> ReplayedPeriod:
    settings = load()
    company = Companies.load(settings.dialplan / "companies").by_id(company_id)
    vocabulary = vocabulary_by_book(company, PromptBook.load(settings.dialplan / "prompts.ru.yaml"))
    folder = settings.dialplan / "menus"
    was = load_checked(folder / company.menu, vocabulary)
    flow = load_checked(file, vocabulary, folder / COMMON_FILE) if file is not None else was
    yesterday = days.day_before(days.day_of(SystemClock().now(), company.zone))
    until = _day("--to", last, yesterday)
    since = _day("--from", first, days.last(DAYS, until)[0])
    if until < since:
        raise InvalidInput(f"Период кончается раньше, чем начинается: --from {since}, --to {until}.")
    asked = MenuQuestion(company.id, Period(days.begins(since, company.zone), days.ends(until, company.zone)))
    db = Database(settings.db_url)
    try:
        async with db.read() as session:
            return await replay_period(session, flow, asked, was=was, visible_to=Scope())
    finally:
        await db.close()


def _day(name: str, text: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(text) if text else otherwise
    except ValueError:
        raise InvalidInput(f"{name} {text!r}: пишите день как 2026-11-01") from None


def _replay_json(found: ReplayedPeriod, took_s: float) -> dict[str, Any]:
    def end(one: ReplayEnd) -> dict[str, str]:
        return {"place": one.place, "how": one.how, "key": one.key}

    replayed = found.replayed
    return {
        "calls": len(replayed.calls),
        "changed": sum(one.changed for one in replayed.calls),
        "no_such_key": replayed.number(ReplayHow.NO_SUCH_KEY),
        "not_known": replayed.number(ReplayHow.NOT_KNOWN),
        "in_storm": found.in_storm,
        "seconds": round(took_s, 3),
        "moves": [
            {"old": end(old), "new": end(new), "calls": number} for (old, new), number in replayed.moves.most_common()
        ],
        "each": [{"call": one.call_id, "old": end(one.old), "new": end(one.new)} for one in replayed.calls],
    }


def vocabulary_by_book(company: Company, book: PromptBook) -> Vocabulary:
    """The company's vocabulary by the letters of its prompts, with every action."""
    return Vocabulary.by_book(company, book, SIGNATURES)


def add_to(app: typer.Typer) -> None:
    """Put the commands under `gridline menus`."""
    app.add_typer(menus, name="menus")
