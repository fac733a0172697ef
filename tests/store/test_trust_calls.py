"""A call becomes the trust line's with the registration itself, and what was stored of it loses its caller."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls import recordings
from appeals.intake import drafts
from appeals.intake.drafts import Draft
from appeals.intake.intake import accept
from appeals.models import Appeal, DraftAppeal, TrustCall
from appeals.personal_data import trust
from appeals.register import Register
from grid.outages import reports
from grid.outages.models import OutageReport, Service
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SetClock
from gridline.companies import Companies
from gridline.db import Database, new_id
from gridline.errors import InvalidInput
from gridline.scope import Scope
from gridline.settings import HOUSE
from ivr.actions.trust import trust_result
from ivr.journal import anonymous
from ivr.journal.entries import CallBegun
from ivr.journal.models import CallRecord, CallStep
from ivr.line import CallerHungUp
from migrations import config
from recordings.models import Recording, RecordingKind, RecordingState
from tests.store.promises.shop import HANGS_UP, RefusingDatabase, Shop
from worklist import clocks, items
from worklist.codes import ItemKind
from worklist.models import WorkContact, WorkItem
from worklist.steps import in_bulk
from worklist.worklist import Matter, Worklist

SHIPPED = HOUSE / "dialplan"
NOW = datetime(2026, 12, 20, 9, 30, tzinfo=UTC)
WITNESS, NEIGHBOUR = "+79135557788", "+79135550000"


@pytest.fixture
def register(db: Database, companies: Companies) -> Register:
    """The register, which empties what the journal keeps."""
    made = Register(db, SetClock(NOW), companies, ProductionCalendar())
    made.on_shutting.append(anonymous.forget_callers)
    return made


def report(call: str | None, **more: Any) -> Any:
    """A report to the trust line, told in this call."""
    given = {"company_id": "skek", "channel": "phone", "kind": "trust", "topic": "other", "text": "Требуют денег"}
    return accept(given | {"call_id": call, "idempotency_key": new_id()} | more)


async def a_call(db: Database, linkedid: str = "1.1") -> str:
    """A stored call with a keyed account."""
    id = new_id()
    async with db.write() as session:
        session.add(
            CallRecord(
                id=id,
                node="node1",
                boot="b",
                linkedid=linkedid,
                company_id="skek",
                dialled="78005009494",
                caller_raw=WITNESS,
                caller=WITNESS,
                branch="",
                flow_version="",
                started_at=NOW,
            )
        )
        await session.flush()
        for ordinal, key in enumerate(("2", "120034001")):
            session.add(
                CallStep(
                    call_id=id,
                    ordinal=ordinal,
                    place="x",
                    prompt_ids=["x"],
                    prompt_text=f"Ваш номер {WITNESS}",
                    sound="",
                    key=key,
                    exit="x",
                    leads_to="x",
                    flow_version="",
                    started_at=NOW + timedelta(seconds=ordinal),
                    ended_at=NOW,
                )
            )
    return id


async def test_the_report_shuts_the_call_and_names_it_nowhere(db: Database, register: Register) -> None:
    call = await a_call(db)
    async with db.write() as session:
        await drafts.keep(session, Draft("skek", "topic", call, WITNESS), NOW)
    told: list[str] = []

    async def shut(id: str) -> None:
        told.append(id)

    register.on_shut.append(shut)
    await register.register(report(call))
    async with db.read() as session:
        assert await trust.among(session, [call, "0" * 32]) == {call}
        appeal = (await session.scalars(select(Appeal))).one()
        record = await session.get_one(CallRecord, call)
        steps = (await session.scalars(select(CallStep).order_by(CallStep.ordinal))).all()
        draft = (await session.scalars(select(DraftAppeal))).one()
        assert (appeal.call_id, told) == (None, [call])
        assert (record.caller, record.caller_raw, draft.phone) == (None, "", None)
        assert [(one.key, one.prompt_text) for one in steps] == [("2", ""), ("", "")]
        assert [one.call_id for one in await trust.to_clear(session)] == [call]
    async with db.write() as session:
        await trust.cleared(session, call, NOW)
    async with db.read() as session:
        assert await trust.to_clear(session) == []


async def test_whoever_hangs_up_while_the_database_is_away_is_forgotten_when_it_is_back(
    db: Database, tmp_path: Path
) -> None:
    refusing = RefusingDatabase(db.url.render_as_string(hide_password=False))
    shop = Shop(tmp_path, refusing, "", "")
    caller, journal = shop.caller(HANGS_UP, number=WITNESS), shop.services.journal
    id = caller.call.id
    journal.begin(CallBegun(id, "node1", "b", "1.1", "78005009494", WITNESS, WITNESS, NOW, "skek"))
    storing = asyncio.create_task(journal.run())
    try:
        await journal.flush()
        refusing.refuses = True
        with pytest.raises(CallerHungUp):
            await trust_result.act(caller, shop.services, "")
        assert (caller.call.caller, caller.call.caller_raw, caller.call.anonymous) == (None, "", True)
        refusing.refuses = False
        journal.end(id, "hung-up")
        await journal.flush()
    finally:
        storing.cancel()
        await asyncio.gather(storing, return_exceptions=True)
        await shop.close()
    async with db.read() as session:
        assert [one.call_id for one in await trust.to_clear(session)] == [id]  # who calls is emptied by `Forgetting`
        assert (await session.get_one(CallRecord, id)).outcome == "hung-up"
    await refusing.close()


async def test_what_cannot_be_emptied_is_not_registered(db: Database, register: Register) -> None:
    call = await a_call(db)

    async def broken(session: AsyncSession, calls: Collection[str]) -> None:
        raise InvalidInput("нельзя")

    register.on_shutting.append(broken)
    with pytest.raises(InvalidInput):
        await register.register(report(call))
    async with db.read() as session:
        assert (await session.scalars(select(Appeal))).all() == []
        assert (await session.scalars(select(TrustCall))).all() == []
        assert (await session.get_one(CallRecord, call)).caller == WITNESS


async def test_nobody_shuts_a_call_by_naming_it_in_another_kind(db: Database, register: Register) -> None:
    call = await a_call(db)
    await register.register(report(call, kind="request", phone=WITNESS, shuts_call=call))
    await register.register(report(None, shuts_call=call))
    async with db.read() as session:
        assert (await session.scalars(select(TrustCall))).all() == []


async def test_others_go_on_with_the_matter_and_know_nobody(db: Database) -> None:
    desk, call, earlier = Worklist(db, SetClock(NOW), clocks.of_installation(SHIPPED)), new_id(), new_id()
    of_place = Matter(ItemKind.OUTAGE_REPORT, "skek", "outage:1", call_id=call, phone=WITNESS, place="Весенняя, 5")
    joined = Matter(ItemKind.OUTAGE_REPORT, "skek", "outage:2", call_id=earlier, phone=NEIGHBOUR)
    await desk.open(of_place)
    await desk.open(joined)
    await desk.open(Matter(ItemKind.OUTAGE_REPORT, "skek", "outage:2", call_id=call, phone=WITNESS))
    await desk.open(Matter(ItemKind.CALLBACK, "skek", f"callback:{WITNESS}", call_id=earlier, phone=WITNESS))
    await desk.open(Matter(ItemKind.CALLBACK, "skek", f"callback:{WITNESS}", call_id=call, phone=WITNESS))
    own = await desk.open(Matter(ItemKind.MESSAGE, "skek", "message:1", call_id=call, phone=WITNESS))
    async with db.write() as session:
        told = reports.OutageContact(
            "skek", Service.ELECTRICITY, NOW, call_id=call, phone=WITNESS, settlement="Кемерово"
        )
        await reports.take(session, told)
        await trust.shut(session, [call], NOW)
        await in_bulk.forget_callers(session, [call])
        await reports.forget_callers(session, [call])
    async with db.read() as session:
        seen = await items.open_items(session, list(ItemKind), visible_to=Scope("skek"), most=9)
        shut = await items.open_items(session, list(ItemKind), visible_to=Scope("skek", trust=True), most=9)
        contacts = (
            await session.scalars(select(WorkContact).where(WorkContact.item_id.in_([s.id for s in seen])))
        ).all()
        outage = (await session.scalars(select(OutageReport))).one()
    kept = {(one.key, one.call_id, one.phone) for one in seen}
    assert kept == {
        ("outage:1", None, None),
        ("outage:2", earlier, NEIGHBOUR),
        (f"callback:{WITNESS}", earlier, WITNESS),  # of an ordinary call before, which stays the caller's own
    }
    assert [one.id for one in shut] == [own.id]
    assert call not in {one.call_id for one in contacts}
    assert [one.phone for one in contacts].count(WITNESS) == 1
    assert (outage.call_id, outage.phone, outage.settlement_key != "") == (None, None, True)
    assert isinstance(shut[0], WorkItem)


async def test_what_was_said_of_a_danger_reaches_the_dispatcher_all_the_same(db: Database) -> None:
    """It was promised to whoever said it; the talk and every other recording of the call stay shut."""
    desk, call = Worklist(db, SetClock(NOW), clocks.of_installation(SHIPPED)), await a_call(db)
    made = {kind: new_id() for kind in RecordingKind}
    async with db.write() as session:
        for kind, id in made.items():
            session.add(
                Recording(
                    id=id, call_id=call, kind=kind, state=RecordingState.STORED, started_at=NOW, file=id, channels=1
                )
            )
    words, talk = made[RecordingKind.MESSAGE], made[RecordingKind.TALK]
    for key, recording in (("danger:1", words), ("danger:2", talk)):
        await desk.open(Matter(ItemKind.DANGER, "skek", key, call_id=call, recording_id=recording, phone=WITNESS))
    async with db.write() as session:
        await trust.shut(session, [call], NOW)
        await in_bulk.forget_callers(session, [call])
    async with db.read() as session:
        seen = await items.open_items(session, list(ItemKind), visible_to=Scope("skek"), most=9)
        kept = {(one.key, one.call_id, one.recording_id, one.phone) for one in seen}
        assert kept == {("danger:1", None, words, None), ("danger:2", None, None, None)}
        heard = {
            scope: {one.id for one in await recordings.among(session, list(made.values()), visible_to=scope)}
            for scope in (Scope("skek"), Scope("moesk"), Scope("skek", trust=True))
        }
    assert heard == {
        Scope("skek"): {words},
        Scope("moesk"): set(),
        Scope("skek", trust=True): set(made.values()),
    }


async def test_calls_that_were_the_trust_lines_before_still_are(db: Database) -> None:
    def back(connection: Connection) -> None:
        command.downgrade(config(connection), "0028")

    def forth(connection: Connection) -> None:
        command.upgrade(config(connection), "head")

    async with db.engine.begin() as connection:
        await connection.run_sync(back)
    companies = Companies.load(SHIPPED / "companies")
    made = await Register(db, SetClock(NOW), companies, ProductionCalendar()).register(
        report(None, recording_id="r" * 32)
    )
    call, other = new_id(), new_id()
    insert = text(
        "INSERT INTO recordings (id, call_id, kind, state, started_at, file, channels)"
        " VALUES (:id, :call, 'talk', 'stored', :at, 'x', 2)"
    )
    async with db.engine.begin() as connection:
        for id, of_call in (("r" * 32, call), (new_id(), other)):
            at: Any = NOW if not db.is_sqlite else NOW.isoformat(" ")
            await connection.execute(insert, {"id": id, "call": of_call, "at": at})
        await connection.run_sync(forth)
    async with db.read() as session:
        assert await trust.among(session, [call, other]) == {call}
        assert (await session.get_one(Appeal, made.appeal_id)).kind == "trust"
