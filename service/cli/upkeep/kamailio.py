"""`gridline kamailio render`: writes the files of the Kamailio that stands before several nodes."""

from __future__ import annotations

import shlex

import typer
from rich.console import Console

from gridline import settings
from kamailio_conf.render import render


def add_to(app: typer.Typer) -> None:
    """Hang the group on `app`."""
    group = typer.Typer(name="kamailio", help="Файлы Kamailio перед несколькими узлами.", no_args_is_help=True)
    group.callback()(_group)
    group.command("render")(write)
    app.add_typer(group)


def _group() -> None:
    """Файлы Kamailio перед несколькими узлами."""


def write() -> None:
    """Записать файлы Kamailio в var/kamailio и показать, как его запустить."""
    rendered = render(settings.load())
    out = Console(highlight=False, soft_wrap=True)
    out.print(f"Файлы Kamailio: {rendered.etc}", markup=False)
    out.print(f"Запуск: {shlex.join(rendered.argv)}", markup=False)
