"""How long a page of the list and of a search takes, and how long and large form 4.9 of a year is."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from appeals.finding import listing, search
from appeals.finding.listing import Filters
from appeals.finding.words import stem
from appeals.reports import form49, source
from bench.appeals.past import WORDS
from gridline.clock import SystemClock
from gridline.companies import Company
from gridline.db import Database
from gridline.scope import Scope

PAGES = 300
ASKED = 3
FORMS = ("{}", "{}а", "{}у", "{}ом", "{}ы")
"""Endings: people search for other forms than the text has."""


Page = tuple[str, Callable[[AsyncSession], Awaitable[int]]]
"""What is asked for, in words, and the asking, which gives the number of lines found."""


@dataclass(frozen=True, slots=True)
class Timed:
    """How long one page took, and which it was."""

    ms: float
    what: str


async def list_pages(db: Database, company: Company, year: int, rows: int, pages: int = PAGES) -> list[Timed]:
    """Pages of the list: every filter and order, from the top and from the deep."""
    chance = random.Random(2)
    today = date(year, 12, 31)

    def page() -> Page:
        month = datetime(year, chance.randint(1, 12), 1, tzinfo=UTC)
        days = chance.choice([7, 31, 92])
        filters = chance.choice(
            [
                Filters(),
                Filters(overdue_on=date.max, visible_to=Scope(company.id)),
                Filters(overdue_on=today, visible_to=Scope(company.id, "yurga")),
                Filters(branch=chance.choice(["kemerovo", "belovo"]), topic="metering"),
                Filters(state=chance.choice(["registered", "closed"])),
                Filters(topic=chance.choice(["connection", "other", "quality"]), channel="phone"),
                Filters(kind="complaint", state="registered"),
                Filters(received_from=month, received_before=month + timedelta(days=days)),
                Filters(topic="other", kind="request"),
            ]
        )
        sort = chance.choice(list(listing.SORTS))
        number = f"{year % 100:02}{chance.randint(1, rows):06}0"
        key = {"number": number, "received": month.isoformat(), "deadline": month.date().isoformat()}[sort]
        descending, after = chance.random() < 0.8, f"{number}~{key}" if chance.random() < 0.5 else None
        set_ones = {field.name: getattr(filters, field.name) for field in fields(filters)}
        told = ", ".join(f"{name}={value}" for name, value in set_ones.items() if value is not None)

        async def ask(session: AsyncSession) -> int:
            found = await listing.page(session, company.id, filters, sort=sort, descending=descending, after=after)
            return len(found.lines)

        return f"{told or 'all'}; {sort}{' desc' if descending else ''}; after {after}", ask

    return await _timed(db, page, pages)


async def search_pages(db: Database, company: Company, pages: int = PAGES) -> list[Timed]:
    """Searches: one to three words, common and rare, and one in thirty of ten; first and later pages."""
    chance = random.Random(3)

    def page() -> Page:
        many = 10 if chance.random() < 1 / 30 else chance.randint(1, 3)
        words = [chance.choice(FORMS).format(stem(word)) for word in chance.sample(WORDS, many)]
        if chance.random() < 0.3:
            words[0] = f"тп{chance.randint(1, 20_000)}"
        query = " ".join(words)
        before = f"25{chance.randint(0, 499_999):06}0" if chance.random() < 0.3 else None

        async def ask(session: AsyncSession) -> int:
            return len((await search.find(session, company.id, query, before=before)).numbers)

        return f"{query}; before {before}", ask

    return await _timed(db, page, pages)


async def _timed(db: Database, page: Callable[[], Page], pages: int) -> list[Timed]:
    """Each page is asked ASKED times and its shortest time taken: what else the machine does is none of the page's."""
    found = []
    for _ in range(pages):
        what, ask = page()
        times = []
        for _ in range(ASKED):
            async with db.read() as session:
                begins = time.perf_counter()
                lines = await ask(session)
                times.append((time.perf_counter() - begins) * 1000)
        found.append(Timed(min(times), f"{what}; {lines} found"))
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
    """Seconds by the clock and of CPU, rows and peak memory (MB, all of it) of form 4.9, made in a fresh process."""
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
        "cpu_s": round(sum(os.times()[:4]), 1),
        "rows": rows,
        "mb": round((_peak_kb() + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024, 1),
    }


def _peak_kb() -> int:
    """The most memory this program ever held; what getrusage calls its peak is its parent's, when that was larger."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])
