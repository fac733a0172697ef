"""`gridline import net|renames|premises|outages|connections|appeals|numbering FILE`: tables into the database."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from appeals.deadlines.rules import of_installation
from appeals.intake.imports import Imported, import_appeals
from appeals.register import Register
from grid.imports import HandedTable, Outcome
from grid.imports.connections import import_connections
from grid.imports.net import import_net
from grid.imports.numbering import import_numbering
from grid.imports.outages import import_outages
from grid.imports.premises import import_premises
from grid.imports.renames import import_renames
from gridline import settings
from gridline.calendar.calendar_file import load_calendar
from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.settings import Settings
from service.cli.import_ import files

Importer = Callable[[Database, HandedTable], Awaitable[Outcome]]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="Таблица CSV или XLSX; первая строка — названия.")]
CompanyOption = Annotated[str, typer.Option("--company", help="Чьи строки, если столбца «компания» нет.")]
RelativeOption = Annotated[
    Literal["now"] | None,
    typer.Option("--relative-to", help="Для образцов: принимать времена вида +3h и -2d, считая от этой минуты."),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(name="import", no_args_is_help=True, help="Загрузить таблицу: всю или ничего.")

    @group.command()
    def net(file: FileArgument, company: CompanyOption = "") -> None:
        """Сеть: подстанции, фидеры, ТП и что над ними."""
        _run(import_net, file, company, None)

    @group.command()
    def renames(file: FileArgument, company: CompanyOption = "") -> None:
        """Переименованные улицы: прежние названия и новые."""
        _run(import_renames, file, company, None)

    @group.command()
    def premises(file: FileArgument, company: CompanyOption = "", relative_to: RelativeOption = None) -> None:
        """Абоненты, их объекты и телефоны."""
        _run(import_premises, file, company, relative_to)

    @group.command()
    def outages(file: FileArgument, company: CompanyOption = "", relative_to: RelativeOption = None) -> None:
        """Плановые и аварийные отключения."""
        _run(import_outages, file, company, relative_to)

    @group.command()
    def connections(file: FileArgument, company: CompanyOption = "", relative_to: RelativeOption = None) -> None:
        """Заявки на технологическое присоединение."""
        _run(import_connections, file, company, relative_to)

    @group.command()
    def appeals(file: FileArgument, company: CompanyOption = "") -> None:
        """Обращения, поступившие не по телефону: каждое получает номер и срок."""
        options = settings.load()
        companies = Companies.load(options.dialplan / "companies")
        typer.echo(asyncio.run(_appeals(options, companies, file, company)).sentence)

    @group.command()
    def numbering(
        files: Annotated[
            list[Path], typer.Argument(metavar="FILE...", help="ABC-3xx, ABC-4xx, ABC-8xx, DEF-9xx: CSV.")
        ],
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Проверить и сосчитать, ничего не меняя.")] = False,
        smaller: Annotated[
            bool, typer.Option("--smaller", help="Принять таблицу, которая стала намного меньше.")
        ] = False,
    ) -> None:
        """Официальные таблицы нумерации: чей номер и из какого он региона."""
        outcome = asyncio.run(_numbering(settings.load().db_url, files, smaller=smaller, dry_run=dry_run))
        for line in (outcome.sentence, *outcome.notes):
            typer.echo(line)

    files.add_to(group)
    app.add_typer(group)


async def _numbering(url: str, files: list[Path], *, smaller: bool, dry_run: bool) -> Outcome:
    database, at, actor = Database(url), SystemClock().now(), f"cli:{getpass.getuser()}"
    try:
        return await import_numbering(database, files, at=at, actor=actor, smaller=smaller, dry_run=dry_run)
    finally:
        await database.close()


async def _appeals(options: Settings, companies: Companies, file: Path, company: str) -> Imported:
    database = Database(options.db_url)
    clock = SystemClock()
    rules = of_installation(options.dialplan)
    register = Register(database, clock, companies, load_calendar(options.var), rules)
    try:
        return await import_appeals(
            register, clock, companies, file, company_id=company, actor=f"cli:{getpass.getuser()}"
        )
    finally:
        await database.close()


def _run(importer: Importer, file: Path, company: str, relative_to: Literal["now"] | None) -> None:
    options = settings.load()
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    table = HandedTable(file, Companies.load(options.dialplan / "companies"), company, minute if relative_to else None)
    outcome = asyncio.run(_import(options.db_url, importer, table))
    for line in (outcome.sentence, *outcome.notes):
        typer.echo(line)


async def _import(url: str, importer: Importer, table: HandedTable) -> Outcome:
    database = Database(url)
    try:
        return await importer(database, table)
    finally:
        await database.close()
