"""`gridline prompts`: make the sound of every prompt, and show what callers hear."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from grid.reference.shelf import ReferenceShelf
from gridline import settings
from gridline.companies import Companies, Company
from ivr.actions.reference import beforehand
from ivr.voice.prompts import COMMON
from ivr.voice.voice import Built, Voice


def add_to(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(name="prompts", help="Подсказки: озвучить и посмотреть.", no_args_is_help=True)
    group.command("build")(build)
    group.command("list")(listing)
    app.add_typer(group)


def build() -> None:
    """Озвучить всё, что можно сделать до звонка; готовое не переделывается."""
    out = Console()
    config = settings.load()
    voice = Voice.of(config)
    companies = list(Companies.load(config.dialplan / "companies"))
    started = time.monotonic()
    bar = Progress(
        TextColumn("Подсказки"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[last]}"),
        console=out,
    )
    with bar:
        task = bar.add_task("prompts", total=len(voice.beforehand([company.id for company in companies])), last="")

        def show(built: Built) -> None:
            length = f"{built.utterance.seconds:.1f} с" if built.utterance else "не вышло"
            bar.update(task, advance=1, last=f"{built.company_id}/{built.prompt_id} {length}")

        result, spoken = asyncio.run(_build(voice, config.dialplan, companies, show))
    for file in voice.studio.strangers(voice.book):
        out.print(
            f"Запись {file} ничего не заменяет: такой подсказки нет, или в ней есть {{значения}}.", style="yellow"
        )
    for problem in spoken:
        out.print(problem, style="red", markup=False)
    for built in result:
        if built.problem:
            out.print(f"{built.company_id}/{built.prompt_id}: {built.problem}", style="red", markup=False)
    sound = {built.utterance.file: built.utterance.seconds for built in result if built.utterance}
    minutes, took_s = sum(sound.values()) / 60, time.monotonic() - started
    out.print(f"Готово файлов: {len(sound)}, звука {minutes:.1f} мин, за {took_s:.1f} с.", highlight=False)
    if spoken or any(built.problem for built in result):
        raise typer.Exit(1)


async def _build(
    voice: Voice, dialplan: Path, companies: Sequence[Company], show: Callable[[Built], None]
) -> tuple[list[Built], list[str]]:
    voice.prune()
    slow = {company.id for company in companies if company.slow_speech}
    built = await voice.build_all(show, [company.id for company in companies], slow)
    shelf = ReferenceShelf(dialplan, companies)
    return built, [problem for company in companies for problem in await beforehand.made(voice, shelf, company)]


def listing(company: str = typer.Argument(COMMON, help="Код компании, например skek.")) -> None:
    """Показать подсказки компании: вид, длина, откуда звук, слова."""
    voice = Voice.of(settings.load())
    lengths = voice.lengths(company)
    table = Table("Имя", "Вид", "Секунды", "Звук", "Слова", title=f"Подсказки: {company}")
    for id, entry in voice.book.items():
        source = "студия" if voice.studio.take(entry, company) else "тон" if entry.kind == "tone" else "синтез"
        words = entry.wording(company).replace("+", "") or f"{entry.hertz} Гц"
        table.add_row(id, entry.kind, f"{lengths[id]:.1f}", source, words.replace("[", r"\["))
    Console().print(table)
