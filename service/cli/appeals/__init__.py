"""`gridline appeals ...`: what clerks, supervisors and lawyers do with the register from a shell."""

from __future__ import annotations

import typer

from service.cli.appeals import answer, client, due, erase, export, kept, key, steps, verify

PARTS = (verify, export, key, due, kept, steps, answer, erase, client)


def add_to(app: typer.Typer) -> None:
    """Hang the group on `app`."""
    group = typer.Typer(name="appeals", help="Реестр обращений", no_args_is_help=True)
    for part in PARTS:
        part.add_to(group)
    app.add_typer(group)
