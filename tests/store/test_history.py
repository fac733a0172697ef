"""Figures of queues and agents, reckoned by hand, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gridline.companies import priorities
from gridline.db import Database, new_id
from ivr.desk.models import AgentEvent, Left, QueueVisit
from ivr.figures import history
from ivr.figures.figures import Figures, GroupedBy, Period

MORNING = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
DAY = Period(MORNING - timedelta(hours=3), MORNING + timedelta(hours=21))
HOTLINE, OFFICE = "skek-hotline", "skek-office"


def visit(
    minute: float,
    waited_s: float,
    outcome: Left,
    *,
    agent: str = "",
    queue: str = HOTLINE,
    company: str = "skek",
    priority: int = 0,
) -> QueueVisit:
    entered = MORNING + timedelta(minutes=minute)
    return QueueVisit(
        id=new_id(),
        call_id=new_id(),
        company_id=company,
        queue=queue,
        priority=priority,
        entered_at=entered,
        left_at=entered + timedelta(seconds=waited_s),
        waited_s=waited_s,
        outcome=outcome,
        agent=agent,
        rang_s=3 if agent else None,
        missed=0,
    )


def did(
    minute: float, agent: str, kind: str, *, seconds: int | None = None, detail: str = "", queue: str = ""
) -> AgentEvent:
    return AgentEvent(
        at=MORNING + timedelta(minutes=minute),
        agent=agent,
        user_id="u" * 32,
        company_id="skek",
        kind=kind,
        queue=queue,
        seconds=seconds,
        detail=detail,
    )


async def store(db: Database, *rows: QueueVisit | AgentEvent) -> None:
    async with db.write() as session:
        session.add_all(rows)


async def test_the_figures_of_a_queue_are_what_happened(db: Database) -> None:
    await store(
        db,
        visit(0, 10, Left.ANSWERED, agent="101"),
        visit(1, 30, Left.ANSWERED, agent="102"),  # the thirtieth second is in time
        visit(2, 30.4, Left.ANSWERED, agent="101"),  # this is not
        visit(3, 50, Left.ABANDONED),
        visit(35, 300, Left.UNSERVED),
        visit(36, 70, Left.UNKNOWN),
        visit(37, 1, Left.ANSWERED, agent="101", priority=priorities.FRONT),  # came back after a transfer
        visit(38, 5, Left.ANSWERED, agent="101", priority=priorities.DANGER, queue=OFFICE),
        visit(39, 5, Left.ANSWERED, agent="201", company="mrsk-centra"),
        visit(24 * 60, 5, Left.ANSWERED, agent="101"),  # tomorrow
    )
    async with db.read() as session:
        whole = (await history.figures(session, "skek", DAY, within_s=30))[()]
        queues = await history.figures(session, "skek", DAY, [GroupedBy.QUEUE], within_s=30)
        slots = await history.figures(session, "skek", DAY, [GroupedBy.HALF_HOUR], within_s=30, queue=HOTLINE)
        agents = await history.figures(session, "skek", DAY, [GroupedBy.AGENT], within_s=30)
    hotline = queues[HOTLINE,]
    assert (hotline.offered, hotline.answered, hotline.in_time, hotline.lost, hotline.unknown) == (5, 3, 2, 2, 1)
    assert (hotline.abandoned, hotline.unserved) == (1, 1)
    assert hotline.service_level == 40.0
    assert hotline.lost_share == 40.0
    assert hotline.average_wait_s is not None
    assert round(hotline.average_wait_s, 2) == 23.47
    assert hotline.average_lost_s == 175.0
    assert queues[OFFICE,] == Figures(answered=1, in_time=1, waited_s=5.0)
    assert whole == hotline + queues[OFFICE,]
    assert [(key[0], one.offered) for key, one in slots.items()] == [(MORNING, 4), (MORNING + timedelta(minutes=30), 1)]
    assert {key[0]: one.answered for key, one in agents.items()} == {"": 0, "101": 3, "102": 1}


async def test_talks_and_notes_and_telephones_that_rang_in_vain(db: Database) -> None:
    await store(
        db,
        did(0, "101", "signed-on"),
        did(1, "101", "ready"),
        did(5, "101", "answered", seconds=4, queue=HOTLINE),
        did(8, "101", "completed", seconds=180, queue=HOTLINE),
        did(9, "101", "ready", seconds=60, detail="wrap-up"),  # notes: one minute
        did(20, "101", "answered", seconds=4, queue=HOTLINE),
        did(21, "101", "paused", detail="обед"),  # chosen in the middle of the talk
        did(22, "101", "completed", seconds=120, queue=HOTLINE),  # so there are no notes behind it
        did(50, "101", "ready", seconds=1740, detail="обед"),
        did(51, "101", "missed", queue=OFFICE, detail="не ответил"),
        did(60, "101", "signed-off"),
        did(0, "102", "signed-on"),
        did(0.5, "102", "ready"),
        did(29, "102", "completed", seconds=600, queue=OFFICE),
        did(31, "102", "paused", seconds=120, detail="перерыв"),  # notes: two minutes, ended by a pause
    )
    async with db.read() as session:
        agents = await history.figures(session, "skek", DAY, [GroupedBy.AGENT], within_s=30)
        queues = await history.figures(session, "skek", DAY, [GroupedBy.QUEUE], within_s=30, agent="101")
        slots = await history.figures(session, "skek", DAY, [GroupedBy.AGENT, GroupedBy.HALF_HOUR], within_s=30)
    first, second = agents["101",], agents["102",]
    assert (first.talks, first.talked_s, first.wrap_ups, first.wrapped_s, first.missed) == (2, 300, 1, 60, 1)
    assert (first.average_talk_s, first.average_wrap_up_s) == (150.0, 60.0)
    assert (second.talks, second.talked_s, second.wrap_ups, second.wrapped_s) == (1, 600, 1, 120)
    assert {key[0]: (one.talks, one.missed) for key, one in queues.items()} == {HOTLINE: (2, 0), OFFICE: (0, 1)}
    assert sum((one for one in slots.values()), Figures()) == first + second


async def test_pauses_by_reason_within_the_period(db: Database) -> None:
    await store(
        db,
        did(-10, "101", "signed-on"),
        did(-8, "101", "ready", seconds=120),
        did(-5, "101", "paused", detail="обед"),  # five minutes of it before the hour, ten within
        did(10, "101", "ready", seconds=900, detail="обед"),
        did(12, "101", "completed", seconds=60, queue=HOTLINE),  # no change of state for the pauses
        did(20, "101", "missed", queue=HOTLINE, detail="не ответил"),
        did(22, "101", "ready", seconds=120, detail="не ответил"),
        did(40, "101", "paused", detail="обед"),
        did(41, "101", "signed-off", seconds=60),
        did(30, "102", "signed-on"),  # and never ready: to the end of the period
        did(-90, "103", "signed-on"),
        did(-80, "103", "signed-off"),
    )
    hour = Period(MORNING, MORNING + timedelta(hours=1))
    async with db.read() as session:
        there = await history.presence(session, "skek", hour)
        alone = await history.presence(session, "skek", hour, agent="102")
    assert set(there) == {"101", "102"}
    assert there["101"].paused == {"не ответил": (1, 120), "обед": (2, 660)}
    assert there["101"].on_shift_s == 41 * 60
    assert there["101"].paused_s == 780
    assert there["102"].paused == {"": (1, 1800)}
    assert alone == {"102": there["102"]}


async def test_a_period_without_calls_has_no_shares(db: Database) -> None:
    async with db.read() as session:
        none = await history.figures(session, "skek", DAY, within_s=30)
    assert none == {(): Figures()}
    assert (none[()].service_level, none[()].lost_share, none[()].average_wait_s) == (None, None, None)
