"""`gridline bench public`: how many readers of the public page one core of the controller serves."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bench import aims
from bench.public.controller import served
from bench.public.readers import Answered, Kind, read
from bench.public.town import COMPANY, fill
from bench.quiet import Watch

AIMS = aims.limits(aims.PUBLIC)
OUTAGES = 200
SECONDS = 10.0
CONNECTIONS = 16
KINDS = {
    "html": Kind("/outages"),
    "json": Kind("/outages.json"),
    "unchanged": Kind("/outages", known=True),
}
"""The page, the feed, and the page asked by somebody who has it already."""


def add_to(group: typer.Typer) -> None:
    """Add the command."""

    @group.command()
    def public(
        seconds: Annotated[float, typer.Option("--seconds", min=0.5, help="Секунд на каждый замер")] = SECONDS,
        quick: Annotated[bool, typer.Option("--quick", help="Проба: числа ничего не значат")] = False,
        out: Annotated[Path | None, typer.Option("--json", help="Записать числа в файл")] = None,
    ) -> None:
        """Публичная страница отключений: ответов в секунду на ядро."""
        watch = Watch()
        found = asyncio.run(measure(OUTAGES // 20 if quick else OUTAGES, 0.5 if quick else seconds))
        quietness = watch.told()
        found |= {"quick": quick, "quietness": asdict(quietness), "quiet": quietness.quiet}
        if out is not None:
            out.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        told = aims.table({"public page": (aims.PUBLIC, found)}, quietness)
        Console().print(told, markup=False, highlight=False, soft_wrap=True)


async def measure(outages: int, seconds: float) -> dict[str, Any]:
    """Every figure. Raises Unavailable when an answer was not the page, or the server did not come up."""
    with tempfile.TemporaryDirectory(prefix="gridline-bench-") as folder:
        var = Path(folder) / "var"
        await fill(var, outages)
        async with served(var) as server:
            path = f"?company={COMPANY}"
            await server.comes_up(f"/outages.json{path}", outages)
            found: dict[str, Answered] = {}
            for name, kind in KINDS.items():
                found[name] = await read(server, kind, path, connections=CONNECTIONS, seconds=seconds)
    slowest = min(found.values(), key=lambda one: one.per_core_s)
    figures = {name: asdict(one) | {"per_core_s": one.per_core_s, "per_s": one.per_s} for name, one in found.items()}
    return {"cpus": os.cpu_count(), "outages": outages, "answers_per_core_s": slowest.per_core_s, **figures}
