"""`gridline bench appeals`: registering, listing, searching and reporting on PostgreSQL and SQLite, in one run."""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from sqlalchemy import func, select, text

from appeals.models import Appeal
from bench.appeals import past, reading, writing
from bench.databases import BOTH, database_url
from gridline.calendar.workdays import ProductionCalendar
from gridline.companies import Companies, Company
from gridline.db import Database
from gridline.errors import Unavailable
from gridline.settings import HOUSE
from migrations import upgrade

YEARS = (2024, 2025)
COMPANY = "skek"
WRITERS = "8"
"""So many at once are aimed at."""
SECONDS = 3.0
"""Of each measurement of writing."""


def add_to(group: typer.Typer) -> None:
    """Add the command."""

    @group.command()
    def appeals(
        rows: Annotated[int, typer.Option("--rows", min=1_000, max=1_900_000, help="Обращений в реестре")] = 1_000_000,
        seconds: Annotated[float, typer.Option("--seconds", min=0.2, help="Секунд на каждый замер записи")] = SECONDS,
        only: Annotated[str, typer.Option("--only", help="postgresql или sqlite; обычно оба")] = "",
        store: Annotated[
            Path | None,
            typer.Option("--store", help="Папка наполненных баз: остаётся и берётся снова"),
        ] = None,
        out: Annotated[Path | None, typer.Option("--json", help="Записать числа в файл")] = None,
    ) -> None:
        """Реестр обращений: запись, список, поиск, форма 4.9."""
        found = asyncio.run(measure(rows, seconds, [only] if only else BOTH, store))
        if out is not None:
            out.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        Console().print_json(json.dumps(found, ensure_ascii=False))


async def measure(rows: int, seconds: float, databases: Sequence[str], store: Path | None = None) -> dict[str, Any]:
    """Every figure; those of the issue come from PostgreSQL when it is measured, and stand at the top.

    `store` is a folder whose databases of so many rows are used again, and kept.
    """
    progress = Console(stderr=True)
    begins = time.perf_counter()
    companies = Companies.load(HOUSE / "dialplan" / "companies")
    company = companies.by_id(COMPANY)
    each: dict[str, dict[str, Any]] = {}
    for name in databases:
        progress.print(f"{name}: запись")
        with database_url(name) as url:
            fresh = Database(url, pool_size=max(writing.WRITERS) + 2)
            await upgrade(fresh)
            registrations = await writing.rates(fresh, companies, company, seconds)
            await fresh.close()
        ratio = registrations[WRITERS]["ratio"]
        each[name] = {"registrations": registrations, "register_ratio_to_bare_insert": ratio}
    async with AsyncExitStack() as open_ones:
        dbs: dict[str, Database] = {}
        for name in databases:
            url = open_ones.enter_context(database_url(name, None if store is None else store / f"{name}-{rows}"))
            dbs[name] = Database(url)
            open_ones.push_async_callback(dbs[name].close)
            await upgrade(dbs[name])
        empty = [db for db in dbs.values() if not await _holds(db, rows)]
        progress.print(f"наполнение, {rows} обращений, баз: {len(empty)}")
        filled_s = await _fill(empty, company, rows) if empty else 0.0
        for name, db in dbs.items():
            progress.print(f"{name}: список, поиск, форма 4.9")
            each[name] |= await _read(db, company, rows)
            # A million rows take long: what is known is said at once.
            progress.print_json(json.dumps({name: each[name]}, ensure_ascii=False))
    first = each[databases[0]]
    return {
        "rows": rows,
        "cpus": os.cpu_count(),
        "register_ratio_to_bare_insert": first["register_ratio_to_bare_insert"],
        "list_p95_ms": first["list_p95_ms"],
        "search_p95_ms": first["search_p95_ms"],
        "form49_s": first["form49"]["s"],
        "form49_mb": first["form49"]["mb"],
        "filled_s": filled_s,
        "whole_s": round(time.perf_counter() - begins, 1),
        "load": [round(minutes, 1) for minutes in os.getloadavg()],
        **each,
    }


async def _holds(db: Database, rows: int) -> bool:
    """Whether it was filled before. Raises Unavailable when only a part is there."""
    async with db.read() as session:
        there = int((await session.execute(select(func.count()).select_from(Appeal))).scalar_one())
    if there not in (0, rows):
        raise Unavailable(f"В хранилище {there} обращений, а нужно {rows}: удалите его или назовите другое.")
    return there == rows


async def _fill(dbs: list[Database], company: Company, rows: int) -> float:
    """Fill all of them with the same past at once: making the rows takes as long as storing them."""
    begins, chance = time.perf_counter(), random.Random(4)
    for year in YEARS:
        for batch in past.year_of_appeals(
            company,
            year,
            rows // len(YEARS),
            ProductionCalendar(),
            chance,
            until=datetime(YEARS[-1] + 1, 1, 1, tzinfo=UTC),
        ):
            await asyncio.gather(*(past.store(db, batch) for db in dbs))
    for db in dbs:
        async with db.engine.connect() as connection:  # what autovacuum does in its time
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text("ANALYZE" if db.is_sqlite else "VACUUM ANALYZE"))
    return round(time.perf_counter() - begins, 1)


async def _read(db: Database, company: Company, rows: int) -> dict[str, Any]:
    pages = min(reading.PAGES, rows // 20)
    listed = await reading.list_pages(db, company, YEARS[-1], rows // len(YEARS), pages)
    searched = await reading.search_pages(db, company, pages)
    return {
        **reading.told("list", listed),
        **reading.told("search", searched),
        "form49": await reading.form_49(db.url.render_as_string(hide_password=False), company, YEARS[-1]),
    }
