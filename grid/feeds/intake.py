"""Takes in what a feed says: whole, or refused with the old truth kept; what it no longer names ends by its rule."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from grid.imports import HandedTable
from grid.imports.outage_store import Keeper
from grid.imports.outages import ReadTable, Taken, take
from grid.outages.models import Feed, Outage, OutageChange, OutageEvent, OutageSource, OutageStatus
from gridline.clock import Clock
from gridline.companies import Company, FeedRule
from gridline.db import Database
from gridline.errors import InvalidInput

log = structlog.get_logger(__name__)


class FeedIntake:
    """The only writer of feeds and of the outages they keep."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def take(self, company: Company, rule: FeedRule, table: HandedTable) -> Taken:
        """Store all that the table says, or nothing.

        Raises InvalidInput when any of it is wrong: then the feed's age goes on growing, and its problem is kept for
        pages; Unavailable when the store is gone: then it is to be handed in again.
        """
        now = self._clock.now()
        try:
            read = await ReadTable.of(self._db, table)
            if foreign := {row.code[0] for row in read.rows} - {company.id}:
                raise InvalidInput(f"{table.file.name}: строки другой компании: {', '.join(sorted(foreign))}.")
            async with self._db.write() as session:
                taken = await take(session, read, Keeper(OutageSource.FEED, rule.name), now)
                if rule.tells == "snapshot":
                    await _end_unnamed(session, company, rule, taken.named, now)
                await session.merge(Feed(**_key(company, rule), heard_at=now, good_at=now, problem=""))
        except InvalidInput as error:
            async with self._db.write() as session:
                await _refused(session, company, rule, now, error.message)
            log.warning("feed-refused", company=company.id, feed=rule.name, reason=error.message)
            raise
        return taken


async def _end_unnamed(
    session: AsyncSession, company: Company, rule: FeedRule, named: Collection[str], now: datetime
) -> None:
    """End what this feed kept and names no more: on again, or never to begin."""
    own = (Outage.company_id == company.id, Outage.source == OutageSource.FEED, Outage.feed == rule.name)
    going_on = Outage.status.in_([OutageStatus.ANNOUNCED, OutageStatus.ACTIVE])
    for outage in await session.scalars(select(Outage).where(*own, going_on).with_for_update()):
        if outage.id in named:
            continue
        event = OutageEvent(outage_id=outage.id, at=now, actor=f"feed:{rule.name}", body={})
        outage.version += 1
        if outage.planned and outage.starts_at > now:
            outage.status = OutageStatus.CANCELLED
            event.kind, event.body = OutageChange.CANCELLED, {"reason": f"{rule.title} больше не называет"}
        else:
            outage.status, outage.confirmed_at = OutageStatus.RESTORED, None
            outage.actual_end = min(now, outage.expected_end or now) if outage.planned else now
            event.kind, event.body = OutageChange.RESTORED, {"at": outage.actual_end.isoformat()}
        session.add(event)


async def _refused(session: AsyncSession, company: Company, rule: FeedRule, now: datetime, problem: str) -> None:
    feed = await session.get(Feed, _key(company, rule))
    if feed is None:
        feed = Feed(**_key(company, rule), heard_at=now, good_at=None, problem=problem)
        session.add(feed)
    feed.heard_at, feed.problem = now, problem


def _key(company: Company, rule: FeedRule) -> dict[str, str]:
    return {"company_id": company.id, "name": rule.name}
