"""Pages of the register: filters and an order from an allow-list, each page found by its key, never by counting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.finding.filters import Filters, WayIn, entered, matching, way_in
from appeals.finding.order import SORTS, Order
from appeals.models import Appeal
from gridline.errors import InvalidInput

__all__ = ["LARGEST_PAGE", "SORTS", "Filters", "ListedAppeal", "Page", "count", "lines_of", "page"]

LARGEST_PAGE = 200
EVERYTHING = Filters()


@dataclass(frozen=True, slots=True)
class ListedAppeal:
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

    lines: tuple[ListedAppeal, ...]
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
    numbers = await Order(session, company_id, filters, sort, descending, after).numbers(limit + 1)
    lines = await lines_of(session, company_id, numbers[:limit])
    return Page(lines, _key(lines[-1], sort) if len(numbers) > limit else None)


def _line(one: Appeal) -> ListedAppeal:
    return ListedAppeal(
        one.id,
        one.number,
        one.received_at,
        one.channel,
        one.kind,
        one.topic,
        one.state,
        one.owner,
        one.branch,
        one.deadline,
        one.answered_at,
        one.version,
    )


async def lines_of(
    session: AsyncSession, company_id: str, numbers: Sequence[str], filters: Filters = EVERYTHING
) -> tuple[ListedAppeal, ...]:
    """The lines of those of these appeals (nine digits each) that fit the filters, in the order given."""
    if filters.none_in(company_id):
        return ()
    query = select(Appeal).where(Appeal.company_id == company_id, Appeal.number.in_(numbers))
    query = entered(query, filters, WayIn([]))
    by_number = {one.number: one for one in (await session.execute(query)).scalars()}
    return tuple(_line(by_number[number]) for number in numbers if number in by_number)


async def count(session: AsyncSession, company_id: str, filters: Filters, *, at_most: int) -> int:
    """How many match, up to `at_most`: enough for a badge, and never a walk through the whole register."""
    if filters.none_in(company_id):
        return 0
    query = select(Appeal.id).where(Appeal.company_id == company_id)
    by = way_in(filters)
    matches = matching(query, Appeal.__table__.c, filters) if by is None else entered(query, filters, by)
    some = matches.limit(at_most).subquery()
    return int((await session.execute(select(func.count()).select_from(some))).scalar_one())


def _key(one: ListedAppeal, sort: str) -> str:
    value = one.number if sort == "number" else one.received_at if sort == "received" else one.deadline
    return f"{one.number}~{value if isinstance(value, str) else value.isoformat()}"
