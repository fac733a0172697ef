"""What the store has of the outages and accounts that a table names: those alone, for feeds come every few seconds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from grid.imports import Key, slices, written_alike
from grid.imports.outage_rows import OutageFacts, OutageRow
from grid.models import Premise, Subscriber
from grid.outages.models import Outage, OutageChange, OutageEvent, OutageScope, OutageSource, OutageStatus
from grid.outages.scopes import ScopePart

Said = tuple[OutageFacts, frozenset[ScopePart]]
"""What is off since when, and where."""

_FACTS = [getattr(Outage, name) for name in OutageFacts.__dataclass_fields__]
_PART = [getattr(OutageScope, name) for name in ScopePart.__dataclass_fields__]


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who tells these outages: a table handed in, or a feed by its name."""

    source: OutageSource = OutageSource.TABLE
    feed: str = ""

    @property
    def actor(self) -> str:
        """As events of an outage name it."""
        return f"feed:{self.feed}" if self.feed else self.source.value

    @property
    def title(self) -> str:
        """For whoever meets an outage of this one."""
        if self.source is OutageSource.FEED:
            return f"источник «{self.feed}»"
        return "диспетчер" if self.source is OutageSource.DISPATCHER else "таблица"

    def lost(self, was: StoredOutage) -> bool:
        """Whether a dispatcher took this outage over from whoever tells it again."""
        if was.keeper.source is not OutageSource.DISPATCHER:
            return False
        return was.of_table if self.source is OutageSource.TABLE else was.keeper.feed == self.feed != ""


@dataclass(frozen=True, slots=True)
class StoredOutage:
    """An outage as the store has it."""

    id: str
    version: int
    keeper: Keeper
    of_table: bool
    """A table told it at first, whoever keeps it now; a dispatcher's own is nobody else's."""
    confirmed_at: datetime | None
    facts: OutageFacts
    affects: frozenset[ScopePart]


_TOLD_BY_TABLE = exists().where(
    OutageEvent.outage_id == Outage.id,
    OutageEvent.kind == OutageChange.PUBLISHED,
    OutageEvent.actor == Keeper(OutageSource.TABLE).actor,
)


async def named(session: AsyncSession, rows: Sequence[OutageRow]) -> dict[Key, StoredOutage]:
    """The outages whose numbers the rows name, or may mean where zeros were lost.

    They are locked: no dispatcher changes them before the table did.
    """
    found: list[tuple[Any, ...]] = []
    own = (Outage.id, Outage.version, Outage.source, Outage.feed, _TOLD_BY_TABLE, Outage.confirmed_at)
    for company_id, codes in _by_company(row.code for row in rows).items():
        for some in slices(written_alike(codes)):
            query = select(Outage.company_id, Outage.code, *own, *_FACTS)
            mine = query.where(Outage.company_id == company_id, Outage.code.in_(some))
            found += [tuple(row) for row in await session.execute(mine.order_by(Outage.id).with_for_update())]
    parts = _scopes()
    affects: dict[str, frozenset[ScopePart]] = {}
    for ids in slices([row[2] for row in found]):
        affects |= await _affects(session, parts.where(OutageScope.outage_id.in_(ids)))
    return {
        (company_id, code): StoredOutage(
            id, version, Keeper(source, feed), of_table, confirmed_at, OutageFacts(*facts), affects.get(id, frozenset())
        )
        for company_id, code, id, version, source, feed, of_table, confirmed_at, *facts in found
    }


async def beside(session: AsyncSession, rows: Sequence[OutageRow]) -> dict[Key, Said]:
    """The outages that may go on while those of the rows do."""
    if not rows:
        return {}
    earliest = min(row.facts.starts_at for row in rows)
    ended = and_(Outage.actual_end.is_not(None), Outage.actual_end <= earliest)
    passed = and_(
        Outage.planned, Outage.actual_end.is_(None), Outage.expected_end.is_not(None), Outage.expected_end <= earliest
    )
    which = (
        Outage.company_id.in_({row.code[0] for row in rows}),
        Outage.status != OutageStatus.CANCELLED,
        not_(ended),
        not_(passed),
    )
    affects = await _affects(session, _scopes().join(Outage, Outage.id == OutageScope.outage_id).where(*which))
    query = select(Outage.company_id, Outage.code, Outage.id, *_FACTS).where(*which)
    return {
        (company_id, code): (OutageFacts(*facts), affects.get(id, frozenset()))
        for company_id, code, id, *facts in await session.execute(query)
    }


async def accounts(session: AsyncSession, rows: Sequence[OutageRow]) -> Mapping[Key, list[str]]:
    """The premises (ids) of the accounts that the rows name, or may mean where zeros were lost."""
    found: dict[Key, list[str]] = defaultdict(list)
    for company_id, written in _by_company((row.code[0], one) for row in rows for one in row.accounts).items():
        for some in slices(written_alike(written)):
            query = select(Subscriber.account, Premise.id).join(Premise, Premise.subscriber_id == Subscriber.id)
            mine = query.where(Subscriber.company_id == company_id, Subscriber.account.in_(some))
            for account, premise_id in await session.execute(mine):
                found[company_id, account].append(premise_id)
    return found


def _by_company(keys: Iterable[Key]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for company_id, number in keys:
        found[company_id].add(number)
    return found


def _scopes() -> Select[Any]:
    return select(OutageScope.outage_id, *_PART)


async def _affects(session: AsyncSession, query: Select[Any]) -> dict[str, frozenset[ScopePart]]:
    found: dict[str, set[ScopePart]] = defaultdict(set)
    for outage_id, *part in await session.execute(query):
        found[outage_id].add(ScopePart(*(value or "" for value in part)))
    return {outage_id: frozenset(parts) for outage_id, parts in found.items()}
