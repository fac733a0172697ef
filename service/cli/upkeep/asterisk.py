"""`gridline asterisk render`: writes our Asterisk's files for an Asterisk that runs as a separate service."""

from __future__ import annotations

import shlex

import typer
from rich.console import Console

from asterisk_conf import asterisk
from asterisk_conf.packages import PackageRoot
from asterisk_conf.render import render
from gridline import settings
from gridline.companies import Companies


def add_to(app: typer.Typer) -> None:
    """Hang the group on `app`."""
    group = typer.Typer(name="asterisk", help="Файлы Asterisk для своей службы.", no_args_is_help=True)
    group.callback()(_group)
    group.command("render")(write)
    app.add_typer(group)


def _group() -> None:
    """Файлы Asterisk для своей службы."""


def write() -> None:
    """Записать файлы Asterisk в var/asterisk/etc и показать, как его запустить."""
    config = settings.load()
    program = asterisk.find(PackageRoot(config.package_root.absolute()))
    rendered = render(config, program, list(Companies.load(config.dialplan / "companies")))
    out = Console(highlight=False, soft_wrap=True)
    out.print(f"Файлы Asterisk {program.version}: {rendered.etc}", markup=False)
    argv = [*program.argv, "-C", str(rendered.etc / "asterisk.conf"), "-f", "-n"]
    out.print(f"Запуск: {shlex.join(argv)}", markup=False)
