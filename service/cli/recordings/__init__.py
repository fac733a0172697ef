"""`gridline recordings ...`: what whoever answers for the recordings does with them from a shell."""

from __future__ import annotations

import typer

from service.cli.recordings import retention, verify

PARTS = (verify, retention)


def add_to(app: typer.Typer) -> None:
    """Hang the group on `app`."""
    group = typer.Typer(name="recordings", help="Записи разговоров", no_args_is_help=True)
    for part in PARTS:
        part.add_to(group)
    app.add_typer(group)
