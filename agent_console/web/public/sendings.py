"""Forms that were taken in, each once, whichever process it is sent to; and no more of them than a sender may send."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.web.public import limits
from agent_console.web.public.limits import RateLimit, TooOften
from agent_console.web.public.models import SiteForm
from agent_console.web.public.seals import MOST
from gridline.clock import Clock
from gridline.db import Database, inserting_missing

FORGET_S: Final = 3600.0
"""How often what is too old to matter is forgotten."""


class Sendings:
    """The sendings of one form (`name`)."""

    def __init__(self, name: str, limit: RateLimit, db: Database, clock: Clock) -> None:
        self._name = name
        self._limit = limit
        self._db = db
        self._clock = clock

    def check(self, sender: str, *, stored: bool = True) -> None:
        """Raise TooOften for a sender who is known to have sent too much; nothing is asked of the store.

        Not `stored`: nothing new is in what they send, and it is counted in memory alone.
        """
        if self._limit.is_reached(sender) or not (stored or self._limit.passes(sender)):
            raise TooOften

    async def count(self, key: str, sender: str) -> None:
        """Count a sending once, in a transaction of its own. Raises TooOften, Unavailable."""
        self.check(sender)
        async with self._db.write() as session:
            await self.first(session, key, sender, self._clock.now())

    async def first(
        self, session: AsyncSession, key: str, sender: str, now: datetime, place: str = ""
    ) -> SiteForm | None:
        """None for a key that is new: it is counted and kept. Else what is kept of it.

        Raises TooOften: then the transaction is to be given up.
        """
        own = {"key": f"{self._name}:{key}", "taken_at": now, "place": place, "outage_id": None}
        inserting = inserting_missing(SiteForm, session.get_bind().dialect.name)
        if await session.scalar(inserting.values(own).returning(SiteForm.key)) is None:
            return await session.get_one(SiteForm, own["key"])
        if not await self._limit.admits(session, sender):
            raise TooOften
        return None

    async def told_of(self, session: AsyncSession, key: str, outage_id: str) -> None:
        """Keep which outage they were told of: sent again, it is told again."""
        (await session.get_one(SiteForm, f"{self._name}:{key}")).outage_id = outage_id


async def forget_old(db: Database, now: datetime) -> None:
    """Forget forms that no seal is good for any more, and counts whose hour is over."""
    async with db.write() as session:
        await session.execute(delete(SiteForm).where(SiteForm.taken_at < now - MOST))
        await limits.forget(session, now)
