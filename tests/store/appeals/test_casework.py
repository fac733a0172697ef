"""An appeal from registration to answer, step by step as clerks take it, on both databases."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from appeals.casework.casework import Casework
from appeals.casework.endings import Endings
from appeals.casework.promises import Promises
from appeals.codes import PromiseKind
from appeals.models import Answer, Appeal, AppealEvent, Promise, Refusal
from appeals.proof.verify import verify
from appeals.register import Register, Registered
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SetClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import Conflict, InvalidInput, NotFound
from tests.store.appeals.made import intake

FURTHER = "ФАС России"
CLERK, CHIEF = "clerk:petrov", "chief:sidorova"


@pytest.fixture
def casework(db: Database, clock: SetClock, companies: Companies, calendar: ProductionCalendar) -> Casework:
    return Casework(db, clock, companies, calendar)


@pytest.fixture
def endings(db: Database, clock: SetClock, companies: Companies) -> Endings:
    return Endings(db, clock, companies)


@pytest.fixture
async def complaint(register: Register) -> Registered:
    return await register.register(intake())


async def one(db: Database, appeal_id: str) -> Appeal:
    async with db.read() as session:
        return (await session.execute(select(Appeal).where(Appeal.id == appeal_id))).scalar_one()


async def events(db: Database, appeal_id: str) -> list[str]:
    async with db.read() as session:
        query = select(AppealEvent.kind).where(AppealEvent.appeal_id == appeal_id).order_by(AppealEvent.seq)
        assert not (await verify(session)).faults
        return list((await session.execute(query)).scalars())


async def in_work(casework: Casework, appeal_id: str) -> int:
    version = await casework.assign(appeal_id, owner=CLERK, unit="service", actor=CHIEF, version=1)
    return await casework.take(appeal_id, actor=CLERK, version=version)


async def test_a_justified_complaint_walks_the_whole_way(
    db: Database, clock: SetClock, casework: Casework, complaint: Registered
) -> None:
    me = complaint.appeal_id
    version = await in_work(casework, me)
    task = await casework.ask(
        me,
        kind="subtask",
        whom="РЭС",
        text="Замерить напряжение",
        due_on=date(2026, 12, 10),
        actor=CLERK,
        version=version,
    )
    clock.advance(timedelta(days=2))
    with pytest.raises(Conflict, match="не возвращены"):
        await casework.find(me, justified=True, explanation="x", rights_restored="y", actor=CLERK, version=version + 1)
    version = await casework.take_back(me, task_id=task, result="198 В", actor=CLERK, version=version + 1)
    assert (await one(db, me)).state == "in-work"
    version = await casework.find(
        me, justified=True, explanation="Линия перегружена.", rights_restored=None, actor=CLERK, version=version
    )
    sent = {
        "text": "Меры приняты.",
        "way": "phone",
        "proof": "запись звонка",
        "further_appeal": FURTHER,
        "actor": CLERK,
    }
    with pytest.raises(Conflict, match=r"права восстановлены.*плановой датой"):
        await casework.answer(me, sent_at=clock.now(), version=version, **sent)  # type: ignore[arg-type]
    version = await casework.find(
        me,
        justified=True,
        explanation="Линия перегружена.",
        rights_restored="Перерасчёт.",
        actor=CLERK,
        version=version,
    )
    measure = await casework.plan_measure(
        me, text="Заменить трансформатор", planned_on=date(2027, 2, 1), actor=CLERK, version=version
    )
    version = await casework.answer(me, sent_at=clock.now(), version=version + 1, **sent)  # type: ignore[arg-type]
    version = await casework.close(me, actor=CHIEF, version=version)
    clock.advance(timedelta(days=30))
    await casework.measure_done(me, measure_id=measure, done_on=date(2027, 1, 3), actor=CLERK, version=version)
    assert await events(db, me) == [
        "registered",
        "assigned",
        "taken",
        "asked",
        "returned",
        "found",
        "found",
        "measure_planned",
        "answered",
        "closed",
        "measure_done",
    ]
    async with db.read() as session:
        settled = {row.kind: row.outcome for row in (await session.execute(select(Promise))).scalars()}
        answer = (await session.execute(select(Answer))).scalar_one()
        bodies = (await session.execute(select(AppealEvent.body).where(AppealEvent.kind == "answered"))).scalars().all()
    assert settled == {"answer": "kept", "task": "kept", "measure": "kept"}
    assert (answer.further_appeal, json.loads(bodies[0])["answer_id"]) == (FURTHER, answer.id)


async def test_an_answer_after_the_deadline_breaks_the_promise(
    db: Database, clock: SetClock, casework: Casework, register: Register
) -> None:
    done = await register.register(intake(kind="appeal"))
    version = await in_work(casework, done.appeal_id)
    clock.advance(timedelta(days=90))
    await casework.answer(
        done.appeal_id,
        text="Вот.",
        way="phone",
        sent_at=clock.now(),
        proof="запись",
        further_appeal=FURTHER,
        actor=CLERK,
        version=version,
    )
    async with db.read() as session:
        assert (await session.execute(select(Promise.outcome))).scalar_one() == "broken"


async def test_the_second_of_two_clerks_is_told_who_was_first(
    db: Database, casework: Casework, complaint: Registered
) -> None:
    tries = [
        casework.assign(complaint.appeal_id, owner=f"clerk{n}", unit=None, actor=f"boss{n}", version=1)
        for n in range(8)
    ]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(outcome for outcome in outcomes if isinstance(outcome, int)) == [2]
    appeal = await one(db, complaint.appeal_id)
    assert appeal.owner is not None
    first = appeal.owner.replace("clerk", "boss")
    refused = [outcome for outcome in outcomes if not isinstance(outcome, int)]
    assert all(isinstance(outcome, Conflict) and first in outcome.message for outcome in refused)
    assert await events(db, complaint.appeal_id) == ["registered", "assigned"]


async def test_a_failed_step_leaves_no_trace(db: Database, casework: Casework, complaint: Registered) -> None:
    with pytest.raises(Conflict, match="ответственный"):
        await casework.take(complaint.appeal_id, actor=CLERK, version=1)
    with pytest.raises(InvalidInput):
        await casework.assign(complaint.appeal_id, owner=" ", unit=None, actor=CLERK, version=1)
    with pytest.raises(NotFound):
        await casework.take("0" * 32, actor=CLERK, version=1)
    assert (await one(db, complaint.appeal_id)).version == 1
    assert await events(db, complaint.appeal_id) == ["registered"]


async def test_impossible_dates_are_refused(clock: SetClock, casework: Casework, complaint: Registered) -> None:
    me = complaint.appeal_id
    version = await in_work(casework, me)
    with pytest.raises(InvalidInput, match="прошла"):
        await casework.plan_measure(me, text="x", planned_on=date(2026, 12, 2), actor=CLERK, version=version)
    version = await casework.find(
        me, justified=False, explanation="Всё в норме.", rights_restored=None, actor=CLERK, version=version
    )
    for sent_at in (clock.now() + timedelta(seconds=1), datetime(2026, 12, 1, tzinfo=UTC)):
        with pytest.raises(InvalidInput, match="Время отправки"):
            await casework.answer(
                me,
                text="x",
                way="phone",
                sent_at=sent_at,
                proof="p",
                further_appeal=FURTHER,
                actor=CLERK,
                version=version,
            )


async def test_a_refusal_needs_its_ground_and_a_second_person(
    db: Database, clock: SetClock, casework: Casework, endings: Endings, complaint: Registered
) -> None:
    me = complaint.appeal_id
    version = await in_work(casework, me)
    notice = {"notice_sent_at": clock.now(), "notice_proof": "исх. 15"}
    with pytest.raises(Conflict, match="не предложен"):
        await endings.approve_refusal(me, actor=CHIEF, version=version, **notice)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="только на одном из оснований"):
        await endings.propose_refusal(me, ground="lazy", text="x", link=None, actor=CLERK, version=version)
    with pytest.raises(InvalidInput, match="текста"):
        await endings.propose_refusal(me, ground="insulting", text=" ", link=None, actor=CLERK, version=version)
    version = await endings.propose_refusal(
        me, ground="insulting", text="Оскорбления в адрес мастера", link=None, actor=CLERK, version=version
    )
    with pytest.raises(Conflict, match="второй человек"):
        await endings.approve_refusal(me, actor=CLERK, version=version, **notice)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="уведомления"):
        await endings.approve_refusal(me, actor=CHIEF, version=version, notice_sent_at=clock.now(), notice_proof="")
    await endings.approve_refusal(me, actor=CHIEF, version=version, **notice)  # type: ignore[arg-type]
    appeal = await one(db, me)
    assert appeal.state == "refused"
    async with db.read() as session:
        refusal = (await session.execute(select(Refusal))).scalar_one()
        assert (await session.execute(select(Promise.outcome))).scalar_one() == "void"
    assert (refusal.proposed_by, refusal.approved_by) == (CLERK, CHIEF)


async def test_the_ground_already_answered_needs_a_link_to_an_answered_appeal(
    casework: Casework, endings: Endings, register: Register, complaint: Registered
) -> None:
    answered = await register.register(
        intake(kind="appeal", call_id="c", recording_id="r", answer_on_call={"text": "Ответ."})
    )
    other = await register.register(intake())
    version = await in_work(casework, other.appeal_id)
    propose = {"ground": "already-answered", "text": None, "actor": CLERK, "version": version}
    with pytest.raises(InvalidInput, match="ссылки"):
        await endings.propose_refusal(other.appeal_id, link=None, **propose)  # type: ignore[arg-type]
    with pytest.raises(Conflict, match="ответ не дан"):
        await endings.propose_refusal(other.appeal_id, link=complaint.number, **propose)  # type: ignore[arg-type]
    await endings.propose_refusal(other.appeal_id, link=answered.written, **propose)  # type: ignore[arg-type]


async def test_joining_goes_only_to_an_earlier_open_appeal(
    db: Database, endings: Endings, register: Register, complaint: Registered
) -> None:
    later = await register.register(intake())
    with pytest.raises(Conflict, match="раньше"):
        await endings.join(complaint.appeal_id, to=later.number, actor=CLERK, version=1)
    await endings.join(later.appeal_id, to=complaint.written, actor=CLERK, version=1)
    assert (await one(db, later.appeal_id)).joined_to == complaint.appeal_id
    assert (await register.status("skek", later.number)).joined_to == complaint.number
    third = await register.register(intake())
    with pytest.raises(Conflict, match="не рассматривается"):
        await endings.join(third.appeal_id, to=later.number, actor=CLERK, version=1)
    with pytest.raises(Conflict, match="Нельзя"):
        await endings.withdraw(later.appeal_id, reason="звонок", actor=CLERK, version=2)


async def test_a_stranger_is_not_told_the_number_of_the_appeal_theirs_was_joined_to(
    endings: Endings, register: Register, complaint: Registered
) -> None:
    neighbours = await register.register(intake(phone="8 (913) 120-99-99"))
    await endings.join(neighbours.appeal_id, to=complaint.written, actor=CLERK, version=1)
    assert (await register.status("skek", neighbours.number)).joined_to == ""


async def test_a_corrected_kind_moves_the_deadline_by_its_own_rule(
    db: Database, casework: Casework, register: Register
) -> None:
    done = await register.register(intake(channel="web_form", kind="appeal"))
    before = await one(db, done.appeal_id)
    version = await casework.reclassify(
        done.appeal_id, kind="complaint", topic="quality", disposition="voltage-deviation", actor=CLERK, version=1
    )
    after = await one(db, done.appeal_id)
    assert (after.kind, after.disposition, after.version) == ("complaint", "voltage-deviation", version)
    kinds = await events(db, done.appeal_id)
    assert ("deadline_changed" in kinds) == (
        (before.deadline, before.deadline_rule) != (after.deadline, after.deadline_rule)
    )
    with pytest.raises(Conflict, match="новое обращение"):
        await casework.reclassify(
            done.appeal_id, kind="claim", topic="quality", disposition=None, actor=CLERK, version=version
        )
    with pytest.raises(InvalidInput):
        await casework.reclassify(
            done.appeal_id,
            kind="appeal",
            topic="quality",
            disposition="voltage-deviation",
            actor=CLERK,
            version=version,
        )


async def test_a_promise_is_escalated_at_each_level_once(db: Database, clock: SetClock, complaint: Registered) -> None:
    promises = Promises(db, clock)
    due_at = clock.now() + timedelta(hours=4)
    visit = await promises.make(
        "skek", PromiseKind.VISIT, owner=CLERK, due_at=due_at, call_id="c1", appeal_id=complaint.appeal_id
    )
    (due, answer) = await promises.due("skek")
    assert (due.promise_id, due.due_at, answer.kind) == (visit, due_at, "answer")
    levels = []
    for minutes in (119, 2, 70, 3, 45, 2, 60):
        clock.advance(timedelta(minutes=minutes))
        levels.append([one.level for one in await promises.escalate("skek") if one.promise_id == visit])
    assert levels == [[], [50], [], [80], [], [100], []]
    assert await promises.keep(visit, actor=CLERK) == "broken"
    with pytest.raises(Conflict):
        await promises.keep(visit, actor=CLERK)
    with pytest.raises(Conflict, match="отправкой ответа"):
        await promises.keep(answer.promise_id, actor=CLERK)
    with pytest.raises(InvalidInput):
        await promises.make("skek", PromiseKind.VISIT, owner=CLERK, due_at=clock.now())
    assert await events(db, complaint.appeal_id) == ["registered", "promise_made", "promise_broken"]
