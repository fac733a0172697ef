"""Calls we place, as they are stored, and the steps of the duty telephones: nobody is rung twice, whoever dies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from appeals.reports import promises, source
from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import Database, new_id
from gridline.errors import Conflict
from gridline.settings import HOUSE
from ivr.outbound import alarms, calls_out
from ivr.outbound.codes import CallPurpose
from ivr.outbound.models import CallOutRecord
from worklist import acceptance, clocks
from worklist.codes import AttemptResult, Ending, ItemKind
from worklist.models import WorkItem
from worklist.worklist import Matter, Worklist

PHONE, CALLER = "+79131209001", "+79131209100"
NOW = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)
LATER = NOW + alarms.LEASE + timedelta(seconds=1)


@pytest.fixture
def worklist(db: Database) -> Worklist:
    return Worklist(db, SystemClock(), clocks.of_installation(HOUSE / "dialplan"))


async def danger(worklist: Worklist, call: str = "c" * 32) -> str:
    matter = Matter(ItemKind.DANGER, "skek", f"danger:{call}", call_id=call, phone=CALLER)
    return (await worklist.open(matter)).id


def record(node: str = "node1", phone: str = PHONE, subject: str | None = None) -> CallOutRecord:
    return CallOutRecord(
        id=new_id(),
        node=node,
        company_id="skek",
        phone=phone,
        purpose=CallPurpose.DANGER,
        subject_id=subject,
        placed_at=NOW,
        rang_at=None,
        answered_at=None,
        ended_at=None,
        result=None,
        cause=0,
        key="",
        heard=[],
    )


async def test_a_number_is_called_once_at_a_time_by_all_processes(db: Database) -> None:
    first = record()
    await calls_out.begin(db, first)
    with pytest.raises(Conflict, match=r"По номеру \+79131209001 уже идёт наш звонок"):
        await calls_out.begin(db, record(node="node2"))
    await calls_out.begin(db, record(phone="+79131209002"))
    first.ended_at, first.result, first.cause = NOW, AttemptResult.BUSY, 17
    await calls_out.end(db, first)
    await calls_out.begin(db, record(node="node2"))
    async with db.read() as session:
        stored = await session.get_one(CallOutRecord, first.id)
    assert (stored.result, stored.cause) == (AttemptResult.BUSY, 17)


async def test_what_a_killed_node_had_placed_ends_as_unknown(db: Database) -> None:
    own, others = record(), record(node="node2", phone="+79131209002")
    for one in (own, others):
        await calls_out.begin(db, one)
    long_after = NOW + calls_out.LONGEST + timedelta(seconds=1)
    assert set(await calls_out.left_open(db, "node1", long_after)) == {own.id, others.id}
    left = await calls_out.left_open(db, "node1", LATER)
    assert left == [own.id]
    await calls_out.close(db, left, LATER)
    async with db.read() as session:
        stored = {one.id: one for one in await session.scalars(select(CallOutRecord))}
    assert (stored[own.id].ended_at, stored[own.id].result) == (LATER, None)
    assert stored[others.id].ended_at is None


async def test_only_a_call_of_this_try_counts(db: Database) -> None:
    first = record(subject="s" * 32)
    await calls_out.begin(db, first)
    async with db.read() as session:
        assert await calls_out.placed_since(session, "s" * 32, NOW)
        assert not await calls_out.placed_since(session, "s" * 32, NOW + timedelta(seconds=1))
        assert not await calls_out.placed_since(session, "t" * 32, NOW)


async def test_one_process_rings_and_the_next_goes_on_after_it(db: Database, worklist: Worklist) -> None:
    id = await danger(worklist)
    step = await alarms.begin_step(db, id, "a:1", NOW)
    assert step == alarms.DutyStep(1, cut_off=False)
    assert await alarms.begin_step(db, id, "b:1", NOW) is None
    await alarms.end_step(db, id, "a:1", NOW + timedelta(seconds=60))
    assert await alarms.begin_step(db, id, "b:1", NOW + timedelta(seconds=59)) is None, "the round's pause"
    assert await alarms.begin_step(db, id, "b:1", NOW + timedelta(seconds=60)) == alarms.DutyStep(2, cut_off=False)


async def test_a_step_whose_process_died_is_never_made_again(db: Database, worklist: Worklist) -> None:
    id = await danger(worklist)
    await alarms.begin_step(db, id, "a:1", NOW)
    assert await alarms.hold(db, id, "a:1", NOW + timedelta(seconds=10))
    assert await alarms.begin_step(db, id, "b:1", NOW + alarms.LEASE) is None, "it still says that it rings"
    assert await alarms.begin_step(db, id, "b:1", LATER + alarms.LEASE) == alarms.DutyStep(2, cut_off=True)


async def test_a_node_that_starts_anew_waits_for_no_lease_of_its_own(db: Database, worklist: Worklist) -> None:
    id = await danger(worklist)
    await alarms.begin_step(db, id, "a:1", NOW)
    await alarms.give_up_others(db, "b", "b:2", NOW)
    assert await alarms.begin_step(db, id, "b:2", NOW) is None
    await alarms.give_up_others(db, "a", "a:2", NOW)
    assert await alarms.begin_step(db, id, "a:2", NOW) == alarms.DutyStep(2, cut_off=True)


async def test_what_somebody_has_taken_rings_nobody(db: Database, worklist: Worklist) -> None:
    id = await danger(worklist)
    await alarms.begin_step(db, id, "a:1", NOW)
    await worklist.take(id, "user:dispatcher")
    assert not await alarms.hold(db, id, "a:1", NOW)
    await alarms.end_step(db, id, "a:1", NOW)
    assert await alarms.begin_step(db, id, "a:1", NOW) is None


async def test_of_a_call_that_is_shut_the_words_said_to_others_go(db: Database, worklist: Worklist) -> None:
    shut, other = record(subject=await danger(worklist)), record(phone=CALLER, subject=await danger(worklist, "d" * 32))
    for one in (shut, other):
        one.heard = [{"prompts": ["duty-caller"], "text": "Телефон: восемь, девятьсот тринадцать", "key": "1"}]
        await calls_out.begin(db, one)
    async with db.write() as session:
        await calls_out.forget_callers(session, ["c" * 32])
    async with db.read() as session:
        stored = {one.id: one.heard for one in await session.scalars(select(CallOutRecord))}
    assert stored[shut.id] == [{"prompts": ["duty-caller"], "text": "", "key": "1"}]
    assert stored[other.id] == other.heard


async def test_the_number_of_somebody_forgotten_while_they_are_called_does_not_come_back(db: Database) -> None:
    one = record()
    await calls_out.begin(db, one)
    async with db.write() as session:
        await session.execute(update(CallOutRecord).values(phone="-forgotten"))
    one.ended_at, one.result = LATER, AttemptResult.TALKED
    await calls_out.end(db, one)
    async with db.read() as session:
        stored = await session.get_one(CallOutRecord, one.id)
    assert (stored.phone, stored.result) == ("-forgotten", AttemptResult.TALKED)


async def test_the_report_of_promises_tells_how_soon_a_danger_was_taken(
    db: Database, worklist: Worklist, companies: Companies
) -> None:
    skek, minute = companies.by_id("skek"), timedelta(minutes=1)
    taken, late, left = [await danger(worklist, name * 32) for name in "cde"]
    await worklist.take(taken, "user:dispatcher")
    await worklist.end(late, f"duty:{PHONE}", Ending.ACCEPTED)
    async with db.write() as session:
        for id, after in ((taken, minute), (late, 8 * minute), (left, None)):
            item = await session.get_one(WorkItem, id)
            item.made_at, item.due_at = NOW, NOW + 5 * minute
            item.taken_at = NOW + after if after and item.taken_at else None
            item.ended_at = NOW + after if after and item.ended_at else None
    async with source.opened(db, skek, NOW + 30 * minute) as opened:
        told = await acceptance.line(opened, 2026)
        assert promises.table(await promises.count(opened, 2026), skek, 2026, told).titles[-1] == told
        assert await acceptance.line(opened, 2025) == ""
    assert told == (
        "Об опасности без ответа диспетчера: 3, приняты: 2, из них в срок: 1; "
        "до принятия в среднем 4,5 мин, самое долгое 8,0 мин"
    )
    async with source.opened(db, skek, NOW + 2 * minute) as opened:
        assert "приняты: 1, из них в срок: 1; до принятия в среднем 1,0 мин" in await acceptance.line(opened, 2026)
