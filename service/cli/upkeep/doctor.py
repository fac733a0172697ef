"""`gridline doctor`: says in plain words what is missing or wrong in this installation and what to do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gridline import settings
from gridline.errors import Misconfigured
from service.doctor import CHECKS, cluster, examine
from service.doctor.finding import Finding, wrong

_MARKS = {"fine": ("✓", "green"), "note": ("!", "yellow"), "wrong": ("✗", "bold red")}


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("doctor")(doctor)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Для программ: JSON.")] = False,
    whole: Annotated[bool, typer.Option("--cluster", help="О чём узлы установки расходятся.")] = False,
) -> None:
    """Проверить установку: что не так и что делать. Код 1, если что-то не так."""
    checks = (cluster.agreement,) if whole else CHECKS
    try:
        findings = asyncio.run(examine(settings.load(), checks))
    except Misconfigured as error:  # without settings nothing else can be checked
        findings = [wrong("Настройки", error.message, "Исправьте gridline.toml или переменные GRIDLINE_*.")]
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        _show(findings)
    raise typer.Exit(1 if any(finding.level == "wrong" for finding in findings) else 0)


def _show(findings: Sequence[Finding]) -> None:
    out = Console(highlight=False)
    table = Table("", "Что", "Как есть", "Что делать", box=None, pad_edge=False)
    for finding in findings:
        mark, style = _MARKS[finding.level]
        table.add_row(Text(mark, style=style), finding.check, Text(finding.what), Text(finding.cure, style="bold"))
    out.print(table)
    bad = sum(finding.level == "wrong" for finding in findings)
    notes = sum(finding.level == "note" for finding in findings)
    summary = f"Не так: {bad}, заметок: {notes}." if bad else f"Всё в порядке, заметок: {notes}."
    out.print(Text(f"\n{summary}", style="bold red" if bad else "bold green"))
