"""`gridline appeals export`: the evidence bundle of one appeal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agent_console.calls.evidence import proof_of, signing_key
from appeals.finding.appeals import TRUST
from appeals.proof import evidence
from gridline import settings
from gridline.clock import SystemClock
from gridline.db import Database
from gridline.scope import Scope
from service.cli.appeals.common import CompanyOption, NumberArgument, actor, run


def add_to(group: typer.Typer) -> None:
    """Hang the command on its group."""
    group.command("export")(export)


def export(number: NumberArgument, company: CompanyOption, out: Annotated[Path, typer.Option("--out")]) -> None:
    """Выгрузить пакет доказательств (ZIP с проверкой внутри). Выгрузка остаётся в истории обращения."""

    async def work(db: Database) -> evidence.Bundle:
        async with db.write() as session:
            appeal = await evidence.by_number(session, company, number)
            proof = await proof_of(session, appeal, visible_to=Scope(company, trust=appeal.kind == TRUST))
            at, key = SystemClock().now(), signing_key(settings.load())
            return await evidence.bundle(session, appeal, proof, actor=actor(), at=at, key=key)

    bundle = run(work)
    out.write_bytes(bundle.content)
    typer.echo(f"{out}: {len(bundle.content)} байт, SHA-256 описи {bundle.manifest_sha256}")
