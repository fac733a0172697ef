"""Calls whose controller or Asterisk died: each record is closed once, truly, and soon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from gridline.clock import SetClock
from gridline.db import Database
from ivr.journal.closing import LOOK_EVERY_S, Closing
from ivr.journal.entries import CallBegun
from ivr.journal.journal import Journal
from ivr.journal.models import CallRecord, CallStep, call_id
from ivr.live.board import Board
from ivr.live.view import CallKey
from ivr.reception.ends import Ends
from ivr.telephony.events import Channel
from ivr.telephony.state import LiveChannel, Snapshot

NOW = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)
BEGAN = NOW - timedelta(minutes=10)
LOOK = timedelta(seconds=LOOK_EVERY_S)


class Node:
    """A controller's part in it: what it holds, and what its board shows."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.db = db
        self.clock = SetClock(NOW)
        self.journal = Journal(db, self.clock, folder)
        self.on_the_line: set[tuple[str, str]] = set()
        self.sees = True
        self.closing = Closing(db, self.journal, self.clock, "node1", self.live)

    def live(self, boot: str, linkedid: str) -> bool | None:
        return (boot, linkedid) in self.on_the_line if self.sees else None

    async def look(self) -> int:
        closed = await self.closing.run_once()
        self.clock.advance(LOOK)
        return closed

    async def call(self, number: int, boot: str = "boot1") -> CallRecord:
        async with self.db.read() as session:
            return await session.get_one(CallRecord, call_id("node1", boot, f"1.{number}"))


@pytest.fixture
async def node(db: Database, tmp_path: Path) -> AsyncIterator[Node]:
    node = Node(db, tmp_path / "journal")
    run = asyncio.create_task(node.journal.run())
    yield node
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)


def begun(number: int, boot: str = "boot1", node: str = "node1") -> CallBegun:
    linkedid = f"1.{number}"
    id = call_id(node, boot, linkedid)
    return CallBegun(id, node, boot, linkedid, "78005009494", "+7913", "+7913", BEGAN, "skek")


async def left_by_another(db: Database, *calls: CallBegun, last_step: datetime | None = None) -> None:
    """What a controller that was killed had stored."""
    async with db.write() as session:
        for call in calls:
            session.add(CallRecord(**{name: value for name, value in vars(call).items() if name != "trust"}))
            await session.flush()
            if last_step is not None:
                words = dict.fromkeys(("place", "prompt_text", "sound", "key", "exit", "leads_to", "flow_version"), "x")
                when = {"started_at": BEGAN, "ended_at": last_step}
                session.add(CallStep(call_id=call.id, ordinal=0, prompt_ids=[], **when, **words))


async def test_what_a_start_finds_open_ends_as_unknown_when_it_was_last_heard_of(node: Node) -> None:
    heard = BEGAN + timedelta(seconds=40)
    await left_by_another(node.db, begun(1), last_step=heard)
    await left_by_another(node.db, begun(2, "an earlier boot"))
    assert [await node.look(), await node.look()] == [0, 2]
    first, second = await node.call(1), await node.call(2, "an earlier boot")
    assert (first.outcome, first.ended_at) == ("unknown", heard)
    assert (second.outcome, second.ended_at) == ("unknown", BEGAN)
    assert await node.look() == 0


async def test_a_call_that_goes_on_without_its_controller_ends_when_it_leaves_the_line(node: Node) -> None:
    await left_by_another(node.db, begun(1))
    node.on_the_line.add(("boot1", "1.1"))
    assert [await node.look() for _ in range(5)] == [0] * 5
    left_at = node.clock.now()
    node.on_the_line.clear()
    assert [await node.look(), await node.look()] == [0, 1]
    assert (await node.call(1)).ended_at == left_at


async def test_no_call_ends_before_it_was_last_heard_of(node: Node) -> None:
    heard = BEGAN + timedelta(seconds=40)
    await left_by_another(node.db, begun(1), last_step=heard)

    async def told(_call: CallRecord) -> datetime:
        return BEGAN

    node.closing = Closing(node.db, node.journal, node.clock, "node1", node.live, told)
    assert [await node.look(), await node.look()] == [0, 1]
    assert (await node.call(1)).ended_at == heard


async def test_while_nobody_can_say_who_is_on_the_line_nothing_is_closed(node: Node) -> None:
    await left_by_another(node.db, begun(1))
    node.sees = False
    assert [await node.look() for _ in range(4)] == [0] * 4
    node.sees = True
    assert [await node.look(), await node.look()] == [0, 1]


async def test_calls_in_our_hands_and_another_nodes_are_left_alone(node: Node) -> None:
    node.journal.begin(begun(1))
    await node.journal.flush()
    await left_by_another(node.db, begun(2, node="node2"))
    assert [await node.look() for _ in range(3)] == [0] * 3


async def test_the_true_end_that_comes_late_is_the_one_that_stays(node: Node) -> None:
    node.journal.begin(begun(1))
    await node.journal.flush()
    node.journal.end(begun(1).id, "hung-up", at=NOW)  # told, and not yet stored when looked at
    assert await node.closing.run_once() == 0
    await node.journal.flush()
    assert await node.closing.run_once() == 0
    assert (await node.call(1)).outcome == "hung-up"


async def test_open_calls_are_found_by_an_index(db: Database) -> None:
    explain = "EXPLAIN QUERY PLAN" if db.is_sqlite else "EXPLAIN"
    async with db.read() as session:
        if not db.is_sqlite:
            await session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = await session.execute(text(f"{explain} SELECT id FROM calls WHERE node = 'n' AND ended_at IS NULL"))
        assert "ix_calls_open" in str(plan.all())


async def test_a_talk_that_an_asterisk_took_with_it_ends_though_its_id_is_given_out_again(node: Node) -> None:
    """Fault F16: after a restart the same unique id is another call's."""
    board, boot = Board("node1"), "boot1"
    channel = Channel("1.1", "1.1", "PJSIP/trunk-00000001", "+79131203401", "skek")
    board.rebuild(Snapshot(NOW, boot, channels=(LiveChannel(channel, "", BEGAN),)))
    ends = Ends(node.journal, board, lambda linkedid: CallKey("node1", boot, linkedid))
    node.journal.begin(begun(1))
    ends.left("1.1", begun(1).id, "talked", "")
    ends.rebuild()
    assert node.journal.is_open(begun(1).id), "still talking"
    boot = "boot2"
    board.rebuild(Snapshot(NOW, boot, channels=(LiveChannel(channel, "", NOW),)))
    ends.rebuild()
    assert not node.journal.is_open(begun(1).id)
    await node.journal.flush()
    assert (await node.call(1)).outcome == "talked"
