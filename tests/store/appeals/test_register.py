"""Registering: one number, one deadline, one first event, and the same request twice gives the same appeal."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from appeals import numbering
from appeals.intake.drafts import Draft
from appeals.intake.repeats import FurtherContact
from appeals.models import Appeal, AppealEvent, Content, Counter, DraftAppeal, Promise
from appeals.register import Register
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SetClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import Conflict, InvalidInput, NotFound
from gridline.numbers import damm
from tests.store.appeals.made import drafted, intake


async def test_an_appeal_gets_number_deadline_event_and_promise_at_once(db: Database, register: Register) -> None:
    done = await register.register(intake())
    assert done.written == f"26-000001-{damm.check_digit('26000001')}"
    assert not done.existed
    async with db.read() as session:
        appeal = (await session.execute(select(Appeal))).scalar_one()
        event = (await session.execute(select(AppealEvent))).scalar_one()
        promise = (await session.execute(select(Promise))).scalar_one()
        content = (await session.execute(select(Content))).scalar_one()
    assert (appeal.id, appeal.number, appeal.state) == (done.appeal_id, done.number, "registered")
    body = json.loads(event.body)
    assert (event.seq, event.kind, body["number"]) == (1, "registered", done.number)
    assert body["deadline"]["day"] == done.deadline.isoformat() == appeal.deadline.isoformat()
    assert "Иванова" not in event.body
    assert "9131234567" not in event.body
    assert (content.phone, content.phone_raw) == ("+79131234567", "8 (913) 123-45-67")
    # Kemerovo is at UTC+7: its day ends at 17:00 UTC
    assert promise.due_at == datetime.combine(done.deadline, datetime.min.time(), UTC) + timedelta(hours=17)


async def test_the_same_request_twice_gives_the_same_appeal(db: Database, register: Register) -> None:
    first = await register.register(intake(idempotency_key="call-1"))
    again = await register.register(intake(idempotency_key="call-1"))
    assert (again.number, again.appeal_id, again.existed) == (first.number, first.appeal_id, True)
    async with db.read() as session:
        assert await session.scalar(select(func.count()).select_from(Appeal)) == 1


async def test_the_same_key_with_another_content_is_refused(register: Register) -> None:
    await register.register(intake(idempotency_key="call-1"))
    with pytest.raises(Conflict, match="call-1"):
        await register.register(intake(idempotency_key="call-1", text="Другая жалоба."))


async def test_the_same_key_at_once_gives_one_appeal(db: Database, register: Register) -> None:
    done = await asyncio.gather(*(register.register(intake(idempotency_key="robot")) for _ in range(20)))
    assert len({one.number for one in done}) == 1
    assert sum(not one.existed for one in done) == 1


async def test_the_same_key_in_another_company_is_another_appeal(register: Register) -> None:
    first = await register.register(intake(idempotency_key="k"))
    other = await register.register(intake(idempotency_key="k", company_id="mrsk-centra"))
    assert first.number == other.number
    assert first.appeal_id != other.appeal_id


async def test_one_wrong_registration_does_not_harm_those_beside_it(register: Register) -> None:
    await register.register(intake(idempotency_key="used"))
    tries = [register.register(intake(idempotency_key="used", text="Иное."))]
    tries += [register.register(intake()) for _ in range(5)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert isinstance(outcomes[0], Conflict)
    numbers = {one.number[2:8] for one in outcomes if not isinstance(one, BaseException)}
    assert numbers == {f"{sequence:06d}" for sequence in range(2, 7)}


async def test_a_draft_that_does_not_exist_spoils_nothing(db: Database, register: Register) -> None:
    done = await register.register(intake(draft_id="0" * 32))
    assert done.number


async def test_the_year_turns_at_midnight_of_the_company(
    db: Database, clock: SetClock, companies: Companies, calendar: ProductionCalendar, register: Register
) -> None:
    clock.set(datetime(2026, 12, 31, 16, 59, 59, tzinfo=UTC))
    old = await register.register(intake())
    clock.advance(timedelta(seconds=1))
    new = await register.register(intake())
    moscow = await register.register(intake(company_id="mrsk-centra"))
    assert (old.number[:8], new.number[:8], moscow.number[:8]) == ("26000001", "27000001", "26000001")
    clock.set(datetime(2026, 12, 31, 16, 0, tzinfo=UTC))  # the clock jumps back: the old series goes on
    assert (await register.register(intake())).number[:8] == "26000002"


async def test_the_deadline_is_told_with_its_arithmetic(register: Register) -> None:
    done = await register.register(intake())
    assert done.deadline >= date(2027, 1, 2)
    assert "03.12.2026" in done.deadline_sentence


async def test_times_that_have_not_come_are_refused(clock: SetClock, register: Register) -> None:
    with pytest.raises(InvalidInput, match="не наступило"):
        await register.register(intake(received_at=clock.now() + timedelta(hours=1)))
    assert (await register.register(intake(received_at=clock.now() + timedelta(minutes=1)))).number


async def test_status_by_number_and_by_receipt(clock: SetClock, register: Register) -> None:
    receipt = numbering.receipt(7, 12)
    done = await register.register(intake(receipt=receipt, received_at=clock.now() - timedelta(hours=3)))
    by_number = await register.status("skek", done.written)
    by_receipt = await register.status("skek", receipt)
    assert by_number == by_receipt
    assert by_number.number == done.number
    assert not by_number.overdue
    assert "03.12.2026" in by_number.sentence
    clock.advance(timedelta(days=60))
    assert (await register.status("skek", done.number)).overdue


async def test_status_refuses_wrong_numbers(register: Register) -> None:
    done = await register.register(intake())
    wrong = done.number[:-1] + str((int(done.number[-1]) + 1) % 10)
    with pytest.raises(InvalidInput):
        await register.status("skek", wrong)
    with pytest.raises(InvalidInput):
        await register.status("skek", "12")
    with pytest.raises(NotFound):
        await register.status("mrsk-centra", done.number)


async def test_a_lost_reply_then_the_spool_gives_one_appeal_with_both_numbers(
    db: Database, clock: SetClock, register: Register
) -> None:
    first = await register.register(intake(idempotency_key="call-7"))
    receipt = numbering.receipt(7, 13)
    again = await register.register(intake(idempotency_key="call-7", receipt=receipt, received_at=clock.now()))
    assert again.number == first.number
    assert (await register.status("skek", receipt)).number == first.number
    assert (await register.register(intake(receipt=receipt))).number == first.number
    async with db.read() as session:
        kinds = (await session.execute(select(AppealEvent.kind).order_by(AppealEvent.seq))).scalars().all()
    assert list(kinds) == ["registered", "receipt_given"]


async def test_a_draft_keeps_the_recording_until_it_becomes_an_appeal(db: Database, register: Register) -> None:
    draft = await drafted(db, Draft("skek", "recording", call_id="c1", phone="+79131234567", recording_id="r1"))
    assert await drafted(db, Draft("skek", "confirming", call_id="c1", topic="quality")) == draft
    done = await register.register(intake(draft_id=draft))
    async with db.read() as session:
        row = (await session.execute(select(DraftAppeal))).scalar_one()
        assert await session.scalar(select(func.count()).select_from(Counter)) == 1
    assert (row.recording_id, row.stage, row.appeal_id) == ("r1", "confirming", done.appeal_id)


async def test_answered_on_the_call_is_a_full_outcome(db: Database, register: Register) -> None:
    done = await register.register(
        intake(kind="appeal", call_id="c", recording_id="r", answer_on_call={"text": "Свет дадут в 18 часов."})
    )
    status = await register.status("skek", done.number)
    assert (status.state, status.answered_at is not None, status.overdue) == ("closed", True, False)
    async with db.read() as session:
        kinds = (await session.execute(select(AppealEvent.kind).order_by(AppealEvent.seq))).scalars().all()
        assert await session.scalar(select(func.count()).select_from(Promise)) == 0
    assert list(kinds) == ["registered", "answered", "closed"]


async def test_a_repeat_is_recognised_and_joins_the_first_clock(clock: SetClock, register: Register) -> None:
    first = await register.register(intake(premise_id="p1"))
    clock.advance(timedelta(days=3))
    by_phone = await register.similar(intake(phone="+7 913 123 45 67"))
    by_premise = await register.similar(intake(phone="89990000001", premise_id="p1"))
    assert [one.number for one in by_phone] == [first.number]
    assert [(one.number, one.same) for one in by_premise] == [(first.number, "premise")]
    assert await register.similar(intake(topic="metering")) == []
    assert await register.similar(intake(company_id="mrsk-centra")) == []
    await register.add_contact("skek", first.written, FurtherContact("phone", "ivr", text="Когда же?"))
    assert (await register.status("skek", first.number)).deadline == first.deadline


async def test_a_closed_appeal_takes_no_further_contact(register: Register) -> None:
    done = await register.register(
        intake(kind="appeal", call_id="c", recording_id="r", answer_on_call={"text": "Ответ дан."})
    )
    assert await register.similar(intake(kind="appeal")) == []
    with pytest.raises(Conflict, match="закрыто"):
        await register.add_contact("skek", done.number, FurtherContact("phone", "ivr"))
    again = await register.register(intake(kind="appeal", repeat_of=done.written))
    assert again.number != done.number
    with pytest.raises(NotFound):
        await register.register(intake(repeat_of="26009999" + damm.check_digit("26009999")))


async def test_the_trust_line_keeps_nothing_of_the_person(db: Database, register: Register) -> None:
    await register.register(
        intake(kind="trust", topic="other", call_id="c9", account_number="77", text="Мастер требует денег.")
    )
    async with db.read() as session:
        appeal = (await session.execute(select(Appeal))).scalar_one()
        content = (await session.execute(select(Content))).scalar_one()
        event = (await session.execute(select(AppealEvent))).scalar_one()
    kept = [content.name, content.phone, content.phone_raw, content.email, content.post_address]
    assert kept == [None] * 5
    assert (appeal.call_id, appeal.account_number) == (None, None)
    assert "9131234567" not in re.sub(r"[ ()-]", "", f"{content.intake}{event.body}")
