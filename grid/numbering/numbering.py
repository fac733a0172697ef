"""The numbering tables as one process knows them: read at its start, and anew when another has imported some."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import structlog
from sqlalchemy import ColumnElement, FromClause, Row, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from grid.numbering.models import NumberingTable, NumberOrigin, NumberRange
from grid.numbering.ranges import Origin, Ranges, region_of
from gridline.companies import Branch, Company
from gridline.db import Database

ROUND_S: Final = 10.0
"""Until a table that another process has imported is used here."""
LOOK_S: Final = 2.0
PAGE: Final = 500
"""Ranges read at once: some milliseconds of the loop, which is the calls'."""

_EDITIONS = select(NumberingTable.digit, NumberingTable.edition)
_ORIGINS, _RANGES = NumberOrigin.__table__, NumberRange.__table__
# Of the tables, not of the models: the ORM takes twice as long.

log = structlog.get_logger(__name__)


class Numbering:
    """Answers from memory; knows nothing until its first round has ended."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._editions: frozenset[tuple[str, str]] = frozenset()
        self._ranges = Ranges({})

    @property
    def size(self) -> int:
        """How many ranges are known."""
        return len(self._ranges)

    def find(self, caller: str | None) -> Origin | None:
        """Where the number (E.164) was given out; None where the tables do not say it."""
        return self._ranges.find(caller)

    def branch_of(self, company: Company, caller: str | None) -> Branch | None:
        """The branch that serves the region of the caller's range, where it is one and the same for all of it.

        A guess, to be confirmed: people move, and take their numbers along.
        """
        origin = self.find(caller) if company.branches else None
        if origin is None:
            return None
        serving = [company.branches_of_region(key) for key in origin.region_keys]
        found = {branch.id: branch for branches in serving for branch in branches}
        return next(iter(found.values())) if len(found) == 1 and all(serving) else None

    async def round(self) -> None:
        """Read the ranges if they are not those that are known. Raises Unavailable; what was known is then kept."""
        editions = await self._stored_editions()
        if editions == self._editions:
            return
        ranges = await self._read()
        if await self._stored_editions() != editions:  # imported while it was read: the next round has it whole
            return
        self._ranges, self._editions = ranges, editions
        log.info("numbering-read", ranges=len(ranges), tables=sorted(digit for digit, _ in editions))

    async def _stored_editions(self) -> frozenset[tuple[str, str]]:
        async with self._db.glance(within_s=LOOK_S) as session:
            return frozenset((row.digit, row.edition) for row in await session.execute(_EDITIONS, {}))

    async def _read(self) -> Ranges:
        async with self._db.read() as session:
            pairs: dict[tuple[str, str], Origin] = {}
            origins: dict[int, Origin] = {}
            async for row in _pages(session, _ORIGINS, _ORIGINS.c.id):
                pair = row.operator, region_of(row.region, row.territory)
                origins[row.id] = pairs.setdefault(pair, Origin(*pair))
            ranges = Ranges(origins)
            async for row in _pages(session, _RANGES, _RANGES.c.first):
                ranges.add(row.first, row.last, row.origin_id)
        return ranges


async def _pages(session: AsyncSession, table: FromClause, key: ColumnElement[int]) -> AsyncIterator[Row[Any]]:
    """Every row by its key (its first column), some at a time."""
    query = select(*table.c).where(key > bindparam("after")).order_by(key).limit(PAGE)
    after = -1
    while rows := (await session.execute(query, {"after": after})).all():
        for row in rows:
            yield row
        after = rows[-1][0]
