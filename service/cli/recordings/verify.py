"""`gridline recordings verify`: files, rows and the chain compared; what does not agree is named."""

from __future__ import annotations

from typing import Annotated

import typer

from agent_console.calls.store import of_installation
from gridline import settings
from gridline.db import Database
from recordings.verification import Verification, verify
from service.cli.appeals.common import run


def add_to(group: typer.Typer) -> None:
    """Hang the command on its group."""
    group.command("verify")(verify_recordings)


def verify_recordings(
    quick: Annotated[bool, typer.Option("--quick", help="Не читать файлы, сверить только имена и размеры")] = False,
) -> None:
    """Сверить файлы записей с базой и с цепочкой. Код 1, если что-то не сходится."""
    store = of_installation(settings.load())

    async def work(db: Database) -> Verification:
        return await verify(db, store, checksums=not quick)

    looked = run(work)
    typer.echo(f"Проверено записей: {looked.recordings}, файлов: {looked.files}, звеньев цепочки: {looked.links}.")
    for one in looked.found:
        typer.echo(f"  {one.sentence}")
    typer.echo(f"Расхождений: {len(looked.found)}." if looked.found else "Всё сходится.")
    if looked.found:
        raise typer.Exit(1)
