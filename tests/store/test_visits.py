"""Every wait in a queue is kept with its end: what history and service level are made of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from gridline.clock import SystemClock
from gridline.db import Database
from ivr.desk.models import Left, QueueVisit
from ivr.desk.visits import Visits
from ivr.journal.models import call_id
from ivr.telephony import events as ev
from ivr.telephony.events import Channel
from ivr.telephony.state import LiveChannel, Snapshot, Waiting

START = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
ANNA = Channel("1.1", "1.1", "PJSIP/trunk-00000001", "+79131203499", "skek", "78005009494", 10)
QUEUE, BOOT = "skek-hotline", "2026-11-22T04:00:00"


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def visits_of(db: Database) -> Visits:
    return Visits(db, SystemClock(), "node1", lambda: BOOT)


async def kept(db: Database, visits: Visits) -> Sequence[QueueVisit]:
    await visits.write()
    async with db.read() as session:
        return (await session.scalars(select(QueueVisit).order_by(QueueVisit.entered_at))).all()


async def test_an_answer_is_kept_with_who_answered_and_after_whom(db: Database) -> None:
    visits = visits_of(db)
    for event in (
        ev.CallerJoinedQueue(after(0), ANNA, QUEUE, 1, 1),
        ev.CallerJoinedQueue(after(0), ANNA, QUEUE, 1, 1),  # told twice
        ev.AgentDidNotAnswer(after(15), ANNA, QUEUE, "PJSIP/102"),
        ev.CallerLeftQueue(after(21.4), ANNA, QUEUE, 0),
        ev.AgentConnected(after(21.5), ANNA, QUEUE, "PJSIP/101-web", 21, 4),
        ev.ChannelHungUp(after(90), ANNA, 16),
    ):
        visits.on_event(event)
    (visit,) = await kept(db, visits)
    assert (visit.outcome, visit.agent, visit.rang_s, visit.missed) == (Left.ANSWERED, "101", 4, 1)
    assert (visit.company_id, visit.queue, visit.priority) == ("skek", QUEUE, 10)
    assert (visit.entered_at, visit.left_at, visit.waited_s) == (START, after(21.5), 21.5)
    assert visit.call_id == call_id("node1", BOOT, "1.1")
    assert visits.talked("1.1")


async def test_a_caller_who_gives_up_while_it_rings_is_lost_and_nobody_missed_him(sqlite_db: Database) -> None:
    visits = visits_of(sqlite_db)
    for event in (
        ev.CallerJoinedQueue(after(0), ANNA, QUEUE, 1, 1),
        ev.CallerAbandonedQueue(after(33), ANNA, QUEUE, 33),
        ev.CallerLeftQueue(after(33), ANNA, QUEUE, 0),
        ev.ChannelHungUp(after(33), ANNA, 16),
    ):
        visits.on_event(event)
    (visit,) = await kept(sqlite_db, visits)
    assert (visit.outcome, visit.agent, visit.waited_s, visit.missed) == (Left.ABANDONED, "", 33.0, 0)
    assert not visits.talked("1.1")


async def test_each_queue_he_waited_in_is_a_visit(sqlite_db: Database) -> None:
    visits = visits_of(sqlite_db)
    for event in (
        ev.CallerJoinedQueue(after(0), ANNA, "skek-office", 1, 1),
        ev.CallerLeftQueue(after(300), ANNA, "skek-office", 0),
        ev.CallerJoinedQueue(after(320), ANNA, QUEUE, 1, 1),
        ev.ChannelHungUp(after(330), ANNA, 16),  # the queue's own word was lost
    ):
        visits.on_event(event)
    first, second = await kept(sqlite_db, visits)
    assert (first.queue, first.outcome, first.left_at) == ("skek-office", Left.UNSERVED, after(300))
    assert (second.queue, second.outcome, second.waited_s) == (QUEUE, Left.ABANDONED, 10.0)


async def test_what_happened_unseen_is_unknown_and_who_waits_yet_is_taken_up(sqlite_db: Database) -> None:
    visits = visits_of(sqlite_db)
    boris = Channel("2.2", "2.2", "PJSIP/trunk-00000002", "", "skek")
    visits.on_event(ev.CallerJoinedQueue(after(0), ANNA, QUEUE, 1, 1))
    visits.rebuild(
        Snapshot(
            after(60),
            BOOT,
            channels=(LiveChannel(boris, "", after(20)),),
            waiting=(Waiting(QUEUE, "2.2", 1, 0, after(25)),),
        )
    )
    visits.on_event(ev.CallerLeftQueue(after(70), boris, QUEUE, 0))
    visits.on_event(ev.AgentConnected(after(70), boris, QUEUE, "PJSIP/101", 45, 3))
    unseen, answered = await kept(sqlite_db, visits)
    assert (unseen.outcome, unseen.left_at) == (Left.UNKNOWN, after(60))
    assert (answered.outcome, answered.entered_at, answered.waited_s) == (Left.ANSWERED, after(25), 45.0)
