"""`gridline setup`: Asterisk, voice, prompts and database made ready; a second run takes seconds."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from asterisk_conf import asterisk
from asterisk_conf.packages import PackageRoot
from gridline import migrations, settings
from gridline.cli.prompts import build as build_prompts
from gridline.db import Database
from gridline.errors import Unavailable
from ivr.voice.synthesis import RHVOICE

POSTGRESQL = "postgresql"


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("setup")(setup)


def setup(
    tests: bool = typer.Option(False, "--tests", help="И то, что нужно только тестам: сервер PostgreSQL."),
) -> None:
    """Подготовить всё: Asterisk, голос, подсказки, базу данных. Повторный запуск — секунды."""
    out = Console()
    config = settings.load()
    packages = PackageRoot(config.package_root.absolute())
    if not packages.complete and not _machine_has_all():
        with Progress(
            TextColumn("Пакеты   "),
            BarColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=out,
        ) as bar:
            task = bar.add_task("", total=None)
            packages.install(lambda what, done, total: bar.update(task, description=what, completed=done, total=total))
    out.print(f"Asterisk {asterisk.find(packages).version}", highlight=False)
    build_prompts()
    asyncio.run(_migrate(config.db_url))
    out.print("База данных готова.")
    if tests:
        _postgresql(out)


def _machine_has_all() -> bool:
    """Whether Asterisk and RHVoice were installed by the machine's owner: then nothing is downloaded."""
    return asterisk.own() is not None and shutil.which(RHVOICE) is not None


async def _migrate(url: str) -> None:
    database = Database(url)
    try:
        await migrations.upgrade(database)
    finally:
        await database.close()


def _postgresql(out: Console) -> None:
    """A server to test on: the machine's own, else Debian's package where apt is allowed."""
    if shutil.which("initdb") or list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        return
    install = ["apt-get", "-qq", "install", "--yes", "--no-install-recommends", POSTGRESQL]
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        out.print(f"Тесты на PostgreSQL будут пропущены. Чтобы они шли: sudo {' '.join(install)}", style="yellow")
        return
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "-qq", "update"], install):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
        if done.returncode:
            raise Unavailable(f"{' '.join(command)}:\n{done.stderr.strip()[-500:]}")
