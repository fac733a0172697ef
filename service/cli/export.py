"""`gridline export`: offices, passports and articles as the tables that `gridline import` reads."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated

import typer

from grid.imports.files import Sheet, articles, office_table
from grid.imports.files import passports as passport_files
from grid.offices import book
from grid.offices import offices as office_file
from gridline import settings
from gridline.companies import Companies
from gridline.errors import Unavailable

FileArgument = Annotated[Path, typer.Argument(metavar="FILE.csv", help="Куда записать таблицу.")]
CompanyOption = Annotated[str, typer.Option("--company", help="Код компании.")]
OwnerOption = Annotated[str, typer.Option("--company", help="Код компании; common — для всех компаний.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(name="export", no_args_is_help=True, help="Записать офисы, паспорта и статьи таблицей.")

    @group.command()
    def offices(file: FileArgument, company: CompanyOption) -> None:
        """Офисы компании."""
        dialplan, companies = _installation()
        owner = companies.by_id(company)
        path = dialplan / book.FOLDER / f"{owner.id}.yaml"
        told = office_file.load(path, owner) if path.exists() else office_file.NONE
        _write(file, office_table.sheet(told, owner))

    @group.command()
    def passports(file: FileArgument, company: OwnerOption) -> None:
        """Паспорта услуг."""
        _write(file, passport_files.sheet(*_installation(), company))

    @group.command()
    def knowledge(file: FileArgument, company: OwnerOption) -> None:
        """Статьи базы знаний."""
        _write(file, articles.sheet(*_installation(), company))

    app.add_typer(group)


def _installation() -> tuple[Path, Companies]:
    dialplan = settings.load().dialplan
    return dialplan, Companies.load(dialplan / "companies")


def _write(file: Path, sheet: Sheet) -> None:
    try:
        with file.open("w", encoding="utf-8-sig", newline="") as out:
            writer = csv.writer(out, delimiter=";")
            writer.writerows((sheet.columns, *sheet.rows))
    except OSError as error:
        raise Unavailable(f"{file}: файл не записать ({error.strerror}). Назовите другое место.") from error
    typer.echo(f"Строк: {len(sheet.rows)}. Исправьте таблицу и загрузите: gridline import.")
