"""`gridline bench console`: from Asterisk's event to the screen, a console's weight, from the ring to the call card."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bench import aims
from bench.console import cards, consoles, past
from bench.console.house import House
from bench.console.screen import Screen, chromium
from bench.console.table import printed
from bench.console.wire import bare_ami
from gridline.errors import Unavailable

AIMS = aims.limits(aims.CONSOLE)
RATE = 20.0
"""Calls a second."""
SECONDS = 20.0
"""Of load a stage."""


@dataclass(frozen=True)
class ConsoleSize:
    """How much is measured."""

    rows: int
    stages: tuple[int, ...]
    calls: int
    rate: float
    cards: int


QUICK = ConsoleSize(rows=1_000, stages=(1, 4), calls=10, rate=10, cards=2)


def sized(rows: int, seconds: float) -> ConsoleSize:
    """The whole measurement over so many calls and appeals, with so many seconds of load a stage."""
    return ConsoleSize(rows, (1, 20, 100), round(seconds * RATE), RATE, 50)


def add_to(group: typer.Typer) -> None:
    """Add the command."""

    @group.command()
    def console(
        rows: Annotated[int, typer.Option("--rows", min=1_000, max=1_900_000, help="Звонков и обращений")] = 1_000_000,
        seconds: Annotated[float, typer.Option("--seconds", min=2, help="Секунд нагрузки на каждый замер")] = SECONDS,
        quick: Annotated[bool, typer.Option("--quick", help="Проба: числа ничего не значат")] = False,
        store: Annotated[
            Path | None, typer.Option("--store", help="Файл SQLite с прошлым: наполнить, если его нет, и оставить")
        ] = None,
        out: Annotated[Path | None, typer.Option("--json", help="Записать числа в файл")] = None,
    ) -> None:
        """Консоль: от события Asterisk до экрана, память на консоль, карточка звонка."""
        found = asyncio.run(measure(QUICK if quick else sized(rows, seconds), store))
        if out is not None:
            out.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        Console().print(printed(found), markup=False, highlight=False, soft_wrap=True)


async def measure(size: ConsoleSize, store: Path | None = None) -> dict[str, Any]:
    """Every figure of the issue with its details. Raises Unavailable when work was not proved by its counters."""
    progress = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="gridline-bench-") as folder:
        file = store or Path(folder) / "gridline.db"
        house = House(Path(folder) / "house", file, screens=consoles.WARM + size.stages[-1] + sum(size.stages))
        if not file.exists():
            progress.print(f"наполнение: {size.rows} звонков и обращений")
            await past.fill(file, house.company, size.rows)
        filled = past.counted(file)
        progress.print(f"{filled}")
        callers = past.callers(file, size.cards + cards.WARM)
        progress.print("запуск")
        try:
            await house.start()
            found = await _figures(house, size, callers, progress)
        except Unavailable as error:
            raise Unavailable(f"{error.message}\n{house.complaints()}") from error
        finally:
            await house.stop()
    last = found["stages"][str(size.stages[-1])]
    first = {
        "cpus": os.cpu_count(),
        "event_to_screen_p50_ms": last["p50_ms"],
        "event_to_screen_p99_ms": last["p99_ms"],
    }
    for number, one in found["stages"].items():
        first |= {f"event_to_screen_{share}_ms_{number}": one[f"{share}_ms"] for share in ("p50", "p99")}
    first |= {key: found[part][key] for part, key in (("card", "card_ms"), ("weight", "kb_per_console"))}
    return first | found | {"filled": asdict(filled), "aims": AIMS, "quick": size is QUICK}


async def _figures(house: House, size: ConsoleSize, callers: list[str], progress: Console) -> dict[str, Any]:
    # Each call comes from a number of its own, and nobody knows it: what is looked up of it is nothing.
    sipp = house.sipp([f"7914{number:07d}" for number in range(size.calls * len(size.stages))])
    stages: dict[str, Any] = {}
    progress.print(f"память: {size.stages[-1]} консолей")
    weight = await consoles.weight_kb(house, size.stages[-1])
    async with bare_ami(*house.ami) as wire, chromium() as browser:
        await house.agent_works(False)
        for number in size.stages:
            progress.print(f"{number} консолей, {size.calls} звонков по {size.rate:g} в секунду")
            screen = await Screen.open(browser, house.base, house.cookies(1)[0], consoles.PATH)
            stage = await consoles.stage(house, wire, sipp, screen, consoles=number, calls=size.calls, rate=size.rate)
            stages[str(number)] = stage.figures()
            progress.print(f"{stages[str(number)]}")
            await screen.close()
        await house.agent_works(True)
        progress.print(f"карточки: {len(callers)}")
        screen = await Screen.open(browser, house.base, house.agents_cookie, "/")
        card = await cards.opened(house, wire, screen, callers)
    return {"stages": stages, "card": card, "weight": weight}
