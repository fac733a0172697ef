"""`gridline appeals kept`: everything the register keeps about one person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.personal_data import personal_data
from service.cli.appeals.common import CompanyOption, read


def add_to(group: typer.Typer) -> None:
    """Hang the command on its group."""
    group.command("kept")(kept)


def kept(
    phone: Annotated[str, typer.Argument(metavar="ТЕЛЕФОН")],
    company: CompanyOption,
    out: Annotated[Path, typer.Option("--out", help="Файл .json")],
) -> None:
    """Всё, что реестр хранит о человеке с этим телефоном (статья 14 152-ФЗ)."""

    async def work(session: AsyncSession) -> dict[str, Any]:
        return await personal_data.kept_of(session, company, phone)

    kept_data = read(work)
    out.write_text(json.dumps(kept_data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    typer.echo(f"{out}: обращений {len(kept_data['appeals'])}, черновиков {len(kept_data['drafts'])}")
