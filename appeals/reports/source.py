"""Reads the facts of a year's appeals out of the events, a thousand appeals at a time, as of one moment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.models import Appeal, AppealEvent
from appeals.reports.facts import KINDS, AppealFact, fold
from gridline.companies import Company
from gridline.db import Database

CHUNK = 1000
"""Appeals read at once: some 5 MB, whatever the year's size."""
_APPEALS, _EVENTS = Appeal.__table__, AppealEvent.__table__
"""The tables, not the classes: millions of rows need no unit of work."""


@dataclass(frozen=True, slots=True)
class ReportHead:
    """The last journal entry a report knew: with it anyone can check what the report was made of."""

    journal_no: int
    journal_hash: str


class Source:
    """The events of one company up to `as_of`. One session, one snapshot: every figure is of the same state.

    With a `branch`, its appeals alone: for those who see no other.
    """

    def __init__(self, session: AsyncSession, company: Company, as_of: datetime, branch: str = "") -> None:
        if as_of.tzinfo is None:
            raise ValueError("as_of must be aware")
        self.session = session
        self.company = company
        self.as_of = as_of
        self.branch = branch

    @property
    def today(self) -> date:
        """The day of `as_of` in the company's zone."""
        return self.as_of.astimezone(self.company.zone).date()

    async def facts(self, year: int) -> AsyncIterator[list[AppealFact]]:
        """The appeals numbered in `year`, in order of their numbers, in chunks.

        The year is that of the incoming number: numbers have no gap, so a report can be checked to be whole.
        """
        first, last = 1, await self.last(year)
        while first <= last:
            facts = await self._load((_APPEALS.c.year == year) & _APPEALS.c.sequence.between(first, first + CHUNK - 1))
            await self._answer_joined(facts)
            facts = [fact for fact in facts if self.branch in ("", fact.branch)]
            if facts:
                yield facts
            first += CHUNK

    async def last(self, year: int) -> int:
        """The last sequence number of `year`, and so how many appeals it has; 0 for none."""
        query = (
            select(Appeal.sequence)
            .where(Appeal.company_id == self.company.id, Appeal.year == year)
            .order_by(Appeal.sequence.desc())
            .limit(1)
        )
        return await self.session.scalar(query) or 0

    async def one(self, number: str) -> AppealFact | None:
        """The facts of the appeal with this number (nine digits), or None when `as_of` did not know it."""
        found = await self._load(_APPEALS.c.number == number)
        return found[0] if found else None

    async def head(self, year: int) -> ReportHead | None:
        """Where the journal of `year` stood at `as_of`; None before its first entry."""
        query = (
            select(AppealEvent.journal_no, AppealEvent.journal_hash)
            .where(AppealEvent.company_id == self.company.id, AppealEvent.year == year, AppealEvent.at <= self.as_of)
            .order_by(AppealEvent.journal_no.desc())
            .limit(1)
        )
        row = (await self.session.execute(query)).one_or_none()
        return None if row is None else ReportHead(row.journal_no, row.journal_hash)

    async def _answer_joined(self, facts: Sequence[AppealFact]) -> None:
        """An appeal joined to an earlier one is answered by the answer to that one, however long the chain."""
        waiting = {fact.number: fact for fact in facts if fact.joined_to and fact.answered_at is None}
        targets = {number: str(fact.joined_to) for number, fact in waiting.items()}
        seen: set[str] = set()
        while wanted := set(targets.values()) - seen:
            seen |= wanted
            known = {found.number: found for found in await self._load(_APPEALS.c.number.in_(wanted))}
            for number, target in targets.items():
                found = known.get(target)
                if found is None:
                    continue
                if found.answered_at is not None:
                    waiting[number].answered_at = found.answered_at
                elif found.joined_to:
                    targets[number] = found.joined_to

    async def _load(self, which: Any) -> list[AppealFact]:
        query = self._events().where(_APPEALS.c.company_id == self.company.id, which)
        rows = (await self.session.execute(query.order_by(_APPEALS.c.sequence, _EVENTS.c.seq))).all()
        return fold(rows)

    def _events(self) -> Select[*tuple[Any, ...]]:
        columns = _EVENTS.c
        return (
            select(columns.appeal_id, columns.seq, columns.kind, columns.body)
            .join(_APPEALS, _APPEALS.c.id == columns.appeal_id)
            .where(columns.kind.in_(KINDS), columns.at <= self.as_of)
        )


@asynccontextmanager
async def opened(db: Database, company: Company, as_of: datetime, branch: str = "") -> AsyncIterator[Source]:
    """A source on one snapshot of the database."""
    async with db.read() as session:
        if not db.is_sqlite:  # SQLite's read transaction is a snapshot by itself
            await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        yield Source(session, company, as_of, branch)
