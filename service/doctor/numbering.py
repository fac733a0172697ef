"""Check of the numbering tables: they tell the branch of a caller from a mobile, and change every month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

import migrations
from grid.numbering.models import NumberingTable
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import GridlineError
from gridline.settings import Settings
from service.doctor.finding import Finding, fine, note

OLD = timedelta(days=365)
NAME = "Нумерация"
_CURE = "Скачайте четыре таблицы нумерации (ABC-3xx, ABC-4xx, ABC-8xx, DEF-9xx): gridline import numbering FILE…"


async def tables(config: Settings) -> Sequence[Finding]:
    """Whether the tables were ever imported, and how old the oldest is; nothing where no company has branches."""
    try:
        if not any(company.branches for company in Companies.load(config.dialplan / "companies")):
            return []
    except GridlineError:
        return []  # told by the check of companies
    db = Database(config.db_url)
    try:
        if await migrations.revision(db) != migrations.newest():
            return []  # told by the check of the database
        counted = (func.count(), func.sum(NumberingTable.ranges), func.min(NumberingTable.imported_at))
        async with db.read() as session:
            count, ranges, oldest = (await session.execute(select(*counted))).one()
    except GridlineError:
        return []
    finally:
        await db.close()
    if not count:
        return [note(NAME, "Таблицы не загружены: о филиале спрашивают каждого, кто звонит с мобильного.", _CURE)]
    if datetime.now(UTC) - oldest > OLD:
        return [note(NAME, f"Таблицы загружены {oldest:%d.%m.%Y}, больше года назад.", _CURE)]
    return [fine(NAME, f"Таблиц {count}, диапазонов {ranges}, загружены {oldest:%d.%m.%Y}.")]
