"""`gridline bench all`: every benchmark in turn, and one table of what was aimed at and what came out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bench import aims, appeals, calls, console, public, recordings
from bench.aims import Aim
from bench.databases import BOTH
from bench.quiet import Watch
from gridline.errors import Unavailable

Section = tuple[Sequence[Aim], Mapping[str, Any]]


def add_to(group: typer.Typer) -> None:
    """Add the command."""

    @group.command("all")
    def whole(
        rows: Annotated[int, typer.Option("--rows", min=1_000, max=1_900_000, help="Обращений и звонков")] = 1_000_000,
        quick: Annotated[bool, typer.Option("--quick", help="Проба: числа ничего не значат")] = False,
        store: Annotated[
            Path | None,
            typer.Option("--store", help="Папка наполненных баз: остаётся и берётся снова"),
        ] = None,
        out: Annotated[Path | None, typer.Option("--json", help="Записать числа в файл")] = None,
    ) -> None:
        """Всё по очереди и одна таблица: цель, значение, выдержана ли, тихо ли было на машине."""
        watch = Watch()
        if store is not None:
            store.mkdir(parents=True, exist_ok=True)
        size = console.QUICK if quick else console.sized(rows, console.SECONDS)
        rows = console.QUICK.rows if quick else rows
        past = None if store is None else store / f"console-{rows}.db"
        found = {
            "calls": _found(lambda: calls.measure(quick=quick)),
            "appeals": _found(lambda: appeals.measure(rows, 0.2 if quick else appeals.SECONDS, BOTH, store)),
            "console": _found(lambda: console.measure(size, past)),
            "public": _found(lambda: public.measure(public.OUTAGES, 0.5 if quick else public.SECONDS)),
            "recordings": _found(lambda: recordings.measure(recordings.sized(rows, quick=quick), BOTH, store)),
        }
        quietness = watch.told()
        if out is not None:
            kept = found | {"quietness": asdict(quietness), "quiet": quietness.quiet, "rows": rows, "quick": quick}
            out.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        sections: dict[str, Section] = {"calls": (aims.CALLS, found["calls"])}
        sections |= {f"register, {name}": (aims.APPEALS, found["appeals"].get(name, {})) for name in BOTH}
        sections[f"console, {rows} calls"] = (aims.CONSOLE, found["console"])
        sections["public page"] = (aims.PUBLIC, found["public"])
        sections |= recordings.sections(found["recordings"])
        Console().print(aims.table(sections, quietness), markup=False, highlight=False, soft_wrap=True)


def _found(measure: Callable[[], Coroutine[Any, Any, dict[str, Any]]]) -> dict[str, Any]:
    """What a benchmark found; nothing where its work was not proved, said at once, and the others go on."""
    try:
        return asyncio.run(measure())
    except Unavailable as error:
        Console(stderr=True).print(error.message, markup=False)
        return {}
