"""`gridline import offices|passports|knowledge FILE`: tables that become files of the dialplan."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import make_url

from grid.imports import HandedTable, Outcome
from grid.imports.files import articles, passports
from grid.imports.files.office_rows import OfficeVoice
from grid.imports.files.offices import import_offices
from grid.offices import closing
from grid.offices.closing import VisitsThere
from gridline import settings
from gridline.clock import SystemClock
from gridline.companies import Companies, Company
from gridline.db import Database
from ivr.voice.spoken import address
from ivr.voice.spoken.hours import week_hours

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="Таблица CSV или XLSX; первая строка — названия.")]
CompanyOption = Annotated[str, typer.Option("--company", help="Код компании.")]
OwnerOption = Annotated[str, typer.Option("--company", help="Код компании; common — для всех компаний.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Проверить и показать изменения, ничего не меняя.")]
VisitsOption = Annotated[bool, typer.Option("--with-visits", help="Убрать и офисы, куда записаны люди.")]
SmallerOption = Annotated[bool, typer.Option("--smaller", help="Принять таблицу, которая стала намного меньше.")]

VOICE = OfficeVoice(address, week_hours)


def add_to(group: typer.Typer) -> None:
    """Add the commands to `gridline import`."""

    @group.command()
    def offices(
        file: FileArgument,
        company: CompanyOption,
        dry_run: DryRunOption = False,
        smaller: SmallerOption = False,
        with_visits: VisitsOption = False,
    ) -> None:
        """Офисы компании: адреса, часы, кого обслуживают. Чего в таблице нет, убирается."""
        _taken(
            file,
            company,
            lambda folder, table: import_offices(
                folder, table, VOICE, _booked, smaller=smaller, closing=with_visits, dry_run=dry_run
            ),
        )

    @group.command(name="passports")
    def passports_(
        file: FileArgument, company: OwnerOption, dry_run: DryRunOption = False, smaller: SmallerOption = False
    ) -> None:
        """Паспорта услуг, строка на этап. Чего в таблице нет, убирается."""
        _taken(
            file,
            company,
            lambda folder, table: passports.import_passports(folder, table, smaller=smaller, dry_run=dry_run),
        )

    @group.command()
    def knowledge(
        file: FileArgument, company: OwnerOption, dry_run: DryRunOption = False, smaller: SmallerOption = False
    ) -> None:
        """Статьи базы знаний. Чего в таблице нет, убирается."""
        _taken(
            file,
            company,
            lambda folder, table: articles.import_knowledge(folder, table, smaller=smaller, dry_run=dry_run),
        )


def _booked(company: Company, office_ids: Collection[str]) -> Mapping[str, VisitsThere]:
    """The visits to come of these offices; none where there is no database yet."""
    url = make_url(settings.load().db_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return {}
    return asyncio.run(_asked(url.render_as_string(hide_password=False), company, office_ids))


async def _asked(url: str, company: Company, office_ids: Collection[str]) -> Mapping[str, VisitsThere]:
    database = Database(url)
    try:
        async with database.read() as session:
            return await closing.booked_there(session, company.id, office_ids, SystemClock().now())
    finally:
        await database.close()


def _taken(file: Path, company: str, importer: Callable[[Path, HandedTable], Outcome]) -> None:
    dialplan = settings.load().dialplan
    companies = Companies.load(dialplan / "companies")
    outcome = importer(dialplan, HandedTable(file, companies, company))
    for line in (outcome.sentence, *outcome.notes):
        typer.echo(line)
