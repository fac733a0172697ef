"""`gridline import outages`: planned and unplanned outages from the dispatcher's table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from grid import places
from grid.imports import HandedTable, Key, Outcome, Spellings, insert_all, slices, take_turn, update_all
from grid.models import Outage, OutageScope, OutageStatus, Premise, Service, Subscriber
from gridline.db import Database, new_id
from gridline.tables import cells, tabular
from gridline.tables.cells import When
from gridline.tables.tabular import BadCell, Problems

REQUIRED = ("номер", "вид", "начало")
OPTIONAL = (
    *("компания", "услуга", "статус", "причина", "ожидаемое окончание", "окончание"),
    *("линия", "лицевые счета", "населённый пункт", "улицы"),
)
KINDS = {"плановое": True, "аварийное": False}
SERVICES = {"электроэнергия": Service.ELECTRICITY, "вода": Service.WATER}
STATUSES = {
    "объявлено": OutageStatus.ANNOUNCED,
    "идёт": OutageStatus.ACTIVE,
    "восстановлено": OutageStatus.RESTORED,
    "отменено": OutageStatus.CANCELLED,
}

Scope = tuple[str, str, str, str]
"""Line, premise id, settlement, street; only what applies is filled."""


@dataclass(frozen=True, slots=True)
class _Facts:
    """The columns of an outage that come from the table."""

    service: Service
    planned: bool
    status: OutageStatus
    cause: str
    starts_at: datetime
    expected_end: datetime | None
    actual_end: datetime | None


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    code: Key
    facts: _Facts
    places: frozenset[Scope]
    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Stored:
    """An outage as the store has it."""

    id: str
    facts: _Facts
    places: frozenset[Scope]


async def import_outages(database: Database, table: HandedTable) -> Outcome:
    """Store every row of the table, or none.

    An outage is known by its company and «номер»; what it affects is what its row says, no more. Raises
    InvalidInput that names every wrong row (an unknown account among them), Unavailable when the store is gone.
    """
    problems = Problems()
    read = list(_rows(table, problems))
    async with database.write() as session:
        await take_turn(session)
        companies = {row.code[0] for row in read}
        known = await _known(session, companies)
        found = list(_matched(read, known, await _accounts(session, companies), problems))
        problems.check(table.file)
        return await _store(session, known, found)


def _rows(table: HandedTable, problems: Problems) -> Iterator[_Row]:
    for row in tabular.rows(table.file, required=REQUIRED, optional=OPTIONAL, problems=problems):
        try:
            company = table.company(row.cells)
            code = (company.id, cells.text(row.cells, "номер", at_most=40, required=True))
            scopes = _scopes(row.cells)
            accounts = tuple(cells.listed_accounts(row.cells, "лицевые счета", at_most=1000))
            if not scopes and not accounts:
                raise BadCell("не сказано, кого касается: линия, лицевые счета или населённый пункт")
            facts = _facts(row.cells, table.when(company))
        except BadCell as error:
            problems.add(row.number, str(error))
        else:
            yield _Row(row.number, code, facts, scopes, accounts)


def _matched(
    rows: list[_Row], known: Mapping[Key, _Stored], premises: Mapping[Key, list[str]], problems: Problems
) -> Iterator[_Row]:
    """The rows under the numbers the store knows them by, their accounts among their scopes.

    Rows that say one thing twice, and accounts that nobody has, go to `problems`.
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
            found = {written: accounts.known("лицевые счета", (company_id, written)) for written in row.accounts}
            if unknown := [written for written, account in found.items() if account is None]:
                raise BadCell(f"нет лицевых счетов: {', '.join(unknown[:5])}")
        except BadCell as error:
            problems.add(row.number, str(error))
        else:
            off = {("", premise, "", "") for account in found.values() if account for premise in premises[account]}
            yield replace(row, code=code, places=row.places | off)


def _facts(row: dict[str, str], when: When) -> _Facts:
    planned = cells.choice(row, "вид", KINDS)
    starts_at = cells.moment(row, "начало", when, required=True)
    expected_end = cells.moment(row, "ожидаемое окончание", when)
    actual_end = cells.moment(row, "окончание", when)
    assert starts_at is not None
    for name, end in (("ожидаемое окончание", expected_end), ("окончание", actual_end)):
        if end is not None and end <= starts_at:
            raise BadCell(f"«{name}» не позже начала")
    usual = "восстановлено" if actual_end else "объявлено" if planned else "идёт"
    status = cells.choice(row, "статус", STATUSES, default=usual)
    if status is OutageStatus.RESTORED and actual_end is None:
        raise BadCell("«восстановлено» без времени в столбце «окончание»")
    if actual_end is not None and status in (OutageStatus.ANNOUNCED, OutageStatus.ACTIVE):
        raise BadCell("есть «окончание», а статус говорит, что отключение не кончилось")
    return _Facts(
        service=cells.choice(row, "услуга", SERVICES, default="электроэнергия"),
        planned=planned,
        status=status,
        cause=cells.text(row, "причина", at_most=300),
        starts_at=starts_at,
        expected_end=expected_end,
        actual_end=actual_end,
    )


def _scopes(row: dict[str, str]) -> frozenset[Scope]:
    settlement = cells.text(row, "населённый пункт", at_most=100)
    streets = cells.listed(row, "улицы", at_most=200)
    if streets and not settlement:
        raise BadCell("«улицы» без «населённого пункта»")
    lines = cells.listed(row, "линия", at_most=20)
    if any(len(line) > 60 for line in lines) or any(len(street) > 100 for street in streets):
        raise BadCell("«линия» длиннее 60 знаков или название улицы длиннее 100")
    found = {(line, "", "", "") for line in lines}
    if settlement:
        found |= {("", "", settlement, street) for street in streets or [""]}
    return frozenset(found)


async def _accounts(session: AsyncSession, companies: set[str]) -> dict[Key, list[str]]:
    found: dict[Key, list[str]] = defaultdict(list)
    for company_id, account, premise_id in await session.execute(
        select(Subscriber.company_id, Subscriber.account, Premise.id)
        .join(Premise, Premise.subscriber_id == Subscriber.id)
        .where(Subscriber.company_id.in_(companies))
    ):
        found[company_id, account].append(premise_id)
    return found


async def _known(session: AsyncSession, companies: set[str]) -> dict[Key, _Stored]:
    columns = [getattr(Outage, name) for name in _Facts.__dataclass_fields__]
    scopes: dict[str, set[Scope]] = defaultdict(set)
    for outage_id, line, premise_id, settlement, street in await session.execute(
        select(
            OutageScope.outage_id, OutageScope.line, OutageScope.premise_id, OutageScope.settlement, OutageScope.street
        )
        .join(Outage, Outage.id == OutageScope.outage_id)
        .where(Outage.company_id.in_(companies))
    ):
        scopes[outage_id].add((line, premise_id or "", settlement, street))
    return {
        (row.company_id, row.code): _Stored(row.id, _Facts(*row[3:]), frozenset(scopes[row.id]))
        for row in await session.execute(
            select(Outage.id, Outage.company_id, Outage.code, *columns).where(Outage.company_id.in_(companies))
        )
    }


async def _store(session: AsyncSession, known: Mapping[Key, _Stored], found: list[_Row]) -> Outcome:
    added: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    redrawn: list[str] = []
    scopes: list[dict[str, Any]] = []
    for row in found:
        was = known.get(row.code)
        outage_id = was.id if was else new_id()
        values = {"id": outage_id, "company_id": row.code[0], "code": row.code[1], **asdict(row.facts)}
        if was is None:
            added.append(values)
        elif (was.facts, was.places) != (row.facts, row.places):
            changed.append(values)
        if was is None or was.places != row.places:
            redrawn.append(outage_id)
            scopes += [_scope(outage_id, scope) for scope in sorted(row.places)]

    await insert_all(session, Outage, added)
    await update_all(session, Outage, changed)
    for part in slices(redrawn):
        await session.execute(delete(OutageScope).where(OutageScope.outage_id.in_(part)))
    await insert_all(session, OutageScope, scopes)
    return Outcome(len(added), len(changed), len(found) - len(added) - len(changed))


def _scope(outage_id: str, scope: Scope) -> dict[str, Any]:
    line, premise_id, settlement, street = scope
    return {
        "outage_id": outage_id,
        "line": line,
        "premise_id": premise_id or None,
        "settlement": settlement,
        "street": street,
        "settlement_key": places.key(settlement),
        "street_key": places.key(street),
    }
