"""A company with outages for `gridline bench public`: streets and their houses, planned and not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import migrations
from grid.imports import HandedTable
from grid.imports.outages import import_outages
from gridline.companies import Companies
from gridline.db import Database
from gridline.settings import HOUSE

COMPANY = "skek"
STREETS_A_SETTLEMENT = 4


async def fill(var: Path, outages: int) -> None:
    """A new database in `var` with so many outages, half of them going on."""
    var.mkdir(parents=True)
    db = Database(f"sqlite+aiosqlite:///{var / 'gridline.db'}")
    await migrations.upgrade(db)
    now = datetime.now(UTC)
    rows = [_row(number, now) for number in range(outages)]
    companies = Companies.load(HOUSE / "dialplan" / "companies")
    await import_outages(db, HandedTable(Path("bench"), companies, COMPANY, given=rows))
    await db.close()


def _row(number: int, now: datetime) -> dict[str, object]:
    planned = number % 2 == 1
    begins = now + timedelta(hours=20 + number) if planned else now - timedelta(minutes=5 + number)
    return {
        "номер": f"Б-{number}",
        "вид": "плановое" if planned else "аварийное",
        "начало": begins.isoformat(timespec="seconds"),
        "ожидаемое окончание": (begins + timedelta(days=3)).isoformat(timespec="seconds"),
        "причина": "замена опор" if planned else "повреждение кабельной линии",
        "населённый пункт": f"с. Пробное-{number // STREETS_A_SETTLEMENT}",
        "улицы": f"ул. Номер {number}",
        "дома": "1-15 нечётные, 20а",
    }
