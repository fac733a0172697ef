"""What Asterisk wrote of a call while nobody listened becomes its legs, whether another controller came in or not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from asterisk_conf.logs import Logs
from gridline.db import Database, new_id
from ivr.journal.models import CallLeg, CallRecord, LegDevice, LegKind, call_id
from ivr.reception.legs_left import LegsLeft

BEGAN = datetime(2026, 11, 29, 5, 0, tzinfo=UTC)
CALL, OLGA, IGOR, AGAIN = "1.1", "1.2", "1.3", "1.4"
NAMES = {CALL: "PJSIP/trunk-00000001", OLGA: "PJSIP/101-web-2", IGOR: "PJSIP/102-00000003", AGAIN: "PJSIP/101-web-4"}


def after(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def line(kind: str, seconds: float, channel: str, call: str = CALL, **more: object) -> str:
    """One line of cel.csv, in the machine's own time."""
    at = after(seconds).astimezone().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    told = json.dumps(more).replace('"', '""') if more else ""
    return ",".join(f'"{one}"' for one in (kind, at, "x", "s", NAMES[channel], channel, call, told)) + "\n"


def together(begins: float, ends: float, bridge: str, agent: str) -> list[str]:
    """The caller and an agent in one bridge, and the agent's telephone put down."""
    return [
        *(line("BRIDGE_ENTER", begins, one, bridge_id=bridge) for one in (agent, CALL)),
        *(line("BRIDGE_EXIT", ends, one, bridge_id=bridge) for one in (agent, CALL)),
        line("HANGUP", ends, agent, hangupcause=16),
    ]


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    """Answered from a queue, sent on, and answered from the queue again; older lines lie in a part put aside."""
    kept = Logs(tmp_path, 1)
    folder = tmp_path / "cel-custom"
    folder.mkdir()
    queued = [line("CHAN_START", 0, CALL), line("APP_START", 5, CALL)]
    first = [*together(10, 20, "b1", OLGA), line("APP_END", 20, CALL)]
    earlier = [line("CHAN_START", -9000, CALL), *together(-8990, -8980, "b0", IGOR), line("HANGUP", -8980, CALL)]
    (folder / "cel.csv.1").write_text("".join((*earlier, *queued, *first)))
    second = [*together(22, 40, "b2", IGOR), line("APP_START", 41, CALL), *together(50, 61, "b3", AGAIN)]
    torn, other = '"BRIDGE_ENTER","2026-11-', line("HANGUP", 300, CALL, "1.11", hangupcause=16)
    (folder / "cel.csv").write_text("".join((*second, line("HANGUP", 61.5, CALL, hangupcause=16), other, torn)))
    return kept


@pytest.fixture
async def call(db: Database) -> CallRecord:
    """Its record, as the controller that was killed left it."""
    names = {"id": call_id("node1", "b", CALL), "node": "node1", "boot": "b", "linkedid": CALL}
    record = CallRecord(**names, dialled="7", caller_raw="", branch="", flow_version="", started_at=BEGAN)
    async with db.write() as session:
        session.add(record)
    return record


LEGS: list[tuple[object, ...]] = [
    (LegKind.TALK, "101", LegDevice.BROWSER, after(10), after(20), []),
    (LegKind.TRANSFER, "102", LegDevice.DESK, after(22), after(40), []),
    (LegKind.TALK, "101", LegDevice.BROWSER, after(50), after(61), []),
]


async def kept(db: Database) -> list[tuple[object, ...]]:
    async with db.read() as session:
        legs = await session.scalars(select(CallLeg).order_by(CallLeg.began_at))
        return [(leg.kind, leg.agent, leg.device, leg.began_at, leg.ended_at, leg.holds) for leg in legs]


async def test_every_leg_is_told_with_who_and_when_and_told_twice_is_one(
    db: Database, logs: Logs, call: CallRecord
) -> None:
    left = LegsLeft(db, logs)
    assert [await left.keep(call), await left.keep(call)] == [after(61.5)] * 2
    async with db.read() as session:
        ids = set(await session.scalars(select(CallLeg.call_id)))
    assert ids == {call.id}
    assert await kept(db) == LEGS


async def test_a_leg_that_another_controller_took_up_in_mid_talk_is_put_right_and_keeps_its_holds(
    db: Database, logs: Logs, call: CallRecord
) -> None:
    taken_up = {"agent": "102", "device": LegDevice.DESK, "began_at": after(25), "ended_at": after(40)}
    async with db.write() as session:
        session.add(CallLeg(id=new_id(), call_id=call.id, kind=LegKind.TALK, holds=[[5, 9]], **taken_up))
    await LegsLeft(db, logs).keep(call)
    assert await kept(db) == [LEGS[0], (*LEGS[1][:-1], [[8, 12]]), LEGS[2]]


async def test_while_one_channel_was_not_seen_to_hang_up_nobody_knows_the_end(
    db: Database, call: CallRecord, tmp_path: Path
) -> None:
    """Olga sent the caller on to Igor, and Asterisk was killed in mid-talk: the only end that it wrote is hers."""
    folder = tmp_path / "cel-custom"
    folder.mkdir()
    begun = [line("CHAN_START", 0, CALL), *together(10, 20, "b1", OLGA)]
    talks = [line("BRIDGE_ENTER", 22, one, bridge_id="b2") for one in (IGOR, CALL)]
    (folder / "cel.csv").write_text("".join((*begun, *talks)))
    assert await LegsLeft(db, Logs(tmp_path, 1)).keep(call) is None
    assert [leg[1] for leg in await kept(db)] == ["101"]


@pytest.mark.parametrize("extra", ['"[]"', '"{""hangupcause"":""busy""}"', '"{""hangupcause"":null}"'])
async def test_a_line_that_says_nothing_to_us_holds_up_no_call(
    extra: str, db: Database, logs: Logs, call: CallRecord
) -> None:
    told = line("HANGUP", 30, IGOR, hangupcause=16)
    with (logs.folder / "cel-custom/cel.csv.1").open("a") as out:
        out.write(told[: told.index('"{')] + extra + "\n")
    assert await LegsLeft(db, logs).keep(call) == after(61.5)
    assert await kept(db) == LEGS


class Renamed(Logs):
    """Puts its parts aside as soon as they are found, once."""

    def parts_of(self, log: Path) -> list[Path]:
        found = super().parts_of(log)
        if log in found:
            for number, file in reversed(list(enumerate(found, 1))):
                file.rename(log.with_name(f"{log.name}.{number}"))
        return found


async def test_parts_that_are_put_aside_while_they_are_read_are_found_again(
    db: Database, logs: Logs, call: CallRecord
) -> None:
    assert await LegsLeft(db, Renamed(logs.folder, logs.most_mb)).keep(call) == after(61.5)
    assert await kept(db) == LEGS


async def test_where_asterisk_wrote_nothing_nobody_knows(db: Database, call: CallRecord, tmp_path: Path) -> None:
    assert await LegsLeft(db, Logs(tmp_path, 1)).keep(call) is None
    assert await kept(db) == []
