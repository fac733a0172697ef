"""`gridline bench calls`: the controller beside pure dialplan and other FastAGI servers, in one run."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop
from rich.console import Console

from bench import aims
from bench.calls.menu import MeasuredMenu
from bench.calls.rig import Rig
from bench.calls.run import QUICK, WHOLE, Run
from bench.calls.table import printed

AIMS = aims.limits(aims.CALLS)


def add_to(group: typer.Typer) -> None:
    """Add the command."""

    @group.command()
    def calls(
        quick: Annotated[bool, typer.Option("--quick", help="Проба за минуту: числа ничего не значат")] = False,
        out: Annotated[Path | None, typer.Option("--json", help="Записать числа в файл")] = None,
    ) -> None:
        """Звонки: меню в контроллере и в диалплане, серверы FastAGI, сколько звонков сразу."""
        found = uvloop.run(measure(quick=quick))  # the look-up is timed in this process: the loop of the controller
        if out is not None:
            out.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        Console().print(printed(found), markup=False, highlight=False, soft_wrap=True)


async def measure(*, quick: bool) -> dict[str, Any]:
    """Every figure of the issue with its details. Raises Unavailable when work was not proved by its counters."""
    progress = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="gridline-bench-") as folder:
        rig = Rig(Path(folder))
        menu = MeasuredMenu(rig)
        try:
            progress.print("подготовка")
            await rig.start(await menu.prepare())
            await menu.tell_asterisk()
            run = Run(rig, menu, QUICK if quick else WHOLE, lambda what: progress.print(what))
            found = await run.figures()
        finally:
            await menu.close()
            await rig.stop()
    return found | {"aims": AIMS, "quick": quick}
