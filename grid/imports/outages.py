"""`gridline import outages`: planned and unplanned outages from the dispatcher's table."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from grid.imports import (
    HandedTable,
    Key,
    Outcome,
    Spellings,
    insert_all,
    outage_overlaps,
    outage_rows,
    outage_store,
    slices,
    take_turn,
    update_all,
)
from grid.imports.outage_rows import OutageRow
from grid.imports.outage_scopes import Scopes
from grid.imports.outage_store import Keeper, Said, StoredOutage
from grid.outages.models import Outage, OutageChange, OutageEvent, OutageScope, OutageSource, OutageStatus
from grid.outages.scopes import ScopePart, in_words
from gridline.db import Database, new_id
from gridline.tables.tabular import BadCell, Problems


@dataclass(frozen=True)
class ReadTable:
    """A table whose rows are read, what is wrong with some of them, and what is known of the places they name."""

    table: HandedTable
    rows: list[OutageRow]
    problems: Problems
    scopes: Scopes
    others: Mapping[Key, Said]
    """Outages that may go on beside those of the table."""

    @classmethod
    async def of(cls, database: Database, table: HandedTable) -> ReadTable:
        """Read it before any lock is held, leaving the loop to the calls meanwhile.

        Raises InvalidInput where it is no such table, Unavailable when the store is gone.
        """
        problems = Problems()
        rows = await asyncio.to_thread(lambda: list(outage_rows.read(table, problems)))
        async with database.read() as session:
            scopes = await Scopes.of(session, rows)
            others = await outage_store.beside(session, rows)
        return cls(table, rows, problems, scopes, others)


@dataclass(frozen=True)
class Taken:
    """What came of a table: its outcome, and the ids of what it named."""

    outcome: Outcome
    named: frozenset[str]


async def import_outages(database: Database, table: HandedTable) -> Outcome:
    """Store every row of the table, or none.

    An outage is known by its company and «номер»; what it affects is what its row says, no more. Raises
    InvalidInput that names every wrong row (an unknown account among them), Unavailable when the store is gone.
    A row of an outage that a dispatcher has taken over changes nothing, and is noted.
    """
    read = await ReadTable.of(database, table)
    async with database.write() as session:
        return (await take(session, read, Keeper(), datetime.now(UTC))).outcome


async def take(session: AsyncSession, told: ReadTable, keeper: Keeper, now: datetime) -> Taken:
    """As `import_outages`, in the caller's transaction, for whoever keeps these outages. Raises InvalidInput."""
    await take_turn(session)
    known = await outage_store.named(session, told.rows)
    premises = await outage_store.accounts(session, told.rows)
    found, notes = await asyncio.to_thread(_compared, told, known, premises, keeper)
    told.problems.check(told.table.file)
    outcome, named = await _store(session, known, found, told.scopes, keeper, now)
    return Taken(replace(outcome, notes=tuple(notes)), named)


def _compared(
    told: ReadTable, known: Mapping[Key, StoredOutage], premises: Mapping[Key, list[str]], keeper: Keeper
) -> tuple[list[OutageRow], list[str]]:
    """The rows to be stored, and what a person should look at."""
    taken_over = {key for key, was in known.items() if keeper.lost(was)}
    matched = list(_matched(told.rows, known, premises, told.scopes, keeper, told.problems))
    found = [row for row in matched if row.code not in taken_over]
    outage_overlaps.refuse(found, told.problems)
    left = [
        f"Отключение {row.code[1]} теперь ведёт диспетчер: строка {row.number} его не изменила."
        for row in matched
        if row.code in taken_over
    ]
    return found, [*left, *outage_overlaps.beside(found, told.others)]


def _matched(
    rows: list[OutageRow],
    known: Mapping[Key, StoredOutage],
    premises: Mapping[Key, list[str]],
    scopes: Scopes,
    keeper: Keeper,
    problems: Problems,
) -> Iterator[OutageRow]:
    """The rows under the numbers the store knows them by, their accounts among their scopes.

    Rows that say one thing twice, accounts and places that nobody has, and outages that somebody else keeps go to
    `problems`.
    """
    codes, accounts = Spellings(known), Spellings(premises)
    seen: dict[Key, int] = {}
    for row in rows:
        company_id = row.code[0]
        try:
            code = codes.settled("номер", row.code)
            if code in seen:
                raise BadCell(f"отключение {code[1]} уже есть в строке {seen[code]}")
            seen[code] = row.number
            if code in known and known[code].keeper != keeper and not keeper.lost(known[code]):
                raise BadCell(_kept(code, known[code].keeper))
            found = {written: accounts.known("лицевые счета", (company_id, written)) for written in row.accounts}
            if unknown := [written for written, account in found.items() if account is None]:
                raise BadCell(f"нет лицевых счетов: {', '.join(unknown[:5])}")
            affects = scopes.settled(company_id, row.facts.branch, row.affects)
        except BadCell as error:
            problems.add(row.number, str(error))
        else:
            off = {ScopePart(premise_id=one) for account in found.values() if account for one in premises[account]}
            yield replace(row, code=code, affects=affects | off)


def _kept(code: Key, keeper: Keeper) -> str:
    without = "уберите строку или " if keeper.source is OutageSource.DISPATCHER else ""
    return f"отключение {code[1]} ведёт {keeper.title}: {without}дайте своему другой номер"


async def _store(
    session: AsyncSession,
    known: Mapping[Key, StoredOutage],
    found: list[OutageRow],
    scopes: Scopes,
    keeper: Keeper,
    now: datetime,
) -> tuple[Outcome, frozenset[str]]:
    added: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    redrawn: list[str] = []
    drawn: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    named: set[str] = set()
    for row in found:
        was = known.get(row.code)
        outage_id = was.id if was else new_id()
        values = {"id": outage_id, "company_id": row.code[0], "code": row.code[1], **asdict(row.facts)}
        if was is None:
            added.append(values | {"source": keeper.source, "feed": keeper.feed})
        elif (was.facts, was.affects) != (row.facts, row.affects):
            same = was.facts.status is row.facts.status
            changed.append(values | {"version": was.version + 1, "confirmed_at": was.confirmed_at if same else None})
        if was is None or was.affects != row.affects:
            redrawn.append(outage_id)
            drawn += [scopes.row(row.code[0], outage_id, part) for part in sorted(row.affects)]
        happened = {"outage_id": outage_id, "at": now, "actor": keeper.actor}
        events += [happened | {"kind": kind, "body": body} for kind, body in _changes(was, row)]
        named.add(outage_id)

    await insert_all(session, Outage, added)
    await update_all(session, Outage, changed)
    for part in slices(redrawn):
        await session.execute(delete(OutageScope).where(OutageScope.outage_id.in_(part)))
    await insert_all(session, OutageScope, drawn)
    await insert_all(session, OutageEvent, events)
    return Outcome(len(added), len(changed), len(found) - len(added) - len(changed)), frozenset(named)


def _changes(was: StoredOutage | None, row: OutageRow) -> Iterator[tuple[OutageChange, dict[str, Any]]]:
    """What happened to the outage by this row, as its history tells it."""
    facts, scope = row.facts, {"scope": in_words(sorted(row.affects))}
    if was is None:
        yield OutageChange.PUBLISHED, scope
    elif was.affects != row.affects:
        yield OutageChange.WIDENED, scope
    if was is not None and was.facts.expected_end != facts.expected_end:
        yield OutageChange.HOUR, {"before": _iso(was.facts.expected_end), "after": _iso(facts.expected_end)}
    if was is not None and was.facts.cause != facts.cause:
        yield OutageChange.CAUSE, {"before": was.facts.cause, "after": facts.cause}
    if was is None or was.facts.status is not facts.status:
        match facts.status:
            case OutageStatus.RESTORED:
                yield OutageChange.RESTORED, {"at": _iso(facts.actual_end)}
            case OutageStatus.CANCELLED:
                yield OutageChange.CANCELLED, {"reason": ""}
            case OutageStatus.ANNOUNCED if was is not None:
                yield OutageChange.ANNOUNCED, {}
            case OutageStatus.ACTIVE if was is not None:
                begun = was.facts.status is OutageStatus.ANNOUNCED
                yield OutageChange.BEGUN if begun else OutageChange.RESUMED, {}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
