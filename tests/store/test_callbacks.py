"""Calls that somebody is owed: promised once, tried by rule, settled with the register's promise, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, column, insert, select, table

from appeals.casework.promises import Promises
from appeals.models import AppealEvent, Promise
from appeals.register import Register
from appeals.reports import source
from appeals.reports.tally import save
from grid.outages.models import Service
from grid.outages.reports import OutageContact
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SetClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import Conflict, InvalidInput, NotFound
from gridline.scope import Scope
from gridline.settings import HOUSE
from ivr.desk.visits import Visits
from ivr.outbound.called_again import CalledAgain
from ivr.outbound.lost_callers import LostCallers
from ivr.telephony import events as ev
from ivr.telephony.events import Channel, Event
from ivr.telephony.state import Snapshot
from migrations import config, upgrade
from tests.postgres import PostgresServer
from tests.store.appeals.made import intake
from worklist import callbacks, clocks, items, kept, outage_reports
from worklist.callbacks import CallbackAsked, Callbacks, LostCaller
from worklist.codes import AttemptResult, Ending, ItemKind
from worklist.models import WorkAttempt, WorkItem
from worklist.worklist import Changed, Matter, Worklist

ANNA = "+79131203499"
OLGA, IGOR = "user:olga", "user:igor"


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 12, 3, 5, 0, tzinfo=UTC))


@pytest.fixture
def worklist(db: Database, clock: SetClock) -> Worklist:
    return Worklist(db, clock, clocks.of_installation(HOUSE / "dialplan"))


@pytest.fixture
def owed(db: Database, clock: SetClock, worklist: Worklist) -> Callbacks:
    return Callbacks(db, clock, worklist)


async def item(db: Database, id: str) -> WorkItem:
    async with db.read() as session:
        return await session.get_one(WorkItem, id)


async def an_appeal(db: Database, clock: SetClock, companies: Companies, **fields: str) -> str:
    return (await Register(db, clock, companies, ProductionCalendar()).register(intake(**fields))).appeal_id


async def told_of(db: Database, appeal_id: str) -> list[str]:
    async with db.read() as session:
        kinds = select(AppealEvent.kind).where(AppealEvent.appeal_id == appeal_id).order_by(AppealEvent.seq)
        return list(await session.scalars(kinds))


async def promise_of(db: Database, appeal_id: str) -> Promise:
    async with db.read() as session:
        query = select(Promise).where(Promise.appeal_id == appeal_id, Promise.kind == "callback")
        return (await session.scalars(query)).one()


async def test_a_place_in_the_queue_is_kept_and_a_second_wish_is_the_same_promise(
    db: Database, clock: SetClock, worklist: Worklist, owed: Callbacks
) -> None:
    told: list[Changed] = []
    worklist.listeners.append(told.append)
    waits_since = clock.now() - timedelta(minutes=7)
    first = await owed.promise(CallbackAsked("skek", ANNA, "ivr", call_id="a" * 32, since=waits_since))
    assert (first.made_at, first.due_at, first.contacts) == (waits_since, waits_since + timedelta(hours=4), 1)
    clock.advance(timedelta(hours=1))
    again = await owed.promise(CallbackAsked("skek", ANNA, "ivr", call_id="b" * 32))
    assert (again.id, again.made_at, again.due_at, again.contacts) == (first.id, waits_since, first.due_at, 2)
    assert [one.opened for one in told] == [True, False]
    with pytest.raises(InvalidInput, match="номер"):
        await owed.promise(CallbackAsked("skek", "", "ivr"))


async def test_the_registers_promise_is_made_tried_and_kept_with_its_item(
    db: Database, clock: SetClock, worklist: Worklist, owed: Callbacks, companies: Companies
) -> None:
    appeal = await an_appeal(db, clock, companies)
    made = await owed.promise(CallbackAsked("skek", ANNA, OLGA, appeal_id=appeal))
    promise = await promise_of(db, appeal)
    assert (promise.owner, promise.due_at, promise.subject_id) == (OLGA, made.due_at, made.id)
    with pytest.raises(Conflict, match="в его деле"):
        await Promises(db, clock).keep(promise.id, actor=OLGA)

    clock.advance(timedelta(minutes=30))
    await worklist.take(made.id, OLGA, from_nobody=True)
    with pytest.raises(Conflict, match="взял другой"):
        await worklist.take(made.id, IGOR, from_nobody=True)
    tried = await worklist.attempt(made.id, OLGA, AttemptResult.NO_ANSWER, call_id="c" * 32, give_back=True)
    assert (tried.owner, tried.attempts, tried.next_at) == ("", 1, clock.now() + timedelta(minutes=15))
    with pytest.raises(InvalidInput, match="попыток 1 из 3"):
        await worklist.end(made.id, OLGA, Ending.UNREACHED)
    clock.advance(timedelta(minutes=15))
    await worklist.end(made.id, IGOR, Ending.TALKED, result=AttemptResult.TALKED)
    promise = await promise_of(db, appeal)
    assert (promise.outcome, promise.settled_at) == ("kept", clock.now())
    assert await told_of(db, appeal) == ["registered", "promise_made", "promise_attempted", "promise_kept"]


@pytest.mark.parametrize(
    ("ending", "late", "outcome"),
    [
        (Ending.TALKED, True, "broken"),
        (Ending.CALLED_AGAIN, False, "kept"),
        (Ending.DECLINED, False, "void"),
    ],
)
async def test_how_the_item_ends_is_how_the_promise_ends(
    db: Database,
    clock: SetClock,
    worklist: Worklist,
    owed: Callbacks,
    companies: Companies,
    ending: Ending,
    late: bool,
    outcome: str,
) -> None:
    appeal = await an_appeal(db, clock, companies)
    made = await owed.promise(CallbackAsked("skek", ANNA, OLGA, appeal_id=appeal))
    clock.advance(timedelta(hours=5 if late else 1))
    await worklist.end(made.id, OLGA, ending)
    assert (await promise_of(db, appeal)).outcome == outcome


@pytest.mark.parametrize("about_an_appeal", [True, False])
async def test_a_second_promise_in_the_same_call_is_a_new_item_once_the_first_is_done(
    db: Database, clock: SetClock, worklist: Worklist, owed: Callbacks, companies: Companies, about_an_appeal: bool
) -> None:
    appeal = await an_appeal(db, clock, companies) if about_an_appeal else None
    asked = CallbackAsked("skek", ANNA, OLGA, appeal_id=appeal, call_id="b" * 32)
    first = await owed.promise(asked)
    assert (await owed.promise(asked)).id == first.id  # the same promise, its reply lost
    await worklist.end(first.id, OLGA, Ending.TALKED)
    second = await owed.promise(asked)
    assert (second.id != first.id, second.contacts) == (True, 1)
    assert (await item(db, second.id)).ended_at is None
    assert ((await item(db, second.id)).promise_id is not None) == about_an_appeal


async def test_nothing_is_promised_about_an_appeal_that_is_not_there(db: Database, owed: Callbacks) -> None:
    with pytest.raises(NotFound):
        await owed.promise(CallbackAsked("skek", ANNA, OLGA, appeal_id="f" * 32))
    async with db.read() as session:
        assert (await session.scalars(select(WorkItem))).all() == []


async def test_who_calls_again_and_is_answered_is_owed_nothing_more(
    db: Database, clock: SetClock, worklist: Worklist, owed: Callbacks
) -> None:
    lost = await worklist.open(
        Matter(ItemKind.LOST_CALLER, "skek", f"lost-caller:{ANNA}", phone=ANNA, call_id="a" * 32)
    )
    promised = await owed.promise(CallbackAsked("skek", ANNA, "ivr", call_id="b" * 32))
    other = await owed.promise(CallbackAsked("skek", "+79131203400", "ivr", call_id="c" * 32))
    theirs = await owed.promise(CallbackAsked("mrsk-centra", ANNA, "ivr", call_id="d" * 32))
    async with db.read() as session:
        whole = Scope("skek")
        mine = await callbacks.of_caller(session, "skek", ANNA, "e" * 32, visible_to=whole)
        assert [one.id for one in mine] == [lost.id, promised.id]
        free = await callbacks.lost_and_free(session, "skek", clock.now(), visible_to=Scope("skek"))
        assert free is not None
        assert free.id == lost.id

    # What was promised in this very call is not done by the talk it was promised in.
    assert await owed.called_again("skek", ANNA, call_id="b" * 32, actor="agent:101") == [lost.id]
    assert await owed.called_again("skek", ANNA, call_id="e" * 32, actor="agent:101") == [promised.id]
    assert (await item(db, promised.id)).ending is Ending.CALLED_AGAIN
    assert [(await item(db, one.id)).ending for one in (other, theirs)] == [None, None]
    assert await owed.called_again("skek", ANNA, call_id="f" * 32, actor="agent:101") == []
    async with db.read() as session:
        assert await callbacks.lost_and_free(session, "skek", clock.now(), visible_to=Scope("skek")) is None
        assert (await items.find(session, promised.id, visible_to=Scope("skek"))).attempts == []


async def test_calls_kept_and_broken_by_month_and_branch_as_they_stood(
    db: Database, clock: SetClock, worklist: Worklist, owed: Callbacks, companies: Companies, tmp_path: Path
) -> None:
    mrsk = companies.by_id("mrsk-centra")
    branch = mrsk.branches[0]
    made = clock.now()
    appeal = await an_appeal(db, clock, companies, company_id=mrsk.id)

    async def promised(number: int, **more: Any) -> str:
        asked = CallbackAsked(mrsk.id, f"+7913120350{number}", "ivr", **more)
        return (await owed.promise(asked)).id

    kept_one, late = await promised(1, branch=branch.id), await promised(2, appeal_id=appeal)
    await promised(3)
    again, declined = await promised(4), await promised(5)
    await worklist.open(Matter(ItemKind.LOST_CALLER, mrsk.id, "lost-caller:x", phone="+79131203509"))
    clock.advance(timedelta(hours=1))
    await worklist.end(kept_one, OLGA, Ending.TALKED)
    await worklist.end(again, "agent:101", Ending.CALLED_AGAIN)
    await worklist.end(declined, OLGA, Ending.DECLINED)
    clock.advance(timedelta(hours=4))
    await worklist.end(late, OLGA, Ending.TALKED)

    async with source.opened(db, mrsk, clock.now()) as reports:
        counts = await kept.count(reports, 2026)
        table = kept.table(counts, mrsk, 2026)
        assert [list(row) for row in table.rows] == [
            ["callback", "Обещали перезвонить", 1, 1, 1, 0, 1, 1, 0, 33.3],
            ["callback:2026-12", "  декабрь", 1, 1, 1, 0, 1, 1, 0, 33.3],
            [f"callback:{branch.id}", f"  {branch.name}", 1, 0, 0, 0, 0, 0, 0, 100.0],
            ["callback:-", "  без филиала", 0, 1, 1, 0, 1, 1, 0, 0.0],
            ["lost-caller", "Не дождались, об отключении", 0, 0, 0, 0, 0, 1, 0, 0.0],
            ["lost-caller:2026-12", "  декабрь", 0, 0, 0, 0, 0, 1, 0, 0.0],
            ["lost-caller:-", "  без филиала", 0, 0, 0, 0, 0, 1, 0, 0.0],
        ]
        assert await kept.behind(reports, 2026, ("callback", "late")) == ["26-000001-9"]
        assert await kept.behind(reports, 2026, ("callback", "kept")) == [kept_one]
        with pytest.raises(InvalidInput):
            await kept.behind(reports, 2026, ("callback", "unreached"))
    async with source.opened(db, mrsk, made + timedelta(minutes=1)) as then:
        assert (await kept.count(then, 2026))["callback", "open"] == 5
    async with source.opened(db, mrsk, clock.now(), branch.id) as theirs:
        assert sum((await kept.count(theirs, 2026)).values()) == 3  # one call, in three rows
    for name in ("callbacks.xlsx", "callbacks.csv"):
        save(table, tmp_path / name, sheet="перезвоны")
        assert (tmp_path / name).stat().st_size > 300


def reported(clock: SetClock, *, phone: str | None, call_id: str | None) -> OutageContact:
    """Somebody of the Весенняя street has no light."""
    return OutageContact(
        "skek",
        Service.ELECTRICITY,
        clock.now(),
        call_id=call_id,
        phone=phone,
        branch="",
        settlement="Кемерово",
        street="Весенняя",
        house="1",
    )


@pytest.mark.parametrize(
    ("phone", "call_id", "lost"),
    [
        (None, "a" * 32, True),  # in this call, by a withheld number of which the queue knows more
        (ANNA, "b" * 32, True),  # earlier, and still open
        ("+79131203400", "b" * 32, False),  # somebody else
    ],
)
async def test_only_who_reported_an_outage_is_offered_as_lost(
    db: Database, clock: SetClock, worklist: Worklist, owed: Callbacks, phone: str | None, call_id: str, lost: bool
) -> None:
    async with db.write() as session:
        await outage_reports.take(session, worklist, reported(clock, phone=phone, call_id=call_id), None)
    opened = await owed.lost(LostCaller("skek", ANNA, "a" * 32, clock.now()))
    assert (opened is not None) == lost
    if opened is not None:
        found = await item(db, opened.id)
        assert (found.kind, found.place, found.phone) == (ItemKind.LOST_CALLER, "Кемерово, Весенняя, д. 1", ANNA)
        assert found.due_at == clock.now() + timedelta(minutes=10)


async def test_a_lost_caller_who_was_promised_a_call_is_not_offered_as_well(
    db: Database, clock: SetClock, worklist: Worklist, owed: Callbacks
) -> None:
    async with db.write() as session:
        await outage_reports.take(session, worklist, reported(clock, phone=ANNA, call_id="a" * 32), None)
    await owed.promise(CallbackAsked("skek", ANNA, "ivr", call_id="a" * 32))
    assert await owed.lost(LostCaller("skek", ANNA, "a" * 32, clock.now())) is None


class Queue:
    """A caller in a queue, as Asterisk tells of it."""

    def __init__(self, db: Database, clock: SetClock, owed: Callbacks, worklist: Worklist, priority: int = 0) -> None:
        self.lost = LostCallers(owed)
        self.again = CalledAgain(owed, lambda id: id * 2)
        self.visits = Visits(db, clock, "node1", lambda: "boot", self.lost.lost)
        self.caller = Channel("1.1", "1.1", "PJSIP/trunk-1", ANNA, "skek", "78005009494", priority)
        self.at = clock.now()

    def tell(self, *events: type[Event], **more: Any) -> None:
        for kind in events:
            told: Any = {"at": self.at, "channel": self.caller}
            if kind is ev.CallerJoinedQueue:
                told |= {"queue": "skek-hotline", "position": 1, "waiting": 1}
            elif kind is ev.CallerAbandonedQueue:
                told |= {"queue": "skek-hotline", "waited_s": 9}
            elif kind is ev.CallerLeftQueue:
                told |= {"queue": "skek-hotline", "waiting": 0}
            elif kind is ev.AgentConnected:
                told |= {"queue": "skek-hotline", "agent": "PJSIP/101-web", "waited_s": 9, "rang_s": 1}
            elif kind is ev.ChannelHungUp:
                told |= {"cause": 16}
            event = kind(**told)
            self.visits.on_event(event)
            self.lost.on_event(event)
            self.again.on_event(event)


async def lost_of(db: Database) -> list[WorkItem]:
    async with db.read() as session:
        return list(await session.scalars(select(WorkItem).where(WorkItem.kind == ItemKind.LOST_CALLER)))


WAITS, GIVES_UP, LEAVES, HANGS_UP = (
    ev.CallerJoinedQueue,
    ev.CallerAbandonedQueue,
    ev.CallerLeftQueue,
    ev.ChannelHungUp,
)


@pytest.mark.parametrize(
    ("events", "priority", "lost"),
    [
        ((WAITS, GIVES_UP, LEAVES, HANGS_UP), 0, 1),
        ((WAITS, LEAVES, HANGS_UP), 0, 1),  # nobody answered, a message was offered, and they hung up
        ((WAITS, LEAVES, WAITS, LEAVES, ev.AgentConnected, HANGS_UP), 0, 0),  # the second time somebody did
        ((WAITS, LEAVES), 0, 0),  # they may be leaving a message now
        ((WAITS, GIVES_UP, LEAVES, HANGS_UP), 10, 0),  # danger has its own way to a person
    ],
)
async def test_who_is_lost_is_known_when_they_are_gone(
    db: Database,
    clock: SetClock,
    worklist: Worklist,
    owed: Callbacks,
    events: tuple[type[Event], ...],
    priority: int,
    lost: int,
) -> None:
    async with db.write() as session:
        await outage_reports.take(session, worklist, reported(clock, phone=ANNA, call_id=None), None)
    queue = Queue(db, clock, owed, worklist, priority)
    queue.tell(*events)
    await queue.lost.write()
    assert len(await lost_of(db)) == lost
    if events == (WAITS, LEAVES):
        queue.lost.rebuild(Snapshot(clock.now(), "boot", (), (), (), ()))
        await queue.lost.write()
        assert await lost_of(db) == []  # not decided yet that nobody answered


async def test_what_is_over_while_the_database_is_away_is_told_when_it_is_back(
    postgres_server: PostgresServer, postgres_db: Database, clock: SetClock
) -> None:
    worklist = Worklist(postgres_db, clock, clocks.of_installation(HOUSE / "dialplan"))
    owed = Callbacks(postgres_db, clock, worklist)
    async with postgres_db.write() as session:
        await outage_reports.take(session, worklist, reported(clock, phone=ANNA, call_id=None), None)
    queue = Queue(postgres_db, clock, owed, worklist)
    postgres_server.shut()
    try:
        queue.tell(WAITS, GIVES_UP, LEAVES, HANGS_UP)
        await queue.lost.write()
    finally:
        postgres_server.start()
    await queue.lost.write()
    assert len(await lost_of(postgres_db)) == 1


async def test_open_promises_of_before_become_items(db: Database, clock: SetClock, companies: Companies) -> None:
    appeal = await an_appeal(db, clock, companies)
    made, due = clock.now(), clock.now() + timedelta(hours=4)

    def back(connection: Connection) -> None:
        before = ScriptDirectory.from_config(config(connection)).get_revision("0032").down_revision
        command.downgrade(config(connection), str(before))

    async with db.write() as session:
        await (await session.connection()).run_sync(back)
        for id, about, settled in (("1" * 32, appeal, None), ("2" * 32, None, None), ("3" * 32, None, made)):
            stored: dict[str, Any] = {
                "id": id,
                "company_id": "skek",
                "appeal_id": about,
                "call_id": "c" * 32,
                "kind": "callback",
            }
            stored |= {"owner": OLGA, "made_at": made, "due_at": due, "escalated": 50, "settled_at": settled}
            stored |= {"outcome": "kept" if settled else None}
            await session.execute(insert(table("promises", *(column(name) for name in stored))).values(stored))
        tried = {"id": "4" * 32, "promise_id": "2" * 32, "at": made, "actor": OLGA, "outcome": "не ответил"}
        await session.execute(insert(table("promise_attempts", *(column(name) for name in tried))).values(tried))
    await upgrade(db)
    async with db.read() as session:
        found = list(await session.scalars(select(WorkItem).order_by(WorkItem.promise_id.is_(None))))
        attempts = list(await session.scalars(select(WorkAttempt)))
        left = list(await session.scalars(select(Promise.id).where(Promise.kind == "callback").order_by(Promise.id)))
    assert [(one.appeal_id, one.promise_id, one.due_at, one.level) for one in found] == [
        (appeal, "1" * 32, due, "half"),
        (None, None, due, "half"),
    ]
    assert found[0].phone is not None
    assert [(one.item_id, one.note, one.result) for one in attempts] == [(found[1].id, "не ответил", "no-answer")]
    assert left == ["1" * 32, "3" * 32]
