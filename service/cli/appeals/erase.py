"""`gridline appeals erase`: personal data of closed appeals, their letters and their recordings, by one act."""

from __future__ import annotations

from typing import Annotated

import typer

from agent_console.calls.store import of_installation
from agent_console.people.erasing import by_acts
from appeals import numbering
from appeals.personal_data.erasure import Erased, Erasure
from gridline import settings
from gridline.clock import SystemClock
from gridline.db import Database
from recordings.erasure import KeptRecordings
from service.cli.appeals.common import CompanyOption, actor, run


def add_to(group: typer.Typer) -> None:
    """Hang the command on its group."""
    group.command("erase")(erase)


def erase(
    numbers: Annotated[list[str], typer.Argument(metavar="НОМЕР...")],
    company: CompanyOption,
    reason: Annotated[str, typer.Option("--reason", help="Основание уничтожения")],
    witness: Annotated[str, typer.Option("--witness", help="Второй человек")],
    go: Annotated[bool, typer.Option("--go", help="Уничтожить; без этого — только показать")] = False,
) -> None:
    """Уничтожить персональные данные закрытых обращений, письма и записи по ним, и оставить акт."""

    async def work(db: Database) -> tuple[Erased, int, int, int]:
        clock = SystemClock()
        erasure = Erasure(db, clock, KeptRecordings())
        done = await erasure.erase(company, numbers, reason=reason, actor=actor(), witness=witness, dry_run=not go)
        letters, sounds, messages = await _by_acts(db, company) if go else (0, 0, 0)
        return done, letters, sounds, messages

    done, letters, sounds, messages = run(work)
    for appeal in done.kept:
        typer.echo(f"  {numbering.written(appeal.number)} остаётся: {appeal.reason}")
    for number in done.numbers:
        typer.echo(f"  {numbering.written(number)} {'уничтожено' if go else 'было бы уничтожено'}")
    if done.act_id:
        typer.echo(f"Акт об уничтожении {done.act_id}.")
    if go:
        typer.echo(f"Уничтожено файлов писем: {letters}, записей разговоров: {sounds}, сообщений: {messages}.")
    elif done.recordings:
        typer.echo(f"Записей разговоров было бы уничтожено: {len(done.recordings)}.")


async def _by_acts(db: Database, company: str) -> tuple[int, int, int]:
    config = settings.load()
    return await by_acts.carry_out(db, SystemClock(), config, of_installation(config), company)
