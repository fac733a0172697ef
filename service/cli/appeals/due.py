"""`gridline appeals due`: open promises, the most urgent first."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from appeals import numbering
from appeals.casework.promises import Promises
from gridline import settings
from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import Database
from service.cli.appeals.common import CompanyOption, run


def add_to(group: typer.Typer) -> None:
    """Hang the command on its group."""
    group.command("due")(due)


def due(
    company: CompanyOption,
    owner: Annotated[str, typer.Option("--owner", help="Только этого ответственного")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000)] = 50,
) -> None:
    """Что обещано и ещё не сделано, самое срочное сначала."""
    zone = Companies.load(settings.load().dialplan / "companies").by_id(company).zone

    async def work(db: Database) -> Table:
        table = Table("Срок", "%", "Что", "Ответственный", "Обращение или звонок", box=None)
        for promise in await Promises(db, SystemClock()).due(company, owner=owner or None, limit=limit):
            subject = (promise.number and numbering.written(promise.number)) or promise.call_id or ""
            when = f"{promise.due_at.astimezone(zone):%d.%m.%Y %H:%M}"
            table.add_row(when, str(promise.per_cent), promise.title, promise.owner, subject)
        return table

    Console(width=None if Console().is_terminal else 160).print(run(work))
