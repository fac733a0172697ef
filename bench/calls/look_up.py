"""What the look-up of a known caller costs on either database: the reads of `open_matters`, one after another."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

from appeals.intake import repeats
from bench.calls.load import CALLERS, caller
from bench.calls.menu import with_open_appeals
from bench.calls.rig import Rig
from bench.databases.postgres import PostgresAbsent, PostgresServer
from grid import premises
from grid.outages import reports
from gridline.clock import SystemClock
from gridline.db import Database
from gridline.errors import Unavailable
from ivr.actions.open_matters import STILL_MEANT
from ivr.actions.questions import LOOK_UP_S

COMPANY = "bench"


async def look_ups(rig: Rig, times: int) -> dict[str, dict[str, Any] | None]:
    """Microseconds a look-up, by database; None for PostgreSQL where its programs are not there."""
    sqlite = Database(rig.settings.db_url)
    found: dict[str, dict[str, Any] | None] = {"SQLite": await _measured(sqlite, times), "PostgreSQL": None}
    await sqlite.close()
    try:
        server = PostgresServer()
    except PostgresAbsent:
        return found
    try:
        postgres = Database(server.url("postgres"))
        await with_open_appeals(postgres, rig.companies.by_id(COMPANY), rig.companies)
        found["PostgreSQL"] = await _measured(postgres, times)
        await postgres.close()
    finally:
        server.stop()
    return found


async def _measured(db: Database, times: int) -> dict[str, Any]:
    """CPU of this process, and the time from question to answer. Raises Unavailable when a caller was not known."""
    await _look_up(db, 0)
    took, cpu = [], time.process_time()
    for number in range(times):
        begun = time.perf_counter()
        await _look_up(db, number % CALLERS)
        took.append(time.perf_counter() - begun)
    used = time.process_time() - cpu
    return {"cpu_us": round(used / times * 1e6, 1), "p50_us": round(median(took) * 1e6, 1)}


async def _look_up(db: Database, number: int) -> None:
    phone = f"+{caller(number)}"
    async with db.glance(within_s=LOOK_UP_S) as session:
        await premises.by_phone(session, COMPANY, phone)
        await reports.told_by(session, COMPANY, phone, since=SystemClock().now() - STILL_MEANT)
        appeals = await repeats.open_of_phone(session, COMPANY, phone)
    if not appeals:
        raise Unavailable(f"Работа не доказана: у {phone} нет открытого обращения.")
