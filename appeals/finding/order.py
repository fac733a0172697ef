"""The numbers of one page of the register, in order: by walking the order while matches are common, else by a filter.

Neither database's planner knows how many rows it must pass before a page is full: left to itself it walks the whole
order for a rare value, and sorts half the register for a common one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from appeals.finding.filters import Appeals, Filters, entered, is_open, matching, span, way_in, within
from appeals.models import Appeal
from gridline.db import unindexed
from gridline.errors import InvalidInput

SORTS: Final[dict[str, InstrumentedAttribute[Any]]] = {
    "number": Appeal.number,
    "received": Appeal.received_at,
    "deadline": Appeal.deadline,
}
"""What a list may be ordered by: nothing from outside ever becomes a column name (attack A14)."""

STEPS: tuple[tuple[Literal["walk", "sort"], int | None], ...] = (
    ("walk", 1_000),
    ("sort", 5_000),
    ("walk", 20_000),
    ("sort", 200_000),
    ("walk", None),
)
"""How a page is looked for, one way after the other: so many entries of the order are passed, or so many matches
sorted. 20 000 entries of an index are some 5 ms; the last step is reached only by what is common in the register and
missing where the order begins."""
_HELD = (
    Appeal.number,
    Appeal.received_at,
    Appeal.deadline,
    Appeal.state,
    Appeal.topic,
    Appeal.kind,
    Appeal.channel,
    Appeal.branch,
)
"""What every index of an order holds (`ix_appeals_by_*`, `ix_appeals_open`), so that nothing else is read."""


def _moment(text: str) -> datetime:
    """An aware moment that the database can hold. Raises ValueError, OverflowError."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("naive")
    return at.astimezone(UTC)


_READ: Final[dict[str, Callable[[str], Any]]] = {
    "number": str,
    "received": _moment,
    "deadline": date.fromisoformat,
}


class Order:
    """One page's place in the order: what is asked for, and beyond which appeal."""

    def __init__(
        self, session: AsyncSession, company_id: str, filters: Filters, sort: str, descending: bool, after: str | None
    ) -> None:
        """Raises InvalidInput for a mangled `after`."""
        self._session = session
        self._filters = filters
        keys = (Appeal.number,) if sort == "number" else (SORTS[sort], Appeal.number)
        self._order = [key.desc() if descending else key.asc() for key in keys]
        self._names = [key.key for key in keys]
        self._descending = descending
        self._company = Appeal.company_id == company_id
        self._nothing = filters.none_in(company_id)
        self._beyond, self._walked_over = self._bounds(sort, after)

    async def numbers(self, wanted: int) -> list[str]:
        """Up to `wanted` numbers."""
        if self._nothing:
            return []
        if self._filters.rare:
            return (await self._sorted(None, wanted)) or []
        for way, most in STEPS:
            found = await (self._walked(most, wanted) if way == "walk" else self._sorted(most, wanted))
            if found is not None:
                return found
        raise AssertionError("the last step has no end")

    async def _walked(self, steps: int | None, wanted: int) -> list[str] | None:
        """Matches among the next `steps` appeals of the order; None when they neither fill a page nor are the last."""
        walk: Appeals = select(*_HELD).where(self._company, *self._walked_over).order_by(*self._order)
        if steps is None:
            return await self._numbers(matching(walk, Appeal.__table__.c, self._filters).limit(wanted))
        passed = walk.limit(steps).subquery()
        those = matching(select(passed.c.number), passed.c, self._filters)
        found = await self._numbers(self._first(those, passed.c, wanted))
        if len(found) == wanted:
            return found
        last = walk.with_only_columns(Appeal.number).offset(steps).limit(1)
        return found if (await self._session.execute(last)).first() is None else None

    async def _sorted(self, most: int | None, wanted: int) -> list[str] | None:
        """All matches, sorted; None when they are more than `most`, or no index leads to them."""
        by = way_in(self._filters)
        if by is None:
            return None
        query = entered(select(*_HELD).where(self._company, *map(unindexed, self._beyond)), self._filters, by)
        if most is not None:
            too_many = query.with_only_columns(Appeal.number).offset(most).limit(1)
            if (await self._session.execute(too_many)).first() is not None:
                return None
        if by.order is not None:  # what comes first is mostly sought first: then the sort drops the others unseen
            query = query.order_by(by.order.desc() if self._descending else by.order.asc())
        found = query.offset(0).subquery()  # which keeps the planners from walking an order after all
        return await self._numbers(self._first(select(found.c.number), found.c, wanted))

    async def _numbers(self, query: Appeals) -> list[str]:
        return list((await self._session.execute(query)).scalars())

    def _first(self, query: Appeals, columns: Any, wanted: int) -> Appeals:
        keys = [columns[name].desc() if self._descending else columns[name].asc() for name in self._names]
        return query.order_by(*keys).limit(wanted)

    def _bounds(self, sort: str, after: str | None) -> tuple[list[ColumnElement[bool]], list[ColumnElement[bool]]]:
        """What lies beyond `after`, and the span of the order that is walked.

        Of a filter on the order's own column and of `after` only the tighter bounds the walk: given both, the
        databases enter the index by whichever they like and pass everything up to the other one.
        """
        column = SORTS[sort]
        lowest, highest = span(self._filters, sort)
        opened = [is_open(Appeal.__table__.c)] if self._filters.open_only and sort == "deadline" else []
        if after is None:
            return [], [*opened, *within(column, lowest, highest)]
        number, value = _read(sort, after)
        if self._descending and (highest is None or value < highest):
            highest = None
        elif not self._descending and (lowest is None or value >= lowest):
            lowest = None
        else:  # the page before ended where the span begins, or before that
            return [], [*opened, *within(column, lowest, highest)]
        key, last = (column, number) if sort == "number" else (tuple_(column, Appeal.number), tuple_(value, number))
        beyond = [key < last if self._descending else key > last]
        return beyond, [*opened, *within(column, lowest, highest), *beyond]


def _read(sort: str, after: str) -> tuple[str, Any]:
    number, _, written = after.partition("~")
    try:
        value: Any = _READ[sort](written)
    except (ValueError, OverflowError):
        value = None
    if not re.fullmatch("[0-9]{9}", number) or not value:
        raise InvalidInput("Начало страницы указано неверно.")
    return number, value
