"""`gridline setup`: prepares Asterisk, voice, prompts, database and console; a second run takes seconds."""

from __future__ import annotations

import asyncio
import shutil

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from agent_console.web import scripts
from asterisk_conf import asterisk
from asterisk_conf.packages import PackageRoot
from gridline import settings
from gridline.db import Database
from gridline.errors import Misconfigured
from gridline.settings import Settings
from ivr.voice.synthesis import RHVOICE
from service import opening
from service.cli.setup import for_tests
from service.cli.sound.prompts import build as build_prompts


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
        for_tests.prepare(out, config)


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
