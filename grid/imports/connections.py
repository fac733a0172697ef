"""`gridline import connections`: applications for technological connection and how far each is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from grid.connections.tracks import TRACKS
from grid.imports import APPLICANTS, HandedTable, Key, Outcome, insert_all, slices, take_turn, update_all
from grid.models import ConnectionApplication, ConnectionStage, SubscriberKind, Turn
from gridline.companies import Company
from gridline.db import Database, new_id
from gridline.numbers import applications
from gridline.tables import cells
from gridline.tables.cells import When
from gridline.tables.tabular import BadCell, Problems

REQUIRED = ("номер", "заявитель", "адрес", "дата заявки", "этап")
OPTIONAL = ("компания", "вид заявителя", "телефон", "порядок", "очередь", "срок", "что дальше")
TURNS = {"заявитель": Turn.APPLICANT, "сеть": Turn.GRID}
TRACK = "standard-150"
ALL_DONE = "завершено"


@dataclass(frozen=True, slots=True)
class _Facts:
    """The columns of an application that come from the table."""

    applicant: str
    applicant_kind: SubscriberKind
    phone: str | None
    address: str
    track: str
    submitted_on: date


@dataclass(frozen=True, slots=True)
class _Stage:
    ordinal: int
    name: str
    turn: Turn
    due: date | None
    next_step: str
    done: bool


@dataclass(frozen=True, slots=True)
class _Row:
    number: Key
    facts: _Facts
    stages: tuple[_Stage, ...]


async def import_connections(database: Database, table: HandedTable) -> Outcome:
    """Store every row of the table, or none.

    An application is known by its company and «номер». Raises InvalidInput that names every wrong row,
    Unavailable when the store is gone.
    """
    problems = Problems()
    found = list(_rows(table, problems))
    problems.check(table.file)
    async with database.write() as session:
        await take_turn(session)
        return await _store(session, found)


def _rows(table: HandedTable, problems: Problems) -> Iterator[_Row]:
    seen: dict[Key, int] = {}
    for row in table.rows(required=REQUIRED, optional=OPTIONAL, problems=problems):
        try:
            company = table.company(row.cells)
            number = (company.id, _number(row.cells, company))
            if number in seen:
                raise BadCell(f"заявка {number[1]} уже есть в строке {seen[number]}")
            seen[number] = row.number
            read = _row(row.cells, number, table.when(company))
        except BadCell as error:
            problems.add(row.number, str(error))
        else:
            yield read


def _number(row: dict[str, str], company: Company) -> str:
    number = applications.tidy(cells.text(row, "номер", at_most=applications.MOST_WRITTEN, required=True))
    fewest, most = company.application_numbers.digits
    match company.application_numbers.fault(applications.digits_of(number)):
        case None:
            return number
        case "wrong-check":
            raise BadCell(f"«номер»: {number} — последняя цифра не контрольная (Дамм)")
        case "too-few" | "too-many":
            length = f"{fewest}" if fewest == most else f"от {fewest} до {most}"
            raise BadCell(f"«номер»: {number} — цифр в номере должно быть {length}")


def _row(row: dict[str, str], number: Key, when: When) -> _Row:
    phones = cells.phones(row, "телефон", at_most=1)
    submitted_on = cells.day(row, "дата заявки", when, required=True)
    assert submitted_on is not None
    track = cells.choice(row, "порядок", {name: name for name in TRACKS}, default=TRACK)
    facts = _Facts(
        applicant=cells.text(row, "заявитель", at_most=200, required=True),
        applicant_kind=cells.choice(row, "вид заявителя", APPLICANTS, default="физлицо"),
        phone=phones[0] if phones else None,
        address=cells.text(row, "адрес", at_most=300, required=True),
        track=track,
        submitted_on=submitted_on,
    )
    due = cells.day(row, "срок", when)
    if due is not None and due < submitted_on:
        raise BadCell("«срок» раньше даты заявки")
    return _Row(number, facts, _stages(row, track, due))


def _stages(row: dict[str, str], track: str, due: date | None) -> tuple[_Stage, ...]:
    steps = TRACKS[track]
    words = {str(ordinal): ordinal for ordinal in range(1, len(steps) + 1)} | {ALL_DONE: len(steps) + 1}
    current = cells.choice(row, "этап", words)
    said = cells.text(row, "что дальше", at_most=300)
    made = []
    for ordinal, step in enumerate(steps, start=1):
        here = ordinal == current
        turn = cells.choice(row, "очередь", TURNS) if here and row["очередь"] else step.turn
        made.append(
            _Stage(
                ordinal=ordinal,
                name=step.name,
                turn=turn,
                due=due if here else None,
                next_step=said if here and said else step.next_step,
                done=ordinal < current,
            )
        )
    return tuple(made)


async def _store(session: AsyncSession, found: list[_Row]) -> Outcome:
    companies = {row.number[0] for row in found}
    columns = [getattr(ConnectionApplication, name) for name in _Facts.__dataclass_fields__]
    known = {
        (a.company_id, a.number): (a.id, _Facts(*a[3:]))
        for a in await session.execute(
            select(
                ConnectionApplication.id, ConnectionApplication.company_id, ConnectionApplication.number, *columns
            ).where(ConnectionApplication.company_id.in_(companies))
        )
    }
    known_stages: dict[str, list[_Stage]] = defaultdict(list)
    for application_id, *stage in await session.execute(
        select(
            ConnectionStage.application_id,
            *(getattr(ConnectionStage, name) for name in _Stage.__dataclass_fields__),
        )
        .join(ConnectionApplication, ConnectionApplication.id == ConnectionStage.application_id)
        .where(ConnectionApplication.company_id.in_(companies))
        .order_by(ConnectionStage.application_id, ConnectionStage.ordinal)
    ):
        known_stages[application_id].append(_Stage(*stage))

    added: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    moved: list[str] = []
    new_stages: list[dict[str, Any]] = []
    for row in found:
        application_id, facts = known.get(row.number, (new_id(), None))
        company_id, number = row.number
        values = {
            "id": application_id,
            "company_id": company_id,
            "number": number,
            "digits": applications.digits_of(number),
            **asdict(row.facts),
        }
        if facts is None:
            added.append(values)
        elif facts != row.facts or tuple(known_stages[application_id]) != row.stages:
            changed.append(values)
        if tuple(known_stages[application_id]) != row.stages:
            moved.append(application_id)
            new_stages += [{"application_id": application_id, **asdict(stage)} for stage in row.stages]

    await insert_all(session, ConnectionApplication, added)
    await update_all(session, ConnectionApplication, changed)
    for part in slices(moved):
        await session.execute(delete(ConnectionStage).where(ConnectionStage.application_id.in_(part)))
    await insert_all(session, ConnectionStage, new_stages)
    return Outcome(len(added), len(changed), len(found) - len(added) - len(changed))
