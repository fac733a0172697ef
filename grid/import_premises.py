"""`gridline import premises`: subscribers, their premises and phones from the billing system's table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from grid import places
from grid.imports import APPLICANTS, Outcome, Table, insert_all, slices, take_turn, update_all
from grid.models import Premise, PremisePhone, Subscriber, SubscriberKind
from gridline import cells, tabular
from gridline.companies import Company
from gridline.db import Database, new_id
from gridline.errors import NotFound
from gridline.tabular import BadCell, Problems

REQUIRED = ("лицевой счёт", "абонент", "населённый пункт")
OPTIONAL = (
    "компания", "вид абонента", "объект", "филиал", "улица", "дом", "корпус", "квартира", "адрес", "линия", "телефоны",
)  # fmt: skip

Key = tuple[str, str]


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
    settlement_key: str
    street_key: str


@dataclass(frozen=True, slots=True)
class _Row:
    account: Key
    name: str
    kind: SubscriberKind
    code: Key
    place: _Place
    phones: frozenset[str]


async def import_premises(database: Database, table: Table) -> Outcome:
    """Store every row of the table, or none.

    A premise is known by its company and «объект» (its account where that is empty): what is known is
    changed, what is new is added, nothing is removed. Raises InvalidInput that names every wrong row,
    Unavailable when the store is gone.
    """
    problems = Problems()
    found = list(_rows(table, problems))
    problems.check(table.file)
    async with database.write() as session:
        await take_turn(session)
        return await _store(session, found)


def _rows(table: Table, problems: Problems) -> Iterator[_Row]:
    seen_code: dict[Key, int] = {}
    seen_account: dict[Key, tuple[int, str, SubscriberKind]] = {}
    for row in tabular.rows(table.file, required=REQUIRED, optional=OPTIONAL, problems=problems):
        try:
            read = _row(row.cells, table.company(row.cells))
            if read.code in seen_code:
                raise BadCell(f"объект {read.code[1]} уже есть в строке {seen_code[read.code]}")
            first, name, kind = seen_account.setdefault(read.account, (row.number, read.name, read.kind))
            if (name, kind) != (read.name, read.kind):
                raise BadCell(f"счёт {read.account[1]} в строке {first} записан на другого абонента")
            seen_code[read.code] = row.number
        except BadCell as error:
            problems.add(row.number, str(error))
        else:
            yield read


def _row(row: dict[str, str], company: Company) -> _Row:
    account = cells.digits(row, "лицевой счёт", at_most=20)
    code = cells.text(row, "объект", at_most=40) or account
    branch = cells.text(row, "филиал", at_most=32)
    if branch:
        try:
            company.branch(branch)
        except NotFound as error:
            raise BadCell(error.message) from error
    address = {
        "settlement": cells.text(row, "населённый пункт", at_most=100, required=True),
        "street": cells.text(row, "улица", at_most=100),
        "house": cells.text(row, "дом", at_most=20),
        "building": cells.text(row, "корпус", at_most=20),
        "flat": cells.text(row, "квартира", at_most=20),
    }
    return _Row(
        account=(company.id, account),
        name=cells.text(row, "абонент", at_most=200, required=True),
        kind=cells.choice(row, "вид абонента", APPLICANTS, default="физлицо"),
        code=(company.id, code),
        place=_Place(
            branch=branch,
            **address,
            address=cells.text(row, "адрес", at_most=300) or places.one_line(**address),
            line=cells.text(row, "линия", at_most=60),
            settlement_key=places.key(address["settlement"]),
            street_key=places.key(address["street"]),
        ),
        phones=frozenset(cells.phones(row, "телефоны")),
    )


async def _store(session: AsyncSession, found: list[_Row]) -> Outcome:
    companies = {row.code[0] for row in found}
    subscribers = {
        (s.company_id, s.account): (s.id, s.name, s.kind)
        for s in await session.execute(
            select(Subscriber.id, Subscriber.company_id, Subscriber.account, Subscriber.name, Subscriber.kind).where(
                Subscriber.company_id.in_(companies)
            )
        )
    }
    columns = [getattr(Premise, name) for name in _Place.__dataclass_fields__]
    premises = {
        (p.company_id, p.code): (p.id, p.subscriber_id, _Place(*p[4:]))
        for p in await session.execute(
            select(Premise.id, Premise.company_id, Premise.code, Premise.subscriber_id, *columns).where(
                Premise.company_id.in_(companies)
            )
        )
    }
    phones: dict[str, set[str]] = {}
    for premise_id, phone in await session.execute(
        select(PremisePhone.premise_id, PremisePhone.phone)
        .join(Premise, Premise.id == PremisePhone.premise_id)
        .where(Premise.company_id.in_(companies))
    ):
        phones.setdefault(premise_id, set()).add(phone)

    new_subscribers: list[dict[str, Any]] = []
    changed_subscribers: list[dict[str, Any]] = []
    new_premises: list[dict[str, Any]] = []
    changed_premises: list[dict[str, Any]] = []
    new_phones: list[dict[str, Any]] = []
    stale_phones: list[str] = []
    renamed: set[str] = set()
    changed = 0
    for row in found:
        subscriber = subscribers.get(row.account)
        if subscriber is None:
            subscriber = subscribers[row.account] = (new_id(), row.name, row.kind)
            new_subscribers.append(_subscriber(subscriber[0], row))
        elif subscriber[1:] != (row.name, row.kind):
            subscriber = subscribers[row.account] = (subscriber[0], row.name, row.kind)
            changed_subscribers.append(_subscriber(subscriber[0], row))
            renamed.add(subscriber[0])
        premise = premises.get(row.code)
        premise_id = premise[0] if premise else new_id()
        values = {"id": premise_id, "company_id": row.code[0], "code": row.code[1], "subscriber_id": subscriber[0]}
        moved = premise is not None and premise[1:] != (subscriber[0], row.place)
        known_phones = phones.get(premise_id, set())
        if premise is None:
            new_premises.append(values | asdict(row.place))
        elif moved:
            changed_premises.append(values | asdict(row.place))
        if known_phones != row.phones:
            stale_phones.append(premise_id)
            new_phones += [{"premise_id": premise_id, "phone": phone} for phone in sorted(row.phones)]
        if premise and (moved or known_phones != row.phones or subscriber[0] in renamed):
            changed += 1

    await insert_all(session, Subscriber, new_subscribers)
    await update_all(session, Subscriber, changed_subscribers)
    await insert_all(session, Premise, new_premises)
    await update_all(session, Premise, changed_premises)
    for part in slices(stale_phones):
        await session.execute(delete(PremisePhone).where(PremisePhone.premise_id.in_(part)))
    await insert_all(session, PremisePhone, new_phones)
    return Outcome(len(new_premises), changed, len(found) - len(new_premises) - changed)


def _subscriber(subscriber_id: str, row: _Row) -> dict[str, Any]:
    company_id, account = row.account
    return {"id": subscriber_id, "company_id": company_id, "account": account, "name": row.name, "kind": row.kind}
