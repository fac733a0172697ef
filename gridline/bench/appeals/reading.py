"""How long a page of the list and of a search takes, and how long and large form 4.9 of a year is."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

from appeals import listing, search
from appeals.listing import Filters
from appeals.reports import form49, source
from gridline.bench.appeals.past import WORDS
from gridline.clock import SystemClock
from gridline.companies import Company
from gridline.db import Database

PAGES = 300
FORMS = ("{}", "{}а", "{}у", "{}ом", "{}ы")
"""Endings: people search for other forms than the text has."""


@dataclass(frozen=True, slots=True)
class Timed:
    """How long one page took, and which it was."""

    ms: float
    what: str


async def list_pages(db: Database, company: Company, year: int, rows: int) -> list[Timed]:
    """PAGES pages of the list: every filter and order, from the top and from the deep."""
    chance = random.Random(2)
    today = SystemClock().now().date()

    async def page() -> str:
        month = datetime(year, chance.randint(1, 12), 1, tzinfo=UTC)
        filters = chance.choice(
            [
                Filters(),
                Filters(state=chance.choice(["registered", "closed"])),
                Filters(topic=chance.choice(["connection", "other", "quality"]), channel="phone"),
                Filters(kind="complaint", state="registered"),
                Filters(received_from=month, received_before=month + timedelta(days=7)),
                Filters(overdue_on=today),
                Filters(topic="other", kind="request"),
            ]
        )
        sort = chance.choice(list(listing.SORTS))
        number = f"{year % 100:02}{chance.randint(1, rows):06}0"
        key = {"number": number, "received": month.isoformat(), "deadline": month.date().isoformat()}[sort]
        descending, after = chance.random() < 0.8, f"{number}~{key}" if chance.random() < 0.5 else None
        async with db.read() as session:
            await listing.page(session, company.id, filters, sort=sort, descending=descending, after=after)
        set_ones = {field.name: getattr(filters, field.name) for field in fields(filters)}
        told = ", ".join(f"{name}={value}" for name, value in set_ones.items() if value is not None)
        return f"{told or 'all'}; {sort}{' desc' if descending else ''}; after {after}"

    return await _timed(page)


async def search_pages(db: Database, company: Company) -> list[Timed]:
    """PAGES searches: one to three words, common and rare ones, first pages and second ones."""
    chance = random.Random(3)

    seconds: list[tuple[str, str]] = []

    async def page() -> str:
        words = [chance.choice(FORMS).format(search.stem(word)) for word in chance.sample(WORDS, chance.randint(1, 3))]
        if chance.random() < 0.3:
            words[0] = f"тп{chance.randint(1, 20_000)}"
        query, before = seconds.pop() if seconds and chance.random() < 0.3 else (" ".join(words), None)
        async with db.read() as session:
            hits = await search.find(session, company.id, query, before=before)
        if hits.next_page and before is None:
            seconds.append((query, hits.next_page))
        return f"{query}; before {before}; found {len(hits.numbers)}"

    return await _timed(page)


async def _timed(page: Callable[[], Awaitable[str]]) -> list[Timed]:
    for _ in range(PAGES // 10):
        await page()
    found = []
    for _ in range(PAGES):
        begins = time.perf_counter()
        what = await page()
        found.append(Timed((time.perf_counter() - begins) * 1000, what))
    return found


def told(name: str, pages: list[Timed]) -> dict[str, object]:
    """The 95th of a hundred, the slowest, and which pages the three slowest were."""
    by_time = sorted(pages, key=lambda each: each.ms)
    return {
        f"{name}_p95_ms": round(by_time[int(len(by_time) * 0.95)].ms, 2),
        f"{name}_max_ms": round(by_time[-1].ms, 2),
        f"{name}_slowest": [f"{each.ms:.0f} ms: {each.what}" for each in by_time[:-4:-1]],
    }


async def form_49(url: str, company: Company, year: int) -> dict[str, float]:
    """Seconds, rows and peak memory (MB, the whole process) of form 4.9, made in a fresh process."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as fresh:
        return await asyncio.get_running_loop().run_in_executor(fresh, _form_49, url, company, year)


def _form_49(url: str, company: Company, year: int) -> dict[str, float]:
    async def made(file: Path) -> int:
        db = Database(url)
        try:
            async with source.opened(db, company, SystemClock().now()) as opened:
                return await form49.write(opened, year, file)
        finally:
            await db.close()

    with tempfile.TemporaryDirectory() as folder:
        begins = time.perf_counter()
        rows = asyncio.run(made(Path(folder) / "form49.xlsx"))
        seconds = time.perf_counter() - begins
    return {
        "s": round(seconds, 1),
        "rows": rows,
        "mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }
