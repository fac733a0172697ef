"""`gridline setup`: prepares Asterisk, voice, prompts, database and console; a second run takes seconds."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from agent_console.web import scripts
from asterisk_conf import asterisk
from asterisk_conf.packages import PackageRoot
from gridline import settings
from gridline.db import Database
from gridline.errors import Misconfigured, Unavailable
from gridline.settings import Settings
from ivr.voice.synthesis import RHVOICE
from service import opening
from service.cli.prompts import build as build_prompts

POSTGRESQL = "postgresql"
CHROMIUM = "chromium"


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("setup")(setup)


def setup(
    tests: bool = typer.Option(False, "--tests", help="И то, что нужно только тестам: сервер PostgreSQL, браузер."),
) -> None:
    """Подготовить всё: Asterisk, голос, подсказки, базу данных, консоль. Повторный запуск — секунды."""
    out = Console()
    config = settings.load()
    config.var.mkdir(parents=True, exist_ok=True)  # first: without it all that follows is made for nothing
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
    asyncio.run(_migrate(config))
    out.print("База данных готова.")
    _scripts(out)
    if tests:
        _postgresql(out)
        _chromium(out)


def _machine_has_all() -> bool:
    """Whether Asterisk and RHVoice are installed on the machine: then nothing is downloaded."""
    return asterisk.own() is not None and shutil.which(RHVOICE) is not None


async def _migrate(config: Settings) -> None:
    database = Database(config.db_url)
    try:
        await opening.upgrade(config, database)
    finally:
        await database.close()


def _scripts(out: Console) -> None:
    """Build the console's scripts; without node everything else is still prepared."""
    try:
        with out.status("Собираю сценарии консоли…"):
            scripts.build()
    except Misconfigured as error:
        out.print(error.message, style="yellow", highlight=False)
    else:
        out.print("Сценарии консоли готовы.")


def _postgresql(out: Console) -> None:
    """A PostgreSQL server for tests: the machine's own, else Debian's package where apt is allowed."""
    if not shutil.which("initdb") and not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        _from_debian(out, POSTGRESQL, "Тесты на PostgreSQL будут пропущены.")


def _chromium(out: Console) -> None:
    """A browser for tests, found in the same way."""
    if not shutil.which(CHROMIUM):
        _from_debian(out, CHROMIUM, "Тесты в браузере будут пропущены.")


def _from_debian(out: Console, package: str, without: str) -> None:
    install = ["apt-get", "-qq", "install", "--yes", "--no-install-recommends", package]
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        out.print(f"{without} Чтобы они шли: sudo {' '.join(install)}", style="yellow")
        return
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "-qq", "update"], install):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
        if done.returncode:
            raise Unavailable(f"{' '.join(command)}:\n{done.stderr.strip()[-500:]}")
