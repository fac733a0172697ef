"""`gridline bench recordings`: taking in, searching, judging, playing and hearing recordings, on both databases."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bench import aims
from bench.aims import Aim
from bench.databases import BOTH, database_url
from bench.quiet import Watch
from bench.recordings import beside_calls, first_sound, hearing, judging, laying, searching, taking
from bench.recordings.beside_calls import BesideSize
from bench.recordings.hearing import HearingSize
from bench.recordings.taking import TakingSize
from bench.recordings.timing import told
from gridline.companies import Companies, Company
from gridline.db import Database
from gridline.settings import HOUSE
from migrations import upgrade

COMPANY = "skek"
PARTS = ("talks", "intake", "sound", "hearing", "calls")
"""What `--part` names."""


@dataclass(frozen=True, slots=True)
class RecordingsSize:
    """How much is measured."""

    rows: int
    searches: int
    taking: TakingSize
    sounds: int
    hearing: HearingSize
    beside: BesideSize


def sized(rows: int, *, quick: bool = False, files: int = 10_000) -> RecordingsSize:
    """The whole measurement, or a smoke run."""
    if quick:
        return RecordingsSize(1_000, 12, TakingSize(1, 20, 0.05), 3, HearingSize(2, 2), BesideSize(1, 20))
    taken = TakingSize(turns=12, files=files, hours=4)
    heard = HearingSize(seconds=60, files=files // 20)
    return RecordingsSize(rows, searching.SEARCHES, taken, 40, heard, BesideSize(pairs=5, calls=200))


def add_to(group: typer.Typer) -> None:
    """Add the command."""

    @group.command()
    def recordings(
        rows: Annotated[int, typer.Option("--rows", min=1_000, max=1_900_000, help="Записей разговоров")] = 1_000_000,
        files: Annotated[int, typer.Option("--files", min=20, help="Файлов на замер памяти")] = 10_000,
        only: Annotated[str, typer.Option("--only", help="postgresql или sqlite; обычно оба")] = "",
        part: Annotated[str, typer.Option("--part", help=f"Одна часть: {', '.join(PARTS)}")] = "",
        quick: Annotated[bool, typer.Option("--quick", help="Проба: числа ничего не значат")] = False,
        store: Annotated[
            Path | None, typer.Option("--store", help="Папка наполненных баз: остаётся и берётся снова")
        ] = None,
        ffmpeg: Annotated[str, typer.Option("--ffmpeg", help="Программа ffmpeg для сравнения")] = "ffmpeg",
        out: Annotated[Path | None, typer.Option("--json", help="Записать числа в файл")] = None,
    ) -> None:
        """Записи: приём, поиск, оценка, первый звук, распознавание."""
        watch = Watch()
        size, databases = sized(rows, quick=quick, files=files), [only] if only else BOTH
        found = asyncio.run(measure(size, databases, store, [part] if part else PARTS, ffmpeg))
        quietness = watch.told()
        found |= {"quick": quick, "quietness": asdict(quietness), "quiet": quietness.quiet}
        if out is not None:
            out.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        Console().print(aims.table(sections(found), quietness), markup=False, highlight=False, soft_wrap=True)


def sections(found: Mapping[str, Any]) -> dict[str, tuple[Sequence[Aim], Mapping[str, Any]]]:
    """For the one table of aims."""
    own = {f"talks, {name}": (aims.TALKS, found[name]) for name in BOTH if name in found}
    return {"recordings": (aims.RECORDINGS, found), **own}


async def measure(
    size: RecordingsSize,
    databases: Sequence[str],
    store: Path | None = None,
    parts: Sequence[str] = PARTS,
    ffmpeg: str = "ffmpeg",
) -> dict[str, Any]:
    """Every figure with its details. Raises Unavailable when work was not proved.

    `store` is a folder whose databases of so many rows are used again, and kept. Without ffmpeg nothing is compared
    with it, without an engine nothing is heard: those figures are None.
    """
    progress = Console(stderr=True)
    begins = time.perf_counter()
    found: dict[str, Any] = {"rows": size.rows, "cpus": os.cpu_count()}
    with tempfile.TemporaryDirectory(prefix="gridline-bench-") as temporary:
        folder = Path(temporary)
        if "intake" in parts:
            progress.print("приём записей")
            found |= await taking.measured(folder / "intake", size.taking, shutil.which(ffmpeg) or "")
        if "sound" in parts:
            progress.print("первый звук")
            found |= await first_sound.measured(folder / "sound", size.sounds)
        if "hearing" in parts:
            progress.print("распознавание")
            found["transcripts"] = await hearing.measured(folder / "hearing", size.hearing)
        if "calls" in parts:
            progress.print("звонки рядом с распознаванием")
            beside = await beside_calls.measured(folder / "calls", size.beside)
            found |= {"beside_calls": beside} | {key: beside[key] for key in beside if key.startswith("calls_")}
    if "intake" in parts:
        found["worker_growth_mb"] = _grown(found)
    if "talks" in parts:
        company = Companies.load(HOUSE / "dialplan" / "companies").by_id(COMPANY)
        found |= await _talks(size, databases, company, store, progress)
    return found | {
        "whole_s": round(time.perf_counter() - begins, 1),
        "load": [round(minutes, 1) for minutes in os.getloadavg()],
    }


def _grown(found: Mapping[str, Any]) -> float:
    """The most that any worker grew."""
    heard = [one["growth"] for one in found.get("transcripts", {}).values() if "growth" in one]
    grown: list[float] = [found["growth"]["mb"], *(one[key] for one in heard for key in ("job_mb", "engine_mb"))]
    return max(grown)


async def _talks(
    size: RecordingsSize, databases: Sequence[str], company: Company, store: Path | None, progress: Console
) -> dict[str, Any]:
    """Search and judging over many talks, database by database."""
    each: dict[str, Any] = {}
    async with AsyncExitStack() as open_ones:
        dbs: dict[str, Database] = {}
        for name in databases:
            kept = None if store is None else store / f"recordings-{name}-{size.rows}"
            dbs[name] = Database(open_ones.enter_context(database_url(name, kept)))
            open_ones.push_async_callback(dbs[name].close)
            await upgrade(dbs[name])
        empty = [db for db in dbs.values() if not await laying.holds(db, size.rows)]
        progress.print(f"наполнение, {size.rows} записей, баз: {len(empty)}")
        filled_s = await laying.fill(empty, company, size.rows) if empty else 0.0
        for name, db in dbs.items():
            progress.print(f"{name}: поиск и оценка")
            searched = told("search", await searching.pages(db, company, size.searches, size.rows))
            each[name] = searched | await judging.measured(db, company, size.rows)
            progress.print_json(json.dumps({name: each[name]}, ensure_ascii=False))
    return {"filled_s": filled_s, "search_p95_ms": max(one["search_p95_ms"] for one in each.values()), **each}
