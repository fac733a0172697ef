"""`gridline rules list|whatif`: the rules that give deadlines, and what a changed set would change."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from appeals import numbering
from appeals.deadlines import rules
from appeals.deadlines.deadlines import days_in_words
from appeals.deadlines.rules import Rule
from appeals.deadlines.whatif import Change
from appeals.taxonomy import shipped as taxonomy
from gridline import settings
from gridline.calendar.calendar_file import load_calendar
from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import InvalidInput

DayOption = Annotated[str, typer.Option("--on", help="День (2027-01-31); обычно — сегодня")]
SHOWN = 50
STANDINGS = {"rule": "норма", "seed": "образец", "default": "настройка"}


def add_to(app: typer.Typer) -> None:
    """Hang the group on `app`."""
    group = typer.Typer(name="rules", help="Правила сроков", no_args_is_help=True)
    group.command("list")(show)
    group.command("whatif")(what_if)
    app.add_typer(group)


def show(on: DayOption = "") -> None:
    """Правила, действующие на день."""
    book = rules.of_installation(settings.load().dialplan)
    day = _day(on, SystemClock().now().date())
    table = Table("Правило", "Статус", "Срок", "Профиль", "Компания", "Каналы", "Откуда", box=None)
    for rule in book.rules:
        if rule.in_force(day):
            profile, company = ", ".join(rule.profiles), rule.company or "все"
            channels = ", ".join(rule.channels) or "все"
            table.add_row(rule.id, STANDINGS[rule.standing], _term(rule), profile, company, channels, rule.source)
    Console(width=None if Console().is_terminal else 200).print(table)


def what_if(
    file: Annotated[Path, typer.Argument(help="Файл правил: новые строки и строки с прежним id")],
    company: Annotated[str, typer.Option("--company", help="Компания (id)")],
    on: DayOption = "",
) -> None:
    """Что изменится, если ввести правила из файла. Ничего не меняет."""
    asyncio.run(_what_if(file, company, on))


async def _what_if(file: Path, company_id: str, on: str) -> None:
    options = settings.load()
    company = Companies.load(options.dialplan / "companies").by_id(company_id)
    old = rules.of_installation(options.dialplan)
    change = Change(company, old, old.with_rows(rules.read_rows(file)), load_calendar(options.var))
    today = SystemClock().now().astimezone(company.zone).date()
    day = _day(on, today)
    codes = taxonomy()
    typer.echo(f"{company.name}: обращения, поступившие {day:%d.%m.%Y}")
    fresh = list(change.new_intakes(day, codes))
    for each in fresh:
        typer.echo(f"  {codes.channels[each.channel].title}, {codes.kinds[each.kind].title}")
        typer.echo(f"    было:  {each.before.sentence}\n    будет: {each.after.sentence}")
    if not fresh:
        typer.echo("  ничего не изменится")
    db = Database(options.db_url)
    try:
        async with db.read() as session:
            touched = await change.open_appeals(session)
    finally:
        await db.close()
    late = sum(each.overdue_at_once(today) for each in touched)
    typer.echo(f"Обращения без ответа: срок или правило другие у {len(touched)}, сразу просрочены {late}")
    for one in touched[:SHOWN]:
        days = f"{one.before.day:%d.%m.%Y} ({one.before.rule_id}) -> {one.after.day:%d.%m.%Y} ({one.after.rule_id})"
        typer.echo(f"  {numbering.written(one.number)}: в реестре {one.stored:%d.%m.%Y}; по правилам {days}")
    if len(touched) > SHOWN:
        typer.echo(f"  ... и ещё {len(touched) - SHOWN}")
    typer.echo("Сроки, уже записанные в реестр, новые правила сами не меняют.")


def _day(written: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(written) if written else otherwise
    except ValueError:
        raise InvalidInput(f"--on {written!r}: пишите 2027-01-31") from None


def _term(rule: Rule) -> str:
    if rule.unit == "hours":
        return f"{rule.value} ч"
    if rule.value == 0:
        return "сразу"
    return days_in_words(rule.value, working=rule.unit == "working-days")
