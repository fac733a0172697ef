"""`gridline appeals client`: gives another system access to the API."""

from __future__ import annotations

from typing import Annotated

import typer

from agent_console.api.clients import CLIENTS, add_client
from gridline import settings
from gridline.companies import Companies


def add_to(group: typer.Typer) -> None:
    """Hang the command on its group."""
    group.command("client")(client)


def client(
    name: Annotated[str, typer.Argument(metavar="ИМЯ", help="Система: латинские буквы, цифры, дефисы")],
    company: Annotated[list[str], typer.Option("--company", help="Компания (id); можно несколько раз")],
) -> None:
    """Допустить систему к API обращений. Ключ показывается один раз и нигде не хранится."""
    options = settings.load()
    companies = Companies.load(options.dialplan / "companies")
    allowed = frozenset(companies.by_id(company_id).id for company_id in company)
    typer.echo(add_client(options.var / CLIENTS, name, allowed))
