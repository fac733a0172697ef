"""A company with a long past, laid into a SQLite file in bulk: calls with their ways, appeals, callers with premises.

A few thousand appeals are made by the register's own code; the others are their copies with numbers, callers and calls
of their own. Copies keep the fingerprints of what they were copied from, and their words are not indexed: a call card
asks for neither.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from appeals import numbering, states
from bench.appeals import past
from gridline.calendar.workdays import ProductionCalendar
from gridline.companies import Company
from gridline.db import Database
from gridline.errors import Unavailable
from ivr.journal.models import call_id
from migrations import upgrade

MADE = 4_000
"""Appeals a year made by the register's own code."""
CALLS_EACH = 8
"""Calls of one caller on the average: as many as a card shows, and as many appeals, of which one in ten is open."""
YEARS = (2024, 2025)
NODE, BOOT = "bench", "past"
AGENT_USER = "0" * 31 + "1"
"""The id of the person who answered all those calls."""
_BEGINS = datetime(YEARS[0], 1, 1, tzinfo=UTC)
_SPAN = timedelta(days=365 * len(YEARS))
_MENU = (
    "Обрыв провода или опасность, нажмите один. Нет света или воды, два. Подключение к сетям, три. "
    "Счётчики и справки, четыре. Жалоба или обращение, пять. Оператор, ноль."
)
_COPIED = {
    "appeals": {
        "id": "copied(:n, id)",
        "idempotency_key": "copied(:n, id)",
        "sequence": ":n * :made + sequence",
        "number": "number_of(year, :n * :made + sequence)",
        "call_id": "call_of(:before + :n * :made + sequence)",
        "premise_id": "CASE topic WHEN 'outages' THEN premise_of(:before + :n * :made + sequence) END",
    },
    "appeal_contents": {
        "appeal_id": "copied(:n, appeal_id)",
        "phone": "phone_of(:before + :n * :made + (SELECT sequence FROM appeals a WHERE a.id = appeal_id))",
        "phone_raw": "phone_of(:before + :n * :made + (SELECT sequence FROM appeals a WHERE a.id = appeal_id))",
    },
    "appeal_events": {"appeal_id": "copied(:n, appeal_id)", "journal_no": ":n * :entries + journal_no"},
    "promises": {"id": "copied(:n, id)", "appeal_id": "copied(:n, appeal_id)"},
}
"""What a copy has of its own; the rest is its original's."""
_ORIGINALS = "company_id = :company AND year = :year AND sequence <= :upto"
_SETTLED = """
    UPDATE promises SET escalated = 100, (settled_at, outcome) = (
        SELECT closed_at, CASE WHEN closed_at IS NULL THEN NULL ELSE 'kept' END FROM appeals WHERE id = appeal_id
    )
"""
"""The promise of an answer ends with the answer; of those long overdue everybody has been told."""


@dataclass(frozen=True)
class Filled:
    """What is there."""

    calls: int
    appeals: int
    steps: int
    premises: int
    file_mb: int


async def fill(file: Path, company: Company, rows: int) -> None:
    """A new database in `file` with `rows` calls and `rows` appeals."""
    made = min(MADE, rows // (4 * len(YEARS)))
    db = Database(f"sqlite+aiosqlite:///{file}")
    try:
        await upgrade(db)
        for year in YEARS:
            for batch in past.year_of_appeals(company, year, made, ProductionCalendar(), random.Random(year)):
                await past.store(db, batch)
    finally:
        await db.close()
    await asyncio.to_thread(_multiply, file, company.id, rows, made)


def counted(file: Path) -> Filled:
    """What `file` holds."""
    connection = sqlite3.connect(file)
    try:
        calls, appeals, steps, premises = (
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("calls", "appeals", "call_steps", "premises")
        )
    finally:
        connection.close()
    return Filled(calls, appeals, steps, premises, file.stat().st_size // 2**20)


def callers(file: Path, count: int) -> list[str]:
    """Numbers (E.164) with earlier calls, a premise and an open appeal. Raises Unavailable when there are too few."""
    marks = ",".join("?" * len(states.OPEN))
    query = (
        "SELECT DISTINCT c.phone FROM appeals a JOIN appeal_contents c ON c.appeal_id = a.id "
        "JOIN premise_phones p ON p.phone = c.phone "
        f"WHERE a.state IN ({marks}) AND a.sequence > ? ORDER BY a.event_hash, c.phone LIMIT ?"
    )
    connection = sqlite3.connect(file)
    try:
        found = [row[0] for row in connection.execute(query, (*sorted(states.OPEN), 0, count))]
    finally:
        connection.close()
    if len(found) < count:
        raise Unavailable(f"Работа не доказана: абонентов с открытым обращением только {len(found)}.")
    return found


def _multiply(file: Path, company_id: str, rows: int, made: int) -> None:
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        # Nothing is lost with this file: it is made anew for every run.
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {setting}")
        people = max(1, rows // CALLS_EACH)
        connection.create_function("copied", 2, _copied, deterministic=True)
        connection.create_function("number_of", 2, numbering.number, deterministic=True)
        connection.create_function("call_of", 1, lambda at: _call(at), deterministic=True)
        connection.create_function("phone_of", 1, lambda at: _phone(at % people), deterministic=True)
        connection.create_function("premise_of", 1, lambda at: _id("premise", at % people), deterministic=True)
        connection.execute("BEGIN")
        connection.execute(_SETTLED)
        for before, year in enumerate(YEARS):
            _copy_appeals(connection, company_id, year, before * (rows // len(YEARS)), rows // len(YEARS), made)
        _insert(connection, "subscribers", _subscribers(company_id, people))
        _insert(connection, "premises", _premises(company_id, people))
        _insert(connection, "premise_phones", ((_id("premise", at), _phone(at)) for at in range(people)))
        _insert(connection, "card_notes", _notes(company_id, people))
        _insert(connection, "calls", _calls(company_id, rows, people))
        _insert(connection, "call_steps", _steps(rows))
        _insert(connection, "agent_events", _answers(company_id, rows))
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("ANALYZE")
    finally:
        connection.close()


def _copy_appeals(
    connection: sqlite3.Connection, company_id: str, year: int, before: int, rows: int, made: int
) -> None:
    entries = connection.execute("SELECT max(journal_no) FROM appeal_events WHERE year = ?", (year,)).fetchone()[0]
    for table, own in _COPIED.items():
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        values = ", ".join(own.get(column, column) for column in columns)
        originals = _ORIGINALS if table == "appeals" else f"appeal_id IN (SELECT id FROM appeals WHERE {_ORIGINALS})"
        copy = f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} WHERE {originals}"
        for n in range(1, -(-rows // made)):
            upto = min(made, rows - n * made)
            told = {
                "n": n,
                "made": made,
                "upto": upto,
                "before": before,
                "entries": entries,
                "year": year,
                "company": company_id,
            }
            connection.execute(copy, {key: value for key, value in told.items() if f":{key}" in copy})
    connection.execute(
        "UPDATE appeal_counters SET last_sequence = ?, journal_no = ? WHERE year = ?",
        (rows, -(-rows // made) * entries, year),
    )


def _insert(connection: sqlite3.Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Rows with a value for each of the table's first columns, in their order; later ones have a default."""
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    told = iter(rows)
    for first in told:
        columns = ", ".join(names[: len(first)])
        into = f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(first))})"
        connection.executemany(into, chain([first], told))


def _subscribers(company_id: str, people: int) -> Iterator[tuple[Any, ...]]:
    for at in range(people):
        yield _id("subscriber", at), company_id, f"{700_000_000 + at}", f"Абонентов Абонент {at}", "person"


def _premises(company_id: str, people: int) -> Iterator[tuple[Any, ...]]:
    for at in range(people):
        street, house, flat = f"Улица {at // 1000}", str(at // 40 % 25 + 1), str(at % 40 + 1)
        yield (
            _id("premise", at),
            company_id,
            f"P{at}",
            _id("subscriber", at),
            "",
            "г. Кемерово",
            f"ул. {street}",
            house,
            "",
            flat,
            f"г. Кемерово, ул. {street}, д. {house}, кв. {flat}",
            "кемерово",
            street.lower(),
            f"Ф-{at // 500}",
        )


def _notes(company_id: str, people: int) -> Iterator[tuple[Any, ...]]:
    for at in range(0, people, 4):
        yield (
            _id("note", at),
            company_id,
            _call(at),
            _phone(at),
            "Просил перезвонить после шести",
            "Ольга Смирнова",
            _moment(at, people),
        )


def _calls(company_id: str, rows: int, people: int) -> Iterator[tuple[Any, ...]]:
    for at in range(rows):
        began = _moment(at, rows)
        phone = _phone(at % people)
        yield (
            _call(at),
            NODE,
            BOOT,
            str(at),
            company_id,
            "78000000003",
            phone,
            phone,
            "",
            "",
            began,
            began,
            _moment(at, rows, 240),
            "notice",
            "1",
            began,
            _moment(at, rows, 12),
            True,
            "hung-up",
        )


def _steps(rows: int) -> Iterator[tuple[Any, ...]]:
    main, operator = json.dumps(["main-menu"]), json.dumps(["person-connecting"])
    for at in range(rows):
        call = _call(at)
        yield (
            _id("main", at),
            call,
            0,
            "main",
            main,
            _MENU,
            "",
            "2",
            "pressed",
            "power",
            "",
            _moment(at, rows, 12),
            _moment(at, rows, 20),
        )
        yield (
            _id("operator", at),
            call,
            1,
            "operator",
            operator,
            "Соединяю с оператором.",
            "",
            "",
            "said",
            "operator",
            "",
            _moment(at, rows, 20),
            _moment(at, rows, 24),
        )


def _answers(company_id: str, rows: int) -> Iterator[tuple[Any, ...]]:
    for at in range(rows):
        yield (
            _id("answer", at),
            _moment(at, rows, 40),
            "101",
            AGENT_USER,
            company_id,
            "answered",
            "bench-hotline",
            str(at),
            6,
            "",
        )


def _moment(at: int, of: int, seconds: float = 0) -> str:
    return f"{_BEGINS + _SPAN * (at / of) + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S.%f}"


def _phone(caller: int) -> str:
    """Spread over all numbers of +7913, so that neighbours in an index are no neighbours in time."""
    return f"+7913{caller * 7_654_321 % 10_000_000:07d}"


def _call(at: int) -> str:
    return call_id(NODE, BOOT, str(at))


def _copied(n: int, id: str) -> str:
    return _id(id, n)


def _id(what: str, at: int) -> str:
    return hashlib.blake2b(f"{what}{at}".encode(), digest_size=16).hexdigest()
