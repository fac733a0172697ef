"""What a list of the register is narrowed to, as conditions of a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, bindparam
from sqlalchemy.orm import InstrumentedAttribute

from appeals.codes import OPEN_STATES
from appeals.finding.appeals import on_side
from appeals.models import Appeal, Content
from appeals.states import TITLES
from appeals.taxonomy import shipped
from gridline.db import unindexed
from gridline.scope import Scope

Appeals = Select[*tuple[Any, ...]]
CODES: Final = ("state", "topic", "kind", "channel", "branch")
SHORT: Final = timedelta(days=14)
"""A span of receipt that holds fewer appeals than are open at a time."""
LONG: Final = timedelta(days=62)
"""One that holds fewer than most codes."""


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
    visible_to: Scope | None = None
    """What the asker may see at all; None: a program that counts everything."""

    def none_in(self, company_id: str) -> bool:
        """Whether nothing of this company can match: not the asker's, or open appeals in a state that is not open."""
        if self.visible_to is not None and not self.visible_to.holds(company_id):
            return True
        return self.overdue_on is not None and self.state not in (None, *OPEN_STATES)

    @property
    def rare(self) -> bool:
        """Whether one of the filters alone leaves so few that nothing need be walked."""
        return bool(self.phone or self.premise_id or self.owner)

    @property
    def open_only(self) -> bool:
        """Whether only appeals that still await an answer are wanted: they have an index of their own."""
        return self.overdue_on is not None or self.state in OPEN_STATES


def matching(query: Appeals, columns: Any, filters: Filters) -> Appeals:
    """`query` with every filter but `phone`, `premise_id` and `owner`, which no index of an order holds."""
    return query.where(*chain.from_iterable(_parts(columns, filters).values()))


@dataclass(frozen=True, slots=True)
class WayIn:
    """How an index leads to the matches: its conditions, which filters they are, and the order they come in."""

    conditions: Sequence[ColumnElement[bool]]
    filters: frozenset[str] = frozenset()
    order: InstrumentedAttribute[Any] | None = None


def way_in(filters: Filters) -> WayIn | None:
    """The one index to enter by; None when nothing narrows the register much.

    The planners are not asked: SQLite knows averages alone, and PostgreSQL takes codes for independent.
    """
    if filters.rare:
        return WayIn([])
    parts = _parts(Appeal.__table__.c, filters)
    first, past = span(filters, "received")
    days = timedelta.max if first is None or past is None else past - first
    received = WayIn(parts["received"], frozenset({"received"}), Appeal.received_at)
    coded = any(getattr(filters, name) for name in CODES if name != "state")
    if days <= SHORT:
        return received
    if filters.open_only and (filters.due_from is not None or not coded):
        opened = [is_open(Appeal.__table__.c), *parts["deadline"]]
        return WayIn(opened, frozenset({"open", "deadline"}), Appeal.deadline)
    if days <= LONG:
        return received
    if coded or filters.state is not None:
        return WayIn([*parts["codes"], *_other_codes(filters)], frozenset({"codes"}))
    return received if received.conditions else None


def entered(query: Appeals, filters: Filters, by: WayIn) -> Appeals:
    """`query` of appeals with every filter, of which only those of the entry can be seen by the planners."""
    query = query.where(*by.conditions)
    if filters.phone is not None:
        query = query.join(Content, Content.appeal_id == Appeal.id).where(Content.phone == filters.phone)
    if filters.premise_id is not None:
        query = query.where(Appeal.premise_id == filters.premise_id)
    if filters.owner is not None:
        query = query.where(Appeal.owner == filters.owner)
    others = [part for name, part in _parts(Appeal.__table__.c, filters).items() if name not in by.filters]
    return query.where(*map(unindexed, chain.from_iterable(others)))


def is_open(columns: Any) -> ColumnElement[bool]:
    """Spelt out, not bound: else neither database sees that `ix_appeals_open` holds what is asked for."""
    states: ColumnElement[bool] = columns.state.in_(
        bindparam("open", OPEN_STATES, unique=True, expanding=True, literal_execute=True)
    )
    return states


def span(filters: Filters, sort: str) -> tuple[Any, Any]:
    """The lowest value of an order's column that is wanted and the lowest one past them; None is no bound."""
    spans = {
        "received": (filters.received_from, filters.received_before),
        "deadline": (filters.due_from, filters.overdue_on),
    }
    return spans.get(sort, (None, None))


def within(column: Any, lowest: Any, past: Any) -> list[ColumnElement[bool]]:
    """The condition that a column is in a span."""
    found: list[ColumnElement[bool]] = [] if lowest is None else [column >= lowest]
    return found if past is None else [*found, column < past]


def _parts(columns: Any, filters: Filters) -> dict[str, list[ColumnElement[bool]]]:
    given = {name: getattr(filters, name) for name in CODES}
    scope = filters.visible_to
    visible = [] if scope is None else [scope.where_branch(columns.branch), on_side(scope, columns.kind)]
    return {
        "codes": [columns[name] == value for name, value in given.items() if value is not None],
        "received": within(columns.received_at, *span(filters, "received")),
        "deadline": within(columns.deadline, *span(filters, "deadline")),
        "open": [] if filters.overdue_on is None else [is_open(columns)],
        "visible": visible,
    }


def _other_codes(filters: Filters) -> list[ColumnElement[bool]]:
    """Every code of the columns that stand before a wanted one in `ix_appeals_by_codes`.

    With them the index is entered at each combination instead of being read through.
    """
    codes = shipped()
    tables: dict[str, Mapping[str, object]] = {
        "state": TITLES if filters.overdue_on is None else dict.fromkeys(OPEN_STATES),
        "topic": codes.topics,
        "kind": codes.kinds,
        "channel": codes.channels,
    }
    last = max(place for place, name in enumerate(CODES) if getattr(filters, name))
    return [getattr(Appeal, name).in_(list(tables[name])) for name in CODES[:last] if not getattr(filters, name)]
