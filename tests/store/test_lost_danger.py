"""A caller in danger who went without an answer and without words becomes an item; nobody else does, and once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from gridline.clock import SetClock, SystemClock
from gridline.companies import Companies
from gridline.db import Database, new_id
from gridline.errors import Unavailable
from gridline.settings import HOUSE
from ivr.desk.models import Left, QueueVisit
from ivr.journal.models import CallRecord
from ivr.reception.lost_danger import FIRST_LOOK, LOOK, LostDanger
from worklist import clocks
from worklist.codes import Ending, ItemKind
from worklist.models import WorkItem
from worklist.worklist import Matter, Worklist

PHONE = "+79131203499"


@pytest.fixture
def worklist(db: Database) -> Worklist:
    return Worklist(db, SystemClock(), clocks.of_installation(HOUSE / "dialplan"))


@pytest.fixture
def lost(db: Database, companies: Companies, worklist: Worklist) -> LostDanger:
    return LostDanger(db, SystemClock(), companies, worklist)


async def waited(
    db: Database,
    *outcomes: Left,
    priority: int = 10,
    caller: str | None = PHONE,
    over: bool = True,
    at: datetime | None = None,
) -> str:
    """A call that waited in a queue, once for each of these ends."""
    call, began = new_id(), (at or datetime.now(UTC)) - timedelta(minutes=3)
    ended = began + timedelta(minutes=1) if over else None
    async with db.write() as session:
        session.add(
            CallRecord(
                id=call,
                node="node1",
                boot="boot",
                linkedid=call,
                company_id="mrsk-centra",
                dialled="78005050115",
                caller_raw=caller or "",
                caller=caller,
                branch="belgorod",
                flow_version="f",
                started_at=began,
                ended_at=ended,
                outcome="hung-up" if over else None,
            )
        )
        for outcome in outcomes:
            session.add(
                QueueVisit(
                    call_id=call,
                    company_id="mrsk-centra",
                    queue="mrsk-hotline",
                    priority=priority,
                    entered_at=began,
                    left_at=began + timedelta(seconds=30),
                    waited_s=30.0,
                    outcome=outcome,
                    agent="",
                    rang_s=None,
                    missed=0,
                )
            )
    return call


async def items(db: Database) -> Sequence[WorkItem]:
    async with db.read() as session:
        return (await session.scalars(select(WorkItem))).all()


@pytest.mark.parametrize("outcome", [Left.ABANDONED, Left.UNSERVED, Left.UNKNOWN])
async def test_whoever_went_without_an_answer_is_called_back_once(
    db: Database, lost: LostDanger, outcome: Left
) -> None:
    call = await waited(db, outcome, outcome)
    assert await lost.run_once() == 1
    assert await lost.run_once() == 0
    (item,) = await items(db)
    assert (item.kind, item.call_id, item.phone) == (ItemKind.DANGER, call, PHONE)
    assert (item.company_id, item.branch, item.recording_id) == ("mrsk-centra", "belgorod", None)


async def test_nobody_else_is(db: Database, lost: LostDanger, worklist: Worklist) -> None:
    await waited(db, Left.UNSERVED, Left.ANSWERED)
    await waited(db, Left.ABANDONED, priority=0)
    await waited(db, Left.ABANDONED, caller=None)
    await waited(db, Left.UNSERVED, over=False)
    told = await waited(db, Left.UNSERVED)
    await worklist.open(Matter(ItemKind.DANGER, "mrsk-centra", f"danger:{told}", call_id=told, recording_id="r" * 32))
    assert await lost.run_once() == 0
    assert len(await items(db)) == 1


async def test_one_whose_item_has_ended_is_not_begun_anew(db: Database, lost: LostDanger, worklist: Worklist) -> None:
    await waited(db, Left.ABANDONED)
    await lost.run_once()
    (item,) = await items(db)
    await worklist.end(item.id, "duty:+79130000000", Ending.ACCEPTED)
    assert await lost.run_once() == 0


async def test_a_database_that_was_away_for_hours_hides_nobody(
    db: Database, companies: Companies, worklist: Worklist, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SetClock(datetime(2026, 11, 28, 5, 0, tzinfo=UTC))
    lost = LostDanger(db, clock, companies, worklist)
    for _ in range(4):  # looked at for so long that the first look back is over
        clock.advance(LOOK)
        assert await lost.run_once() == 0
    while_away = clock.now() + timedelta(minutes=10)

    def away(**_: object) -> None:
        raise Unavailable("базы нет")

    with monkeypatch.context() as broken:
        broken.setattr(db, "glance", away)
        for _ in range(4):
            clock.advance(LOOK)
            with pytest.raises(Unavailable):
                await lost.run_once()
    assert await lost.run_once() == 0  # what Asterisk told meanwhile is still being stored
    first = await waited(db, Left.ABANDONED, at=while_away)
    assert await lost.run_once() == 1
    clock.advance(LOOK - timedelta(minutes=1))
    second = await waited(db, Left.ABANDONED, at=while_away)
    assert await lost.run_once() == 1
    assert {one.call_id for one in await items(db)} == {first, second}
    clock.advance(FIRST_LOOK)
    await lost.run_once()
    await waited(db, Left.ABANDONED, at=while_away)
    assert await lost.run_once() == 0, "it looks no further back than it must"
