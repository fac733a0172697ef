"""`gridline appeals verify`: shows that no event was changed, removed or inserted, or names those that were."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.history import moment
from appeals.proof.verify import JournalHead, heads, verify
from gridline.clock import SystemClock
from gridline.errors import InvalidInput
from service.cli.appeals.common import read


def add_to(group: typer.Typer) -> None:
    """Hang the command on its group."""
    group.command("verify")(verify_register)


def verify_register(
    company: Annotated[str, typer.Option("--company", help="Компания (id); обычно — все")] = "",
    known: Annotated[Path | None, typer.Option("--heads", help="Файл концов журналов, записанных раньше")] = None,
    keep: Annotated[Path | None, typer.Option("--keep-heads", help="Дописать нынешние концы журналов в файл")] = None,
) -> None:
    """Найти изменённые, удалённые и вставленные события. Код 1, если они есть."""
    before: Sequence[JournalHead] = _heads_of(known) if known else []

    async def work(session: AsyncSession) -> bool:
        verdict = await verify(session, company_id=company or None, kept=before)
        typer.echo(f"Проверено обращений: {verdict.appeals}, событий: {verdict.events}.")
        for fault in verdict.faults:
            typer.echo(f"  {fault.sentence}")
        typer.echo("Нарушений нет." if not verdict.faults else f"Нарушений: {len(verdict.faults)}.")
        if keep and not verdict.faults:
            now = moment(SystemClock().now())
            with keep.open("a", encoding="utf-8") as file:
                file.writelines(f"{json.dumps(asdict(head) | {'at': now})}\n" for head in await heads(session))
        return not verdict.faults

    if not read(work):
        raise typer.Exit(1)


def _heads_of(file: Path) -> list[JournalHead]:
    try:
        found = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [JournalHead(one["company_id"], one["year"], one["journal_no"], one["journal_hash"]) for one in found]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(f"{file}: это не файл концов журналов ({error}).") from error
