"""Who sees what, what a person learns is kept about them, and what erasure leaves: an act and a complete history."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select, text

from appeals.finding import search
from appeals.intake.drafts import Draft
from appeals.intake.repeats import FurtherContact
from appeals.models import Appeal, Content, DestructionAct
from appeals.personal_data import personal_data
from appeals.personal_data.erasure import Erasure
from appeals.proof.verify import verify
from appeals.register import Register, Registered
from gridline.clock import SetClock
from gridline.db import Database
from gridline.errors import Conflict, InvalidInput, NotFound
from recordings.erasure import KeptRecordings
from tests.store.appeals.made import drafted, intake

PHONE = "+79131234567"


@pytest.fixture
def erasure(db: Database, clock: SetClock) -> Erasure:
    return Erasure(db, clock, KeptRecordings())


@pytest.fixture
async def closed(register: Register) -> Registered:
    return await register.register(
        intake(
            kind="appeal",
            call_id="c1",
            recording_id="r1",
            account_number="42",
            email="i@mail.ru",
            post_address="г. Кемерово, ул. Весенняя, д. 5",
            answer_on_call={"text": "Мария Петровна, свет дадут."},
        )
    )


async def everything(db: Database) -> str:
    """Every row of the appeals' tables, as one text to look for traces in."""
    tables = (
        "appeals",
        "appeal_contents",
        "appeal_contacts",
        "appeal_answers",
        "appeal_events",
        "appeal_drafts",
        "appeal_words",
        "appeal_refusals",
        "appeal_tasks",
    )
    found = []
    async with db.read() as session:
        for table in tables:
            found += [str(row) for row in (await session.execute(text(f"SELECT * FROM {table}"))).all()]
    return "\n".join(found)


async def test_a_role_sees_what_it_needs(db: Database, closed: Registered) -> None:
    async with db.read() as session:
        content = (await session.execute(select(Content))).scalar_one()
    whole = personal_data.seen_by("clerk", content)
    assert (whole["name"], whole["phone"]) == ("Иванова Мария Петровна", PHONE)
    masked = personal_data.seen_by("quality", content)
    assert (masked["name"], masked["phone"], masked["email"]) == ("И*** М. П.", "***67", "i***@mail.ru")
    assert masked["post_address"] == "г. Кемерово, ***"
    assert set(personal_data.seen_by("statistics", content).values()) == {None}
    with pytest.raises(InvalidInput):
        personal_data.seen_by("passer-by", content)
    for role in personal_data.ROLES:
        assert set(personal_data.ROLES[role]) == set(personal_data.FIELDS)


def test_every_personal_column_has_a_purpose() -> None:
    not_personal = {"appeal_id", "salt", "intake", "erased_at"}
    assert set(Content.__table__.columns.keys()) - not_personal == set(personal_data.FIELDS)
    assert all(field.purpose for field in personal_data.FIELDS.values())


async def test_a_person_is_told_everything_that_is_kept_and_nothing_of_others(
    db: Database, register: Register, closed: Registered
) -> None:
    other = await register.register(intake(phone="89990000001", name="Сидоров", text="Мой текст."))
    await register.add_contact("skek", other.number, FurtherContact("phone", "ivr", phone=PHONE, text="Я сосед."))
    await drafted(db, Draft("skek", "recording", phone=PHONE, recording_id="r7"))
    await register.register(intake(company_id="mrsk-centra"))
    async with db.read() as session:
        kept = await personal_data.kept_of(session, "skek", "8 (913) 123-45-67")
        nobody = await personal_data.kept_of(session, "skek", "89990000009")
        with pytest.raises(InvalidInput):
            await personal_data.kept_of(session, "skek", "12")
    first, second = kept["appeals"]
    assert (first["number"], first["data"]["name"]) == (closed.written, "Иванова Мария Петровна")
    assert first["answers"][0]["text"].startswith("Мария")
    assert "data" not in second
    assert second["contacts"][0]["text"] == "Я сосед."
    assert "Сидоров" not in json.dumps(kept, ensure_ascii=False)
    assert [draft["recording_id"] for draft in kept["drafts"]] == ["r7"]
    assert (nobody["appeals"], nobody["drafts"]) == ([], [])


async def test_erasure_leaves_no_trace_but_an_act_and_a_whole_history(
    db: Database, clock: SetClock, register: Register, erasure: Erasure
) -> None:
    draft = await drafted(db, Draft("skek", "recording", phone=PHONE))
    done = await register.register(
        intake(
            kind="appeal",
            call_id="c1",
            recording_id="r1",
            account_number="424242",
            premise_id="prem-1",
            draft_id=draft,
            idempotency_key="k1",
            answer_on_call={"text": "Мария Петровна, свет дадут."},
        )
    )
    order: dict[str, Any] = {"reason": "истёк срок хранения", "actor": "a", "witness": "b"}
    dry = await erasure.erase("skek", [done.written], dry_run=True, **order)
    assert (dry.act_id, dry.numbers) == (None, (done.number,))
    assert "Иванова" in await everything(db)
    gone = await erasure.erase("skek", [done.written], **order)
    left = await everything(db)
    for trace in ("Иванова", "Мария", "9131234567", "123-45-67", "424242", "prem-1", "холодильник", "холодильн"):
        assert trace not in left
    assert (gone.numbers, gone.recordings) == ((done.number,), ("r1",))
    async with db.read() as session:
        act = (await session.execute(select(DestructionAct))).scalar_one()
        assert not (await verify(session)).faults
        assert not (await search.find(session, "skek", "напряжение")).numbers
    assert (act.id, act.by, act.witness, act.at) == (gone.act_id, "a", "b", clock.now())
    assert json.loads(act.items)["appeals"] == [done.number]
    # the number still exists, and the key still finds it
    assert (await register.status("skek", done.number)).state == "closed"
    assert (await register.register(intake(idempotency_key="k1"))).number == done.number
    again = await erasure.erase("skek", [done.number], **order)
    assert (again.act_id, again.kept[0].reason) == (None, "уже уничтожено")


async def test_open_and_held_appeals_are_kept_and_named(
    db: Database, register: Register, erasure: Erasure, closed: Registered
) -> None:
    open_one = await register.register(intake())
    hold = await erasure.hold(closed.appeal_id, reason="иск потребителя", actor="lawyer")
    order: dict[str, Any] = {"reason": "истёк срок", "actor": "a", "witness": "b"}
    done = await erasure.erase("skek", [closed.number, open_one.number], **order)
    reasons = {one.number: one.reason for one in done.kept}
    assert done.numbers == ()
    assert "рассматривается" in reasons[open_one.number]
    assert "иск потребителя" in reasons[closed.number]
    with pytest.raises(Conflict, match="второй человек"):
        await erasure.lift(hold, actor="lawyer")
    await erasure.lift(hold, actor="chief")
    with pytest.raises(Conflict):
        await erasure.lift(hold, actor="chief")
    done = await erasure.erase("skek", [closed.number, open_one.number], **order)
    assert done.numbers == (closed.number,)
    async with db.read() as session:
        assert not (await verify(session)).faults
        kept = await session.get(Content, open_one.appeal_id)
        assert kept is not None
        assert kept.phone == PHONE


async def test_erasure_needs_a_reason_a_second_person_and_known_numbers(erasure: Erasure, closed: Registered) -> None:
    with pytest.raises(InvalidInput):
        await erasure.erase("skek", [closed.number], reason=" ", actor="a", witness="b")
    with pytest.raises(Conflict):
        await erasure.erase("skek", [closed.number], reason="x", actor="a", witness="a")
    with pytest.raises(NotFound):
        await erasure.erase("mrsk-centra", [closed.number], reason="x", actor="a", witness="b")
    with pytest.raises(NotFound):
        await erasure.hold("0" * 32, reason="x", actor="a")
    with pytest.raises(InvalidInput):
        await erasure.hold(closed.appeal_id, reason="", actor="a")


async def test_content_deleted_without_an_act_is_found(db: Database, closed: Registered) -> None:
    async with db.write() as session:
        await session.execute(text("UPDATE appeal_contents SET salt = NULL"))
    async with db.read() as session:
        (fault,) = (await verify(session)).faults
    assert fault.what == "content"


async def test_the_trust_line_leaves_nothing_to_erase(db: Database, register: Register) -> None:
    await register.register(intake(kind="trust", topic="other", text="Мастер просит денег."))
    kept = await everything(db)
    assert not [trace for trace in ("9131234567", "123-45-67") if trace in kept]
    async with db.read() as session:
        assert (await personal_data.kept_of(session, "skek", PHONE))["appeals"] == []
        appeal = (await session.execute(select(Appeal))).scalar_one()
    assert appeal.applicant_kind == "unknown"
