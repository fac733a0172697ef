"""`gridline bench appeals`: registering, listing, searching and reporting on PostgreSQL and SQLite, in one run."""

from __future__ import annotations

import asyncio
import json
import os
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from sqlalchemy import text

from gridline.bench.appeals import past, reading, writing
from gridline.bench.postgres import PostgresServer
from gridline.companies import Companies
from gridline.db import Database
from gridline.migrations import upgrade
from gridline.settings import HOUSE
from gridline.workdays import ProductionCalendar

YEARS = (2024, 2025)
COMPANY = "skek"
AIMS = {"register_ratio_to_bare_insert": 0.4, "list_p95_ms": 50, "search_p95_ms": 50, "form49_s": 60, "form49_mb": 500}
"""The issue's aims: at least the first, at most the others; list and search at 1 000 000, the form at 500 000 rows."""


def add_to(group: typer.Typer) -> None:
    """Add the command."""

    @group.command()
    def appeals(
        rows: Annotated[int, typer.Option("--rows", min=1_000, max=1_900_000, help="Обращений в реестре")] = 1_000_000,
        seconds: Annotated[float, typer.Option("--seconds", min=0.2, help="Секунд на каждый замер записи")] = 3.0,
        only: Annotated[str, typer.Option("--only", help="postgresql или sqlite; обычно оба")] = "",
        out: Annotated[Path | None, typer.Option("--json", help="Записать числа в файл")] = None,
    ) -> None:
        """Реестр обращений: запись, список, поиск, форма 4.9."""
        found = asyncio.run(measure(rows, seconds, [only] if only else ["postgresql", "sqlite"]))
        if out is not None:
            out.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        Console().print_json(json.dumps(found, ensure_ascii=False))


async def measure(rows: int, seconds: float, databases: list[str]) -> dict[str, Any]:
    """Every figure; those of the issue come from PostgreSQL when it is measured, and stand at the top."""
    each: dict[str, dict[str, Any]] = {}
    for name in databases:
        with _url(name) as url:
            each[name] = await _measure(url, rows, seconds)
        # A million rows take long: what is known is said at once.
        Console(stderr=True).print_json(json.dumps({name: each[name]}, ensure_ascii=False))
    first = each[databases[0]]
    return {
        "rows": rows,
        "cpus": os.cpu_count(),
        "register_ratio_to_bare_insert": first["registrations"]["8"]["ratio"],
        "list_p95_ms": first["list_p95_ms"],
        "search_p95_ms": first["search_p95_ms"],
        "form49_s": first["form49"]["s"],
        "form49_mb": first["form49"]["mb"],
        **each,
    }


async def _measure(url: str, rows: int, seconds: float) -> dict[str, Any]:
    companies = Companies.load(HOUSE / "dialplan" / "companies")
    company = companies.by_id(COMPANY)
    progress = Console(stderr=True)
    db = Database(url, pool_size=max(writing.WRITERS) + 2)
    try:
        await upgrade(db)
        kind = "sqlite" if db.is_sqlite else "postgresql"
        progress.print(f"{kind}: запись")
        registrations = await writing.rates(db, companies, company, seconds)
        progress.print(f"{kind}: наполнение, {rows} обращений")
        begins, chance = time.perf_counter(), random.Random(4)
        for year in YEARS:
            for batch in past.year_of_appeals(company, year, rows // len(YEARS), ProductionCalendar(), chance):
                await past.store(db, batch)
        filled_s = time.perf_counter() - begins
        async with db.engine.connect() as connection:  # what autovacuum does in its time
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text("ANALYZE" if db.is_sqlite else "VACUUM ANALYZE"))
        progress.print(f"{kind}: список и поиск")
        listed = await reading.list_pages(db, company, YEARS[-1], rows // len(YEARS))
        searched = await reading.search_pages(db, company)
    finally:
        await db.close()
    progress.print(f"{kind}: форма 4.9")
    return {
        "registrations": registrations,
        "filled_s": round(filled_s, 1),
        **reading.told("list", listed),
        **reading.told("search", searched),
        "form49": await reading.form_49(url, company, YEARS[-1]),
    }


@contextmanager
def _url(name: str) -> Iterator[str]:
    """A fresh database of its own: nothing that is anybody's is ever measured in."""
    if name == "sqlite":
        with tempfile.TemporaryDirectory(prefix="gridline-bench-") as folder:
            yield f"sqlite+aiosqlite:///{folder}/bench.db"
        return
    # A modest server's settings: the defaults of a package are for a machine of twenty years ago.
    server = PostgresServer(shared_buffers="1GB", max_wal_size="4GB", checkpoint_timeout="15min", work_mem="16MB")
    try:
        server.create("bench")
        yield server.url("bench")
    finally:
        server.stop()
