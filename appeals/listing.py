"""Pages of the register: filters and an order from an allow-list, each page found by its key, never by counting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from appeals.models import Appeal, Content
from appeals.states import OPEN, TITLES
from appeals.taxonomy import shipped
from gridline.errors import InvalidInput

LARGEST_PAGE = 200
SORTS: Final[dict[str, InstrumentedAttribute[Any]]] = {
    "number": Appeal.number,
    "received": Appeal.received_at,
    "deadline": Appeal.deadline,
}
"""What a list may be ordered by: nothing from outside ever becomes a column name (attack A14)."""

WALKS = (1_000, 20_000)
"""How far an order is walked for one page, twice at most: 20 000 entries of an index are 5-10 ms."""
_WALKED = (
    Appeal.number, Appeal.received_at, Appeal.deadline, Appeal.state, Appeal.topic, Appeal.kind, Appeal.channel,
    Appeal.branch,
)  # fmt: skip
"""What every index of an order holds (`ix_appeals_by_*`), so that a walk reads nothing else."""
_READ: Final[dict[str, Callable[[str], Any]]] = {
    "number": str,
    "received": datetime.fromisoformat,
    "deadline": date.fromisoformat,
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to; None is everything."""

    state: str | None = None
    channel: str | None = None
    kind: str | None = None
    topic: str | None = None
    branch: str | None = None
    owner: str | None = None
    premise_id: str | None = None
    phone: str | None = None
    """E.164."""
    received_from: datetime | None = None
    received_before: datetime | None = None
    overdue_on: date | None = None
    """Open appeals whose last day is before this one (today in the company's zone)."""
    due_from: date | None = None
    """With `overdue_on`: whose last day is not before this one either."""
    kinds: tuple[str, ...] | None = None
    """The kinds the asker may see at all."""
    seen_from: str | None = None
    """A branch: its appeals and those of no branch."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list; nothing personal."""

    appeal_id: str
    number: str
    received_at: datetime
    channel: str
    kind: str
    topic: str
    state: str
    owner: str | None
    branch: str | None
    deadline: date
    answered_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page; `next_page` is given back for the one after it, None at the end."""

    lines: tuple[Line, ...]
    next_page: str | None


async def page(
    session: AsyncSession,
    company_id: str,
    filters: Filters,
    *,
    sort: str = "number",
    descending: bool = True,
    limit: int = 50,
    after: str | None = None,
) -> Page:
    """One page of a company's appeals. Raises InvalidInput for an unknown order or a mangled `after`."""
    if sort not in SORTS:
        raise InvalidInput(f"Упорядочить можно только по: {', '.join(SORTS)}.")
    limit = max(1, min(limit, LARGEST_PAGE))
    numbers = await _Order(session, company_id, filters, sort, descending, after).numbers(limit + 1)
    lines = await lines_of(session, company_id, numbers[:limit])
    return Page(lines, _key(lines[-1], sort) if len(numbers) > limit else None)


def _line(one: Appeal) -> Line:
    return Line(
        one.id, one.number, one.received_at, one.channel, one.kind, one.topic, one.state, one.owner, one.branch,
        one.deadline, one.answered_at, one.version,
    )  # fmt: skip


async def lines_of(session: AsyncSession, company_id: str, numbers: Sequence[str]) -> tuple[Line, ...]:
    """The lines of these appeals (nine digits each), in the order given; those that are not there are left out."""
    query = select(Appeal).where(Appeal.company_id == company_id, Appeal.number.in_(numbers))
    by_number = {one.number: one for one in (await session.execute(query)).scalars()}
    return tuple(_line(by_number[number]) for number in numbers if number in by_number)


async def count(session: AsyncSession, company_id: str, filters: Filters, *, at_most: int) -> int:
    """How many match, up to `at_most`: enough for a badge, and never a walk through the whole register."""
    matching = _narrowed(select(Appeal.id).where(Appeal.company_id == company_id), Appeal.__table__.c, filters)
    if filters.owner is not None:
        matching = matching.where(Appeal.owner == filters.owner)
    some = matching.where(*_other_codes(filters)).limit(at_most).subquery()
    return int((await session.execute(select(func.count()).select_from(some))).scalar_one())


class _Order:
    """The numbers of one page, in order: found by walking the order while what is wanted is common, else by a filter.

    Neither database's planner knows how many rows it must pass before a page is full: left to itself it
    walks the whole order for a rare value, and sorts half the register for a common one.
    """

    def __init__(
        self,
        session: AsyncSession,
        company_id: str,
        filters: Filters,
        sort: str,
        descending: bool,
        after: str | None,
    ) -> None:
        self._session = session
        self._filters = filters
        keys = (Appeal.number,) if sort == "number" else (SORTS[sort], Appeal.number)
        self._order = [key.desc() if descending else key.asc() for key in keys]
        self._names = [key.key for key in keys]
        self._descending = descending
        self._within: list[ColumnElement[bool]] = [Appeal.company_id == company_id]
        self._beyond = [] if after is None else [_beyond(SORTS[sort], sort, after, descending=descending)]
        ranges = {"received": _received(filters), "deadline": _overdue(filters)}
        self._within += ranges.get(sort, [])  # a range on the order's own column bounds the walk itself

    async def numbers(self, wanted: int) -> list[str]:
        """Up to `wanted` numbers."""
        rare = self._filters.phone or self._filters.premise_id or self._filters.owner
        if not rare:
            for steps in WALKS:
                found = await self._walked(steps, wanted)
                if len(found) == wanted or await self._ends_within(steps):
                    return found
        return await self._filtered(wanted)

    async def _walked(self, steps: int, wanted: int) -> list[str]:
        """Matches among the next `steps` appeals of the order; the index of the order alone is read."""
        walk = select(*_WALKED).where(*self._within, *self._beyond).order_by(*self._order).limit(steps).subquery()
        query = _narrowed(select(walk.c.number), walk.c, self._filters)
        return await self._ordered(query, walk.c, wanted)

    async def _ends_within(self, steps: int) -> bool:
        query = select(Appeal.number).where(*self._within, *self._beyond).order_by(*self._order).offset(steps).limit(1)
        return (await self._session.execute(query)).first() is None

    async def _filtered(self, wanted: int) -> list[str]:
        """Everything that matches, then the first of it.

        OFFSET 0 and the CASE keep the planners from walking the order, which has just been tried.
        """
        beyond = [case((condition, 1), else_=0) == 1 for condition in self._beyond]
        matching: Any = select(*_WALKED).where(*self._within, *beyond)
        if self._filters.phone is not None:
            matching = matching.join(Content, Content.appeal_id == Appeal.id)
            matching = matching.where(Content.phone == self._filters.phone)
        if self._filters.premise_id is not None:
            matching = matching.where(Appeal.premise_id == self._filters.premise_id)
        if self._filters.owner is not None:
            matching = matching.where(Appeal.owner == self._filters.owner)
        matching = _narrowed(matching, Appeal.__table__.c, self._filters)
        found = matching.where(*_other_codes(self._filters)).offset(0).subquery()
        return await self._ordered(select(found.c.number), found.c, wanted)

    async def _ordered(self, query: Select[Any], columns: Any, wanted: int) -> list[str]:
        keys = [columns[name].desc() if self._descending else columns[name].asc() for name in self._names]
        return list((await self._session.execute(query.order_by(*keys).limit(wanted))).scalars())


def _narrowed(query: Select[Any], columns: Any, filters: Filters) -> Select[Any]:
    """`query` with the filters every index of an order holds."""
    for name in ("state", "channel", "kind", "topic", "branch"):
        value = getattr(filters, name)
        if value is not None:
            query = query.where(columns[name] == value)
    if filters.received_from is not None:
        query = query.where(columns.received_at >= filters.received_from)
    if filters.received_before is not None:
        query = query.where(columns.received_at < filters.received_before)
    if filters.overdue_on is not None:
        query = query.where(columns.state.in_(OPEN), columns.deadline < filters.overdue_on)
    if filters.due_from is not None:
        query = query.where(columns.deadline >= filters.due_from)
    if filters.kinds is not None:
        query = query.where(columns.kind.in_(filters.kinds))
    if filters.seen_from is not None:
        query = query.where(or_(columns.branch == filters.seen_from, columns.branch.is_(None)))
    return query


def _other_codes(filters: Filters) -> list[ColumnElement[bool]]:
    """Every code of the columns that stand before a wanted one in `ix_appeals_by_codes`.

    With them the index is entered at each combination instead of being read through.
    """
    given = {name: getattr(filters, name) for name in ("state", "topic", "kind", "channel")}
    given["state"] = filters.state or filters.overdue_on
    codes = shipped()
    tables: dict[str, Mapping[str, object]] = {
        "state": TITLES,
        "topic": codes.topics,
        "kind": codes.kinds,
        "channel": codes.channels,
    }
    last = max((place for place, name in enumerate(tables) if given[name]), default=0)
    return [getattr(Appeal, name).in_(list(tables[name])) for name in list(tables)[:last] if not given[name]]


def _received(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.received_from is not None:
        found.append(Appeal.received_at >= filters.received_from)
    if filters.received_before is not None:
        found.append(Appeal.received_at < filters.received_before)
    return found


def _overdue(filters: Filters) -> list[ColumnElement[bool]]:
    found = [] if filters.overdue_on is None else [Appeal.deadline < filters.overdue_on]
    return found if filters.due_from is None else [*found, Appeal.deadline >= filters.due_from]


def _key(one: Line, sort: str) -> str:
    value = one.number if sort == "number" else one.received_at if sort == "received" else one.deadline
    return f"{one.number}~{value if isinstance(value, str) else value.isoformat()}"


def _beyond(column: InstrumentedAttribute[Any], sort: str, after: str, *, descending: bool) -> ColumnElement[bool]:
    number, _, written = after.partition("~")
    try:
        value: Any = _READ[sort](written)
    except ValueError:
        value = None
    if not number.isdigit() or not value or (isinstance(value, datetime) and value.tzinfo is None):
        raise InvalidInput("Начало страницы указано неверно.")
    if sort == "number":
        return Appeal.number < number if descending else Appeal.number > number
    key, last = tuple_(column, Appeal.number), tuple_(value, number)
    return key < last if descending else key > last
