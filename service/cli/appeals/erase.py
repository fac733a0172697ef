"""`gridline appeals erase`: personal data of closed appeals, their letters and their recordings, by one act."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from sqlalchemy import select

from appeals import numbering
from appeals.answers.post_room import outbox
from appeals.models import DestructionAct
from appeals.personal_data.erasure import Erased, Erasure
from gridline import settings
from gridline.clock import SystemClock
from gridline.db import Database
from recordings import erasure as recordings
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

    async def work(db: Database) -> tuple[Erased, int, int]:
        erasure = Erasure(db, SystemClock())
        done = await erasure.erase(company, numbers, reason=reason, actor=actor(), witness=witness, dry_run=not go)
        letters, sounds = await _by_acts(db, company) if go else (0, 0)
        return done, letters, sounds

    done, letters, sounds = run(work)
    for appeal in done.kept:
        typer.echo(f"  {numbering.written(appeal.number)} остаётся: {appeal.reason}")
    for number in done.numbers:
        typer.echo(f"  {numbering.written(number)} {'уничтожено' if go else 'было бы уничтожено'}")
    if done.act_id:
        typer.echo(f"Акт об уничтожении {done.act_id}.")
    if go:
        typer.echo(f"Уничтожено файлов писем: {letters}, записей разговоров: {sounds}.")
    elif done.recordings:
        typer.echo(f"Записей разговоров было бы уничтожено: {len(done.recordings)}.")


async def _by_acts(db: Database, company: str) -> tuple[int, int]:
    """Delete what the company's acts name outside the register; returns how many letters and recordings.

    All acts, not only the latest: this finishes what a crash left undone earlier.
    """
    config = settings.load()
    async with db.read() as session:
        query = select(DestructionAct.items).where(DestructionAct.company_id == company).order_by(DestructionAct.at)
        acts = [json.loads(items) for items in (await session.execute(query)).scalars()]
    letters = sum(len(outbox(config).erase(numbering.written(number))) for act in acts for number in act["appeals"])
    ids = [recording_id for act in acts for recording_id in act["recordings"]]
    return letters, len(await recordings.erase(db, config.var / "recordings/store", ids))
