"""What a real storm waits for: something that the product stores while the calls go on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import func, select

from gridline.db import Database
from gridline.errors import Unavailable
from ivr.journal.models import CallRecord

T = TypeVar("T")


async def until(look: Callable[[], Awaitable[T | None]], what: str, within_s: float) -> T:
    """What `look` finds, asked again and again. Raises Unavailable with `what` when it finds nothing in that time."""
    try:
        async with asyncio.timeout(within_s):
            while True:
                found = await look()
                if found is not None:
                    return found
                await asyncio.sleep(0.5)
    except TimeoutError as error:
        raise Unavailable(f"Шторм не состоялся: {what}.") from error


async def ended(db: Database, calls: int, since: datetime) -> bool | None:
    """True once so many calls that began since then are stored with their ends, else None."""
    async with db.read() as session:
        over = select(func.count()).where(CallRecord.started_at >= since, CallRecord.outcome.is_not(None))
        return True if (await session.scalar(over) or 0) >= calls else None
