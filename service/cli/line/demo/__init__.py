"""`gridline demo`: starts everything on the embedded defaults and lets a second Asterisk place real calls."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

import migrations
from agent_console.people.permissions import ROLE_NAMES
from carrier.stories.installation import Installation
from carrier.stories.scene import Scene, StoryLine, ToldStory
from carrier.stories.stories import STORIES, Story
from carrier.stories.visitors import keep_coming
from grid.imports import HandedTable
from grid.imports.connections import import_connections
from grid.imports.net import import_net
from grid.imports.outages import import_outages
from grid.imports.premises import import_premises
from gridline import settings
from gridline.clock import SystemClock
from gridline.db import Database
from gridline.errors import GridlineError
from gridline.settings import HOUSE
from service.cli.line.demo.people import DemoPerson, hired

STORY_LIMIT_S = 180
_MARKS = {"does": ("→", "cyan"), "hears": ("♪", "white"), "stored": ("✓", "green"), "fails": ("✗", "bold red")}


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("demo")(demo)


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Закончить после звонков; код 0, только если все удались.")
    ] = False,
    result: Annotated[Path | None, typer.Option("--json", help="Записать итог каждого звонка в этот файл.")] = None,
    story: Annotated[list[str] | None, typer.Option("--story", help="Только эти истории, по имени.")] = None,
) -> None:
    """Показать линию в работе: настоящие звонки, рассказанные по ходу дела."""
    unknown = set(story or ()) - {each.name for each in STORIES}
    if unknown:
        raise typer.BadParameter(f"нет историй: {', '.join(sorted(unknown))}")
    chosen = [each for each in STORIES if not story or each.name in story]
    out = Console(highlight=False)
    outcomes = asyncio.run(_demo(out, chosen, stay=not once))
    if result is not None:
        result.write_text(json.dumps([_row(outcome) for outcome in outcomes], ensure_ascii=False, indent=2) + "\n")
    raise typer.Exit(0 if len(outcomes) == len(chosen) and all(outcome.ok for outcome in outcomes) else 1)


async def _demo(out: Console, stories: list[Story], *, stay: bool) -> list[ToldStory]:
    config = settings.load()
    house = Installation(config.var, usual_ports=True)
    people = await _sample_data(house)
    out.print("Поднимаю Gridline и второй Asterisk, который будет звонить…")
    outcomes: list[ToldStory] = []
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    try:
        await house.start()
        for number, story in enumerate(stories, start=1):
            out.print(f"\n[bold]{number}. {story.title}[/]  ({house.companies.by_id(story.company).name})")
            outcomes.append(await _tell(out, house, story))
            if stop.is_set():
                return outcomes
        good = sum(outcome.ok for outcome in outcomes)
        out.print(f"\nЗвонков: {len(outcomes)}, удались: {good}.")
        if stay:
            await _stay(out, house, people, stop)
        return outcomes
    finally:
        await house.stop()


async def _stay(out: Console, house: Installation, people: list[DemoPerson], stop: asyncio.Event) -> None:
    """Keep the console open and callers coming until Ctrl-C."""
    for number in house.settings.agents:  # console agents use the telephone in their browsers
        await house.carrier.agent(number).unregisters()
    out.print(f"\n[bold]Консоль: {house.base}/[/]  (браузер на основе Chromium, микрофон)")
    table = Grid(box=None, padding=(0, 2, 0, 0))
    for title in ("Логин", "Пароль", "Кто", "Номер"):
        table.add_column(title)
    for person in people:
        table.add_row(person.login, person.password, f"{person.name}, {ROLE_NAMES[person.role]}", person.agent or "")
    out.print(table)
    out.print("Выйдите на смену, нажмите «На линию» и наденьте гарнитуру: звонящие уже набирают номер.")
    out.print(f"Состояние: {house.base}/healthz, показатели: {house.base}/metrics")
    out.print(f"База: {house.settings.db_url}, записи: {house.settings.var / 'recordings/store'}")
    out.print("Закончить: Ctrl-C\n")
    visitors = asyncio.create_task(keep_coming(house, lambda line: out.print(line, style="dim")))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({visitors, stopped}, return_when=asyncio.FIRST_COMPLETED)
    for task in (visitors, stopped):
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await visitors


async def _tell(out: Console, house: Installation, story: Story) -> ToldStory:
    def show(line: StoryLine) -> None:
        mark, style = _MARKS[line.kind]
        when = "" if line.at_s is None else f"{line.at_s:.1f} с"
        text = Text(f"{mark} {line.text}", style=style)
        row = Grid.grid(padding=(0, 1))
        row.add_column(width=9, justify="right", style="dim")
        row.add_column()
        row.add_row(when, text)
        out.print(row)

    scene = Scene(house, story.company, story.name, show)
    try:
        async with asyncio.timeout(STORY_LIMIT_S):
            await story.run(scene)
    except (GridlineError, AssertionError, TimeoutError) as error:
        scene.told.ok = False
        scene.tell(None, "fails", str(error) or f"история не уложилась в {STORY_LIMIT_S} с")
    return scene.told


async def _sample_data(house: Installation) -> list[DemoPerson]:
    """Load premises, outages and applications to ask about (again changes nothing); returns who may sign in."""
    database = Database(house.settings.db_url)
    try:
        await migrations.upgrade(database)
        now = SystemClock().now().replace(second=0, microsecond=0)
        for name, load in (
            ("net", import_net),
            ("premises", import_premises),
            ("outages", import_outages),
            ("connections", import_connections),
        ):
            await load(database, HandedTable(HOUSE / f"grid/samples/{name}.csv", house.companies, "", now))
        return await hired(database, house.companies)
    finally:
        await database.close()


def _row(outcome: ToldStory) -> dict[str, object]:
    return {
        "company": outcome.company,
        "story": outcome.story,
        "ok": outcome.ok,
        "seconds_to_first_prompt": outcome.first_prompt_s,
        "appeal": outcome.appeal,
        "steps": [asdict(line) for line in outcome.lines],
    }
