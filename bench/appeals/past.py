"""A register with a long past: rows made by the register's own code, stored in bulk."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Table, insert
from sqlalchemy.ext.asyncio import AsyncSession

from appeals import history
from appeals.deadlines import deadlines
from appeals.deadlines.rules import shipped
from appeals.finding import words
from appeals.history import Happening
from appeals.intake import entry
from appeals.intake.entry import Registration
from appeals.intake.intake import Intake, accept
from appeals.models import Answer, Appeal, AppealEvent, Content, Counter, Promise
from gridline.calendar.workdays import ProductionCalendar
from gridline.companies import Company
from gridline.db import Database, new_id

BATCH = 5_000
TABLES: Sequence[tuple[str, Table]] = tuple(
    (name, model.__table__)  # type: ignore[misc]
    for name, model in (
        ("appeals", Appeal),
        ("contents", Content),
        ("events", AppealEvent),
        ("answers", Answer),
        ("promises", Promise),
    )
)
_SPOKEN_OF = """
напряжение провод подстанция столб авария отключение график ремонт бригада счётчик договор заявка мощность участок
посёлок улица дом квартира холодильник лампочка вечер утро неделя месяц обращение ответ оператор линия опора дерево
ветер гроза снег трансформатор ввод щит кабель траншея присоединение технический условие срок оплата счёт показание
проверка пломба замена установка прибор учёт качество электроэнергия перебой скачок мигание искрение обрыв
восстановление плановый предупреждение объявление жалоба сосед магазин школа больница насос котёл ферма производство
убыток возмещение акт осмотр инспектор документ справка паспорт доверенность собственник
"""
WORDS = _SPOKEN_OF.split()
_SHARES = {"connection": 52, "outages": 25, "metering": 11, "quality": 5, "service": 4, "other": 3}
TOPICS = [topic for topic, share in _SHARES.items() for _ in range(share)]
"""The shares of a region's line (domain.md section 8)."""
CHANNELS = ("phone",) * 70 + ("web_form",) * 15 + ("office",) * 8 + ("post",) * 5 + ("email",) * 2
BRANCHES = (None, "kemerovo", "novokuznetsk", "yurga")
KINDS = ("appeal",) * 80 + ("complaint",) * 8 + ("request",) * 12


@dataclass(slots=True)
class Batch:
    """Rows of a few thousand appeals by table, and their words."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name, _ in TABLES})
    words: list[words.Indexed] = field(default_factory=list)


def made_intake(chance: random.Random, company_id: str) -> Intake:
    """An appeal as they come: 10-60 words, now and then a rare one."""
    text = [*chance.choices(WORDS, k=chance.randint(10, 60)), f"тп{chance.randint(1, 20_000)}"]
    return accept(
        {
            "company_id": company_id,
            "channel": chance.choice(CHANNELS),
            "kind": chance.choice(KINDS),
            "topic": chance.choice(TOPICS),
            "applicant_kind": "person",
            "name": "Иванова Мария Петровна",
            "phone": f"+7913{chance.randint(1_000_000, 9_999_999)}",
            "email": "a@example.ru",
            "post_address": "Кемерово, Ленина, 1",
            "answer_way": "email",
            "branch": chance.choice(BRANCHES),
            "text": " ".join(text),
            "actor": "bench",
        }
    )


def year_of_appeals(
    company: Company,
    year: int,
    count: int,
    calendar: ProductionCalendar,
    chance: random.Random,
    *,
    until: datetime | None = None,
) -> Iterator[Batch]:
    """`count` appeals of a year in order of their numbers, as they stand at `until`, then the series' counter."""
    until = until or datetime(year + 1, 1, 1, tzinfo=UTC)
    counter = Counter(company_id=company.id, year=year, last_sequence=0, journal_no=0, journal_hash="")
    begins = datetime(year, 1, 1, 12, tzinfo=UTC)
    samples = [made_intake(chance, company.id) for _ in range(2_000)]
    reckoned: dict[tuple[str, str, date], deadlines.Deadline] = {}
    batch = Batch()
    for at in range(count):
        received = begins + timedelta(days=364) * at / count
        intake = samples[at % len(samples)]
        key = (intake.channel, intake.kind, received.date())
        if key not in reckoned:
            reckoned[key] = deadlines.for_intake(
                company=company,
                channel=intake.channel,
                kind=intake.kind,
                received_at=received,
                calendar=calendar,
                rules=shipped(),
            )
        one = Registration(intake, company, reckoned[key], received, None, new_id(), new_id())
        _lived(batch, one, counter, received, chance, until)
        if len(batch.words) == BATCH:
            yield batch
            batch = Batch()
    if batch.words:
        yield batch
    columns = [column.name for column in Counter.__table__.columns]
    yield Batch({"counters": [{column: getattr(counter, column) for column in columns}]})


def _lived(
    batch: Batch, one: Registration, counter: Counter, at: datetime, chance: random.Random, until: datetime
) -> None:
    """What became of one appeal by then: of a hundred 93 are answered in 10 days, 5 late, 2 never."""
    made = entry.rows(one, counter, at)
    fate = chance.random()
    sent_at = at + timedelta(days=chance.uniform(0, 10) if fate < 0.93 else chance.uniform(50, 60))
    if fate < 0.98 and sent_at < until:
        told = {
            "answer_id": new_id(),
            "way": "email",
            "sent_at": history.moment(sent_at),
            "on_call": False,
            "digest": "",
            "proof_digest": "",
        }
        made.events.extend(
            history.write_rows(
                counter,
                appeal_id=one.appeal_id,
                after_seq=1,
                after_hash=made.events[-1]["hash"],
                at=sent_at,
                actor="bench",
                happenings=[Happening("answered", told), Happening("closed", {})],
            )
        )
        made.appeal.update(state="closed", answered_at=sent_at, closed_at=sent_at, event_count=3)
        made.appeal["event_hash"] = made.events[-1]["hash"]
    batch.rows["appeals"].append(made.appeal)
    batch.rows["contents"].append(made.content)
    batch.rows["events"].extend(made.events)
    if made.promise is not None:
        batch.rows["promises"].append(made.promise)
    batch.words.append(words.Indexed(made.appeal["company_id"], made.appeal["number"], one.intake.text or ""))


async def store(db: Database, batch: Batch) -> None:
    """Store a batch: COPY on PostgreSQL, plain inserts on SQLite."""
    tables = {**dict(TABLES), "counters": Counter.__table__}
    async with db.write() as session:
        for name, rows in batch.rows.items():
            if rows:
                await _store_table(session, tables[name], rows, lite=db.is_sqlite)  # type: ignore[arg-type]
        await words.add(session, batch.words)


async def _store_table(session: AsyncSession, table: Table, rows: list[dict[str, Any]], *, lite: bool) -> None:
    if lite:
        await session.execute(insert(table), rows)
        return
    raw = await (await session.connection()).get_raw_connection()
    assert raw.driver_connection is not None
    columns = list(rows[0])
    await raw.driver_connection.copy_records_to_table(
        table.name, records=[tuple(row[column] for column in columns) for row in rows], columns=columns
    )
