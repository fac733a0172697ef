"""An event changed, removed or inserted behind the product's back is found and named."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from appeals import history
from appeals.intake.repeats import FurtherContact
from appeals.models import AppealEvent
from appeals.proof.verify import Verdict, heads, verify
from appeals.register import Register
from gridline.clock import SetClock
from gridline.db import Database
from tests.store.appeals.made import intake

OPEN_DOORS = {
    "sqlite": ["DROP TRIGGER appeal_events_no_update", "DROP TRIGGER appeal_events_no_delete"],
    "postgresql": ["ALTER TABLE appeal_events DISABLE TRIGGER appeal_events_no_change"],
}


async def tamper(db: Database, statement: str, **values: Any) -> None:
    """What somebody with full rights on the database can do: the triggers do not stop them."""
    async with db.write() as session:
        for opened in OPEN_DOORS["sqlite" if db.is_sqlite else "postgresql"]:
            await session.execute(text(opened))
        assert (await session.execute(text(statement), values)).rowcount != 0  # type: ignore[attr-defined]


async def verdict(db: Database, **options: Any) -> Verdict:
    async with db.read() as session:
        return await verify(session, **options)


@pytest.fixture
async def numbers(register: Register, clock: SetClock) -> list[str]:
    """Three appeals, the second with three events."""
    made = []
    for _ in range(3):
        made.append((await register.register(intake())).number)
        clock.advance(timedelta(minutes=1))
    for words in ("Когда?", "Всё ещё темно."):
        await register.add_contact("skek", made[1], FurtherContact("phone", "ivr", text=words))
    return made


async def test_a_clock_put_back_turns_no_history_back(
    db: Database, register: Register, clock: SetClock, numbers: list[str]
) -> None:
    clock.advance(timedelta(days=-30))
    await register.register(intake())
    await register.add_contact("skek", numbers[0], FurtherContact("phone", "ivr", text="Ну что?"))
    async with db.read() as session:
        moments = (await session.scalars(select(AppealEvent.at).order_by(AppealEvent.journal_no))).all()
    assert moments == sorted(moments)
    assert len(moments) == 7
    assert not (await verdict(db)).faults


async def test_an_untouched_register_has_no_fault(db: Database, numbers: list[str]) -> None:
    assert await verdict(db) == Verdict(appeals=3, events=5, faults=())


@pytest.mark.parametrize("statement", ["UPDATE appeal_events SET actor = 'x'", "DELETE FROM appeal_events"])
async def test_the_database_itself_refuses_to_rewrite_history(db: Database, numbers: list[str], statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        async with db.write() as session:
            await session.execute(text(statement))
    assert not (await verdict(db)).faults


@pytest.mark.parametrize("column", ["body", "actor", "kind"])
async def test_a_changed_event_is_named(db: Database, numbers: list[str], column: str) -> None:
    await tamper(
        db,
        f"UPDATE appeal_events SET {column} = 'x' WHERE seq = 2",
    )
    (fault,) = (await verdict(db)).faults
    assert (fault.what, fault.number, fault.seq) == ("changed", numbers[1], 2)


@pytest.mark.parametrize("seq", [1, 2, 3])
async def test_a_changed_event_with_its_hash_made_anew_is_named(db: Database, numbers: list[str], seq: int) -> None:
    async with db.read() as session:
        query = "SELECT * FROM appeal_events WHERE seq = :seq ORDER BY journal_no DESC LIMIT 1"
        row = (await session.execute(text(query), {"seq": seq})).mappings().one()
        appeal = (
            await session.execute(text("SELECT number FROM appeals WHERE id = :id"), {"id": row["appeal_id"]})
        ).one()
    new = history.sha256("anything")
    await tamper(
        db, "UPDATE appeal_events SET actor = 'x', hash = :new WHERE journal_no = :no", new=new, no=row["journal_no"]
    )
    assert {(fault.what, fault.number, fault.seq) for fault in (await verdict(db)).faults} == {
        ("changed", appeal.number, seq)
    }


@pytest.mark.parametrize("seq", [1, 2, 3])
async def test_a_removed_event_is_named(db: Database, numbers: list[str], seq: int) -> None:
    await tamper(
        db,
        "DELETE FROM appeal_events WHERE seq = :seq AND appeal_id = (SELECT id FROM appeals WHERE number = :number)",
        seq=seq,
        number=numbers[1],
    )
    faults = (await verdict(db)).faults
    assert ("removed", numbers[1], seq) in {(fault.what, fault.number, fault.seq) for fault in faults}
    assert {fault.what for fault in faults} == {"removed"}


async def test_a_removed_last_event_is_found_though_the_card_was_doctored(db: Database, numbers: list[str]) -> None:
    await tamper(db, "DELETE FROM appeal_events WHERE seq = 3")
    async with db.write() as session:
        kept = "SELECT hash FROM appeal_events WHERE seq = 2"
        await session.execute(text(f"UPDATE appeals SET event_count = 2, event_hash = ({kept}) WHERE event_count = 3"))
    (fault,) = (await verdict(db)).faults
    assert (fault.what, "№ 5" in fault.sentence) == ("removed", True)


@pytest.mark.parametrize("which", [0, 1, 2])
async def test_a_removed_appeal_is_named(db: Database, numbers: list[str], which: int) -> None:
    one = "(SELECT id FROM appeals WHERE number = :number)"
    await tamper(db, f"DELETE FROM appeal_events WHERE appeal_id = {one}", number=numbers[which])
    async with db.write() as session:
        for table in ("promises", "appeal_contacts", "appeal_contents"):
            await session.execute(text(f"DELETE FROM {table} WHERE appeal_id = {one}"), {"number": numbers[which]})
        await session.execute(text("DELETE FROM appeals WHERE number = :number"), {"number": numbers[which]})
    faults = (await verdict(db)).faults
    assert ("removed", numbers[which], 0) in {(fault.what, fault.number, fault.seq) for fault in faults}


async def test_an_inserted_event_is_named(db: Database, numbers: list[str]) -> None:
    await tamper(
        db,
        "INSERT INTO appeal_events SELECT appeal_id, 2, company_id, year, at, actor, 'answered', body, hash, hash,"
        " 99, journal_hash FROM appeal_events WHERE journal_no = 1",
    )
    faults = {(fault.what, fault.number, fault.seq) for fault in (await verdict(db)).faults}
    assert ("inserted", numbers[0], 2) in faults


async def test_a_changed_content_is_found(db: Database, numbers: list[str]) -> None:
    await tamper(
        db,
        "UPDATE appeal_contents SET intake = '{}' WHERE appeal_id = (SELECT id FROM appeals WHERE number = :n)",
        n=numbers[2],
    )
    (fault,) = (await verdict(db)).faults
    assert (fault.what, fault.number) == ("content", numbers[2])


async def test_a_journal_rewound_with_its_counter_is_found_by_the_head_kept_outside(
    db: Database, numbers: list[str]
) -> None:
    async with db.read() as session:
        kept = await heads(session)
    await tamper(db, "DELETE FROM appeal_events WHERE seq = 3")
    async with db.write() as session:
        before = "(SELECT {} FROM appeal_events WHERE seq = 2)"
        await session.execute(
            text(f"UPDATE appeals SET event_count = 2, event_hash = {before.format('hash')} WHERE event_count = 3")
        )
        await session.execute(
            text(f"UPDATE appeal_counters SET journal_no = 4, journal_hash = {before.format('journal_hash')}")
        )
    assert not (await verdict(db)).faults
    (fault,) = (await verdict(db, kept=kept)).faults
    assert fault.what == "journal"
