"""`gridline companies check|new`: is what companies say of themselves right; and another company from the template."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from gridline import settings
from gridline.clock import SystemClock
from gridline.companies import Companies
from service.cli.company.companies import checks, fresh


def add_to(app: typer.Typer) -> None:
    """Hang the command group on `app`."""
    group = typer.Typer(name="companies", help="Компании: проверить, завести новую.", no_args_is_help=True)
    group.command("check")(check)
    group.command("new")(new)
    app.add_typer(group)


def check() -> None:
    """Проверить файлы компаний, меню, подсказки, статьи и календарь; код 1, если что-то не так."""
    options = settings.load()
    wrong = checks.found(options.dialplan, options.var, SystemClock().now().date())
    if wrong:
        err = Console(stderr=True, highlight=False, soft_wrap=True)
        for line in wrong:
            err.print(line, markup=False)
        raise typer.Exit(1)
    out = Console(highlight=False, soft_wrap=True)
    for company in Companies.load(options.dialplan / "companies"):
        out.print(f"{company.id}: в порядке ({company.name}, {', '.join(company.every_did)})", markup=False)


def new(
    id: Annotated[str, typer.Argument(metavar="КОД", help="Строчными латинскими буквами, например severnye-seti")],
    name: Annotated[str, typer.Option("--name", help="Название, как его пишут")],
    number: Annotated[str, typer.Option("--number", help="Телефон линии, в любом виде")],
    spoken: Annotated[str, typer.Option("--spoken", help="Как название произносят; обычно из --name")] = "",
) -> None:
    """Завести компанию по образцу: её файл, меню и слова, в которых она называет себя."""
    dialplan = settings.load().dialplan
    there = Companies.load(dialplan / "companies")
    made = fresh.make(fresh.asked_for(id, name, number, spoken, there, dialplan), dialplan)
    out = Console(highlight=False, soft_wrap=True)
    for path in made:
        out.print(f"Записан {path}", markup=False)
    out.print("Дальше:")
    for todo in fresh.TO_DO:
        out.print(f"  - {todo}", markup=False)
