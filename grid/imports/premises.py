"""`gridline import premises`: subscribers, their premises and phones from the billing system's table."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from grid import net, places
from grid.imports import APPLICANTS, HandedTable, Key, Outcome, Spellings, insert_all, slices, take_turn, update_all
from grid.models import NodeKind, Premise, PremisePhone, Subscriber, SubscriberKind
from grid.net import COLUMN_OF, KIND_NAMES, Network
from grid.places import directory, districts, renames
from grid.places.renames import Renames
from gridline.companies import Company
from gridline.db import Database, new_id
from gridline.errors import NotFound
from gridline.tables import cells
from gridline.tables.tabular import BadCell, Problems

REQUIRED = ("лицевой счёт", "абонент", "населённый пункт")
OPTIONAL = (
    *("компания", "вид абонента", "объект", "филиал", "район", "улица", "дом", "корпус", "квартира", "адрес"),
    *("линия", "ТП", "подстанция", "телефоны"),
)


@dataclass(frozen=True, slots=True)
class _Place:
    """The columns of a premise that come from the table."""

    branch: str
    settlement: str
    street: str
    house: str
    building: str
    flat: str
    address: str
    line: str
    transformer: str
    substation: str
    settlement_key: str
    street_key: str


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    account: Key
    name: str
    kind: SubscriberKind
    code: Key
    place: _Place
    phones: frozenset[str]


async def import_premises(database: Database, table: HandedTable) -> Outcome:
    """Store every row of the table, or none.

    A premise is known by its company and «объект» (its account where that is empty): what is known is
    changed, what is new is added, nothing is removed. Raises InvalidInput that names every wrong row,
    Unavailable when the store is gone.
    """
    problems = Problems()
    read = await asyncio.to_thread(lambda: list(_rows(table, problems)))  # the loop is the calls'
    async with database.write() as session:
        await take_turn(session)
        companies = {row.account[0] for row in read}
        known = await _known(session, companies)
        nets = {company: await net.load(session, company) for company in companies}
        former = await renames.load(session, companies)
        found = list(_hung(_matched(read, known, problems), nets, former, problems))
        problems.check(table.file)
        outcome = await _store(session, known, found)
        await directory.rebuild(session, companies)
        return outcome


def _rows(table: HandedTable, problems: Problems) -> Iterator[_Row]:
    for row in table.rows(required=REQUIRED, optional=OPTIONAL, problems=problems):
        try:
            yield _row(row.number, row.cells, table.company(row.cells))
        except BadCell as error:
            problems.add(row.number, str(error))


def _matched(rows: list[_Row], known: _Known, problems: Problems) -> Iterator[_Row]:
    """The rows under the numbers the store knows them by; those that say one thing twice go to `problems`."""
    accounts, codes = Spellings(known.subscribers), Spellings(known.premises)
    seen_code: dict[Key, int] = {}
    seen_account: dict[Key, tuple[int, str, SubscriberKind]] = {}
    for row in rows:
        try:
            account = accounts.settled("лицевой счёт", row.account)
            code = codes.settled("объект", row.code if row.code != row.account else account)
            if code in seen_code:
                raise BadCell(f"объект {code[1]} уже есть в строке {seen_code[code]}")
            first, name, kind = seen_account.setdefault(account, (row.number, row.name, row.kind))
            if (name, kind) != (row.name, row.kind):
                raise BadCell(f"счёт {account[1]} в строке {first} записан на другого абонента")
            seen_code[code] = row.number
        except BadCell as error:
            problems.add(row.number, str(error))
        else:
            yield replace(row, account=account, code=code)


def _hung(rows: Iterator[_Row], nets: Mapping[str, Network], former: Renames, problems: Problems) -> Iterator[_Row]:
    """The rows with what is above their transformer or feeder, and with the present name's key of their street."""
    for row in rows:
        company_id, place = row.code[0], row.place
        try:
            nodes = _nodes(nets[company_id], place)
        except BadCell as error:
            problems.add(row.number, str(error))
            continue
        street_key = former.present(company_id, place.settlement_key, place.street_key)
        yield replace(row, place=replace(place, street_key=street_key, **nodes))


def _nodes(net: Network, place: _Place) -> dict[str, str]:
    """What feeds a premise, as the net has it; codes that the net does not know stay as they are. Raises BadCell."""
    told = {NodeKind.FEEDER: place.line, NodeKind.TRANSFORMER: place.transformer, NodeKind.SUBSTATION: place.substation}
    nodes = {kind: net.find(kind, code) for kind, code in told.items() if code}
    codes = told | {kind: node.code for kind, node in nodes.items() if node}
    lowest = nodes.get(NodeKind.TRANSFORMER) or nodes.get(NodeKind.FEEDER)
    if lowest is not None:
        above = net.climb(lowest)[1:]
        nearest = {node.kind: node for node in reversed(above) if node.kind is not lowest.kind}
        for kind, node in nearest.items():
            if told[kind] and nodes[kind] not in above:
                raise BadCell(f"{KIND_NAMES[lowest.kind]} {lowest.code} в сети под «{node.code}», а не «{told[kind]}»")
            codes[kind] = node.code
    return {COLUMN_OF[kind]: code for kind, code in codes.items()}


def _row(number: int, row: dict[str, str], company: Company) -> _Row:
    account = cells.account(row, "лицевой счёт")
    code = cells.text(row, "объект", at_most=40) or account
    branch = cells.text(row, "филиал", at_most=32)
    if branch:
        try:
            company.branch(branch)
        except NotFound as error:
            raise BadCell(error.message) from error
    district = cells.text(row, "район", at_most=60)
    address = {
        "settlement": districts.named(cells.text(row, "населённый пункт", at_most=100, required=True), district),
        "street": cells.text(row, "улица", at_most=100),
        "house": cells.text(row, "дом", at_most=20),
        "building": cells.text(row, "корпус", at_most=20),
        "flat": cells.text(row, "квартира", at_most=20),
    }
    if len(address["settlement"]) > 100:
        raise BadCell("«населённый пункт» вместе с районом длиннее 100 знаков")
    return _Row(
        number=number,
        account=(company.id, account),
        name=cells.text(row, "абонент", at_most=200, required=True),
        kind=cells.choice(row, "вид абонента", APPLICANTS, default="физлицо"),
        code=(company.id, code),
        place=_Place(
            branch=branch,
            **address,
            address=cells.text(row, "адрес", at_most=300) or places.one_line(**address),
            line=cells.text(row, "линия", at_most=60),
            transformer=cells.text(row, "ТП", at_most=60),
            substation=cells.text(row, "подстанция", at_most=60),
            settlement_key=places.key(address["settlement"]),
            street_key=places.key(address["street"]),
        ),
        phones=frozenset(cells.phones(row, "телефоны")),
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What the store already has of the table's companies."""

    subscribers: dict[Key, tuple[str, str, SubscriberKind]]
    premises: dict[Key, tuple[str, str, _Place]]
    phones: dict[str, set[str]]


async def _known(session: AsyncSession, companies: set[str]) -> _Known:
    subscribers = select(
        Subscriber.company_id, Subscriber.account, Subscriber.id, Subscriber.name, Subscriber.kind
    ).where(Subscriber.company_id.in_(companies))
    columns = [getattr(Premise, name) for name in _Place.__dataclass_fields__]
    premises = select(Premise.company_id, Premise.code, Premise.id, Premise.subscriber_id, *columns).where(
        Premise.company_id.in_(companies)
    )
    phones = (
        select(PremisePhone.premise_id, PremisePhone.phone)
        .join(Premise, Premise.id == PremisePhone.premise_id)
        .where(Premise.company_id.in_(companies))
    )
    by_premise: dict[str, set[str]] = defaultdict(set)
    for premise_id, phone in await session.execute(phones):
        by_premise[premise_id].add(phone)
    return _Known(
        {(row[0], row[1]): (row[2], row[3], row[4]) for row in await session.execute(subscribers)},
        {(row[0], row[1]): (row[2], row[3], _Place(*row[4:])) for row in await session.execute(premises)},
        by_premise,
    )


async def _store(session: AsyncSession, known: _Known, found: list[_Row]) -> Outcome:
    new_subscribers, renamed = await _store_subscribers(session, known, found)
    added: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    rewired: list[str] = []
    phones: list[dict[str, Any]] = []
    changed = 0
    for row in found:
        subscriber_id = new_subscribers.get(row.account) or known.subscribers[row.account][0]
        premise_id, *was = known.premises.get(row.code, (new_id(),))
        values = {"id": premise_id, "company_id": row.code[0], "code": row.code[1], "subscriber_id": subscriber_id}
        same_phones = known.phones.get(premise_id, set()) == row.phones
        same_place = was == [subscriber_id, row.place]
        if not was:
            added.append(values | asdict(row.place))
        elif not same_place:
            moved.append(values | asdict(row.place))
        if not same_phones:
            rewired.append(premise_id)
            phones += [{"premise_id": premise_id, "phone": phone} for phone in sorted(row.phones)]
        changed += bool(was) and not (same_place and same_phones and row.account not in renamed)

    await insert_all(session, Premise, added)
    await update_all(session, Premise, moved)
    for part in slices(rewired):
        await session.execute(delete(PremisePhone).where(PremisePhone.premise_id.in_(part)))
    await insert_all(session, PremisePhone, phones)
    return Outcome(len(added), changed, len(found) - len(added) - changed)


async def _store_subscribers(
    session: AsyncSession, known: _Known, found: list[_Row]
) -> tuple[dict[Key, str], set[Key]]:
    """Store who is new or changed; return the ids of the new, and the accounts of the changed."""
    ids: dict[Key, str] = {}
    renamed: set[Key] = set()
    added: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for row in {row.account: row for row in found}.values():  # rows of one account agree, see _rows
        was = known.subscribers.get(row.account)
        if was is None:
            ids[row.account] = new_id()
            added.append(_subscriber(ids[row.account], row))
        elif was[1:] != (row.name, row.kind):
            renamed.add(row.account)
            changed.append(_subscriber(was[0], row))
    await insert_all(session, Subscriber, added)
    await update_all(session, Subscriber, changed)
    return ids, renamed


def _subscriber(subscriber_id: str, row: _Row) -> dict[str, Any]:
    company_id, account = row.account
    return {"id": subscriber_id, "company_id": company_id, "account": account, "name": row.name, "kind": row.kind}
