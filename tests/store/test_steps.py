"""A call's steps as its journal stores them, and a spooled promise as it comes into the register and the journal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from appeals.models import Appeal, DraftAppeal
from appeals.register import Register
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import Unavailable
from ivr.journal.entries import CallBegun
from ivr.journal.journal import Journal
from ivr.journal.models import CallRecord, CallStep, call_id
from ivr.line import Spoken
from ivr.menus.walk import Step
from ivr.promised.drain import Drain
from ivr.promised.spool import CallFacts, Spool
from ivr.reception.steps import Steps
from worklist.worklist import Worklist

NOW = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)
ID = call_id("node1", "boot", "1.1")
FLOW = "f" * 64


def said(*prompts: str, key: str = "", whole: bool = True, place: str = "main") -> Spoken:
    return Spoken(place, prompts, " ".join(prompts), Path("x"), "sound-1", key, NOW, NOW + timedelta(seconds=3), whole)


def step(place: str, *, action: str = "", key: str = "", exit: str = "pressed", leads_to: str = "next") -> Step:
    return Step(place, (), action, key, exit, leads_to, NOW, NOW + timedelta(seconds=4), FLOW)


@pytest.fixture
async def journal(db: Database, tmp_path: Path) -> AsyncIterator[Journal]:
    journal = Journal(db, SystemClock(), tmp_path / "journal")
    run = asyncio.create_task(journal.run())
    yield journal
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)


def begun() -> CallBegun:
    return CallBegun(ID, "node1", "boot", "1.1", "78005009494", "+79131203401", "+79131203401", NOW, "skek")


async def steps_of(db: Database) -> list[CallStep]:
    async with db.read() as session:
        return list((await session.scalars(select(CallStep).order_by(CallStep.ordinal))).all())


async def test_in_a_menu_what_was_said_and_what_came_of_it_are_one_step(db: Database, journal: Journal) -> None:
    journal.begin(begun())
    steps = Steps(journal, ID, FLOW)
    steps.spoken(said("main-menu", key="5"))
    steps.stepped(step("main", key="5", leads_to="complaint"))
    await journal.flush()
    [row] = await steps_of(db)
    assert (row.place, row.prompt_ids, row.key, row.exit, row.leads_to) == (
        *("main", ["main-menu"], "5"),
        *("pressed", "complaint"),
    )


async def test_what_an_action_says_is_a_step_each_and_its_exit_one_more(db: Database, journal: Journal) -> None:
    journal.begin(begun())
    steps = Steps(journal, ID, FLOW)
    steps.spoken(said("danger-safety", place="danger"))
    steps.spoken(said("danger-to-dispatcher", whole=False, place="danger"))
    steps.stepped(step("danger", action="danger", exit="queued", leads_to="goodbye"))
    await journal.flush()
    rows = await steps_of(db)
    assert [(row.prompt_ids, row.exit) for row in rows] == [
        (["danger-safety"], "said"),
        (["danger-to-dispatcher"], "cut-short"),
        ([], "queued"),
    ]


async def test_the_notice_is_proved_only_when_it_was_heard_to_its_end(db: Database, journal: Journal) -> None:
    journal.begin(begun())
    steps = Steps(journal, ID, FLOW)
    steps.spoken(said("notice", whole=False, place="notice"))
    steps.flush()
    await journal.flush()
    async with db.read() as session:
        call = await session.get_one(CallRecord, ID)
        assert call.notice_completed is False
    steps.spoken(said("notice", place="notice"))
    steps.flush()
    await journal.flush()
    async with db.read() as session:
        call = await session.get_one(CallRecord, ID)
    assert (call.notice_completed, call.notice_version, call.notice_started_at) == (True, "sound-1", NOW)


@pytest.fixture
def drain(db: Database, worklist: Worklist, journal: Journal, companies: Companies, tmp_path: Path) -> Drain:
    register = Register(db, SystemClock(), companies, ProductionCalendar())
    return Drain(Spool(tmp_path / "spool", 1), db, register, worklist, journal)


def promised(**other: object) -> dict[str, object]:
    return {
        "company_id": "skek",
        "channel": "phone",
        "kind": "appeal",
        "topic": "outages",
        "phone": "+79131203401",
        "call_id": ID,
        "recording_id": "r" * 32,
        "received_at": NOW.isoformat(),
        "idempotency_key": f"emergency:{other.get('recording_id', 'r')}",
        **other,
    }


FACTS = CallFacts("node1", "1.1", "78005009494", "+79131203401", NOW.isoformat(), (NOW + timedelta(0, 30)).isoformat())


async def test_a_promise_is_drained_once_with_the_record_of_its_call(
    db: Database, drain: Drain, journal: Journal, tmp_path: Path
) -> None:
    spool = Spool(tmp_path / "spool", 1)
    kept = spool.keep(promised(), FACTS)
    assert await drain.run_once() == 1
    spool.keep(promised(), FACTS)  # the same promise again, as after a crash before it was forgotten
    assert await drain.run_once() == 1
    await journal.flush()
    async with db.read() as session:
        [appeal] = (await session.scalars(select(Appeal))).all()
        call = await session.get_one(CallRecord, ID)
    assert (appeal.receipt, appeal.call_id) == (kept.receipt, ID)
    assert (call.outcome, call.caller, call.ended_at) == ("message", "+79131203401", NOW + timedelta(0, 30))
    assert await drain.run_once() == 0


async def test_a_promise_the_register_refuses_does_not_hold_up_the_next(
    db: Database, drain: Drain, tmp_path: Path
) -> None:
    spool = Spool(tmp_path / "spool", 1)
    wrong = spool.keep(promised(topic="no-such-topic", recording_id="w" * 32))
    right = spool.keep(promised())
    assert await drain.run_once() == 1
    async with db.read() as session:
        [appeal] = (await session.scalars(select(Appeal))).all()
    assert appeal.receipt == right.receipt
    assert list(spool.waiting()) == []
    assert spool.find(wrong.receipt) == wrong


async def test_a_message_without_any_contact_becomes_a_draft(db: Database, drain: Drain, tmp_path: Path) -> None:
    Spool(tmp_path / "spool", 1).keep(promised(phone=None), FACTS)
    assert await drain.run_once() == 1
    async with db.read() as session:
        [draft] = (await session.scalars(select(DraftAppeal))).all()
        assert (await session.scalars(select(Appeal))).all() == []
    assert (draft.call_id, draft.recording_id) == (ID, "r" * 32)


async def test_with_the_database_away_everything_waits(
    worklist: Worklist, journal: Journal, companies: Companies, tmp_path: Path
) -> None:
    away = Database(f"sqlite+aiosqlite:///{tmp_path / 'nowhere.db'}")
    spool = Spool(tmp_path / "spool", 1)
    kept = spool.keep(promised())
    gone = Register(away, SystemClock(), companies, ProductionCalendar())
    with pytest.raises(Unavailable):
        await Drain(spool, away, gone, worklist, journal).run_once()
    await away.close()
    assert list(spool.waiting()) == [kept]
