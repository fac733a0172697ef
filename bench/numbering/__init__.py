"""`gridline bench numbering`: the numbering tables taken in, read by a process, and asked about a number."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import psutil
import typer
from rich.console import Console

import migrations
from bench import aims
from bench.databases import BOTH, database_url
from bench.numbering.tables import SIZES, write
from bench.quiet import Watch
from grid.imports.numbering import import_numbering
from grid.numbering.numbering import Numbering
from gridline.db import Database
from gridline.errors import Unavailable

LOOK_UPS: Final = 200_000
QUICK: Final = {name: rows // 100 // 100 * 100 or 100 for name, rows in SIZES.items()}


def add_to(group: typer.Typer) -> None:
    """Add the command."""

    @group.command()
    def numbering(
        quick: Annotated[bool, typer.Option("--quick", help="Проба: числа ничего не значат")] = False,
        out: Annotated[Path | None, typer.Option("--json", help="Записать числа в файл")] = None,
    ) -> None:
        """Таблицы нумерации: загрузка, память и поиск номера."""
        watch = Watch()
        sizes = QUICK if quick else SIZES
        found: dict[str, Any] = {name: asyncio.run(measure(name, sizes)) for name in BOTH}
        quietness = watch.told()
        if out is not None:
            told = found | {"quick": quick, "quietness": asdict(quietness), "quiet": quietness.quiet}
            out.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        sections = {f"numbering, {name}": (aims.NUMBERING, figures) for name, figures in found.items()}
        Console().print(aims.table(sections, quietness), markup=False, highlight=False, soft_wrap=True)


async def measure(name: str, sizes: Mapping[str, int]) -> dict[str, Any]:
    """Every figure on one database. Raises Unavailable when it did not take in or know what it was given."""
    rows = sum(sizes.values())
    with tempfile.TemporaryDirectory(prefix="gridline-bench-") as folder, database_url(name) as url:
        files = write(Path(folder), sizes)
        db = Database(url)
        try:
            await migrations.upgrade(db)
            first = await _imported(db, files, added=rows, unchanged=0)
            again = await _imported(db, files, added=0, unchanged=rows)
        finally:
            await db.close()
        # In a process of its own: what the import has left in this one's memory would be counted.
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            known = await asyncio.get_running_loop().run_in_executor(pool, _known, url)
    if known.pop("ranges") != rows:
        raise Unavailable("Прочитаны не те диапазоны, что загружены.")
    return {"rows": rows, "import_s": first, "import_again_s": again, **known}


async def _imported(db: Database, files: Sequence[Path], *, added: int, unchanged: int) -> float:
    began = time.perf_counter()
    outcome = await import_numbering(db, files, at=datetime.now(UTC), actor="bench")
    if (outcome.added, outcome.unchanged) != (added, unchanged):
        raise Unavailable(f"Загружено не то: {outcome.sentence}")
    return round(time.perf_counter() - began, 2)


def _known(url: str) -> dict[str, float]:
    return asyncio.run(_read_and_asked(url))


async def _read_and_asked(url: str) -> dict[str, float]:
    db = Database(url)
    numbering = Numbering(db)
    before = psutil.Process().memory_info().rss
    stalls = asyncio.create_task(_longest_stall())
    began = time.perf_counter()
    await numbering.round()
    took = time.perf_counter() - began
    stalls.cancel()
    longest = await stalls
    grown = psutil.Process().memory_info().rss - before
    lot = random.Random(1)
    asked = [f"+7{lot.choice('3489')}{lot.randrange(10**9):09}" for _ in range(LOOK_UPS)]
    began = time.thread_time()
    met = sum(numbering.find(one) is not None for one in asked)
    look_up_s = time.thread_time() - began
    await db.close()
    if met < LOOK_UPS * 0.99:
        raise Unavailable(f"Из {LOOK_UPS} номеров найдено {met}.")
    return {
        "ranges": numbering.size,
        "read_s": round(took, 2),
        "read_holds_loop_ms": round(longest * 1000, 1),
        "memory_mb": round(grown / 2**20, 1),
        "look_up_us": round(look_up_s / LOOK_UPS * 1e6, 2),
    }


async def _longest_stall() -> float:
    """Until cancelled: CPU seconds for which nothing else could run, at the most; what neighbours take is not in it."""
    longest = 0.0
    try:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0.001)
            longest = max(longest, time.thread_time() - before)
    except asyncio.CancelledError:
        return longest
