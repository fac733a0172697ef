"""Pages of the register: filters and an order from an allow-list, each page found by its key, never by counting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from appeals.models import Appeal, Content
from appeals.states import OPEN
from gridline.errors import InvalidInput

LARGEST_PAGE = 200
SORTS: Final[dict[str, InstrumentedAttribute[Any]]] = {
    "number": Appeal.number,
    "received": Appeal.received_at,
    "deadline": Appeal.deadline,
}
"""What a list may be ordered by: nothing from outside ever becomes a column name (attack A14)."""

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
    column = SORTS[sort]
    query = _narrowed(select(Appeal).where(Appeal.company_id == company_id), filters)
    if after is not None:
        query = query.where(_beyond(column, sort, after, descending=descending))
    keys = [Appeal.number] if sort == "number" else [column, Appeal.number]
    query = query.order_by(*(key.desc() if descending else key.asc() for key in keys)).limit(limit + 1)
    found = (await session.execute(query)).scalars().all()
    lines = tuple(
        Line(
            one.id, one.number, one.received_at, one.channel, one.kind, one.topic, one.state, one.owner, one.branch,
            one.deadline, one.answered_at, one.version,
        )
        for one in found[:limit]
    )  # fmt: skip
    return Page(lines, _key(found[limit - 1], sort) if len(found) > limit else None)


def _narrowed(query: Select[Appeal], filters: Filters) -> Select[Appeal]:
    same: dict[InstrumentedAttribute[Any], str | None] = {
        Appeal.state: filters.state,
        Appeal.channel: filters.channel,
        Appeal.kind: filters.kind,
        Appeal.topic: filters.topic,
        Appeal.branch: filters.branch,
        Appeal.owner: filters.owner,
        Appeal.premise_id: filters.premise_id,
    }
    for column, value in same.items():
        if value is not None:
            query = query.where(column == value)
    if filters.phone is not None:
        query = query.join(Content, Content.appeal_id == Appeal.id).where(Content.phone == filters.phone)
    if filters.received_from is not None:
        query = query.where(Appeal.received_at >= filters.received_from)
    if filters.received_before is not None:
        query = query.where(Appeal.received_at < filters.received_before)
    if filters.overdue_on is not None:
        query = query.where(Appeal.state.in_(OPEN), Appeal.deadline < filters.overdue_on)
    return query


def _key(one: Appeal, sort: str) -> str:
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
