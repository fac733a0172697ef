"""A caller who was handed over is recorded anew, where the notice was heard and somebody is still there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from gridline.clock import SystemClock
from gridline.settings import Settings
from ivr.reception.handed_over import HandedOverRecordings
from ivr.telephony.ami import Ami
from tests.unit.eventually import eventually
from tests.unit.telephony.fake_manager import FakeManager, message

CALL = "a" * 32
ANNA = "PJSIP/trunk-00000001"
DONE = b"Response: Success\r\nActionID: {id}\r\n\r\n"
GONE = b"Response: Error\r\nActionID: {id}\r\nMessage: No such channel\r\n\r\n"
TRANSFER = {"Result": "Success", "TransfereeChannel": ANNA, "TransfereeUniqueid": "1.1", "TransfereeLinkedid": "1.1"}


@pytest.fixture
async def manager(tmp_path: Path) -> AsyncIterator[FakeManager]:
    """Asterisk, and the node that listens to it."""
    manager = FakeManager()
    manager.replies |= dict.fromkeys(("StopMixMonitor", "MixMonitor", "Setvar"), DONE)
    await manager.start()
    config = Settings(var=tmp_path, ami_port=manager.port, recorder_secret=SecretStr("secret"))
    recordings: list[HandedOverRecordings] = []
    ami = Ami(
        *("127.0.0.1", manager.port, "gridline", "secret"),
        on_event=lambda event: recordings[0].on_event(event),
        on_resync=lambda _: None,
        clock=SystemClock(),
    )
    recordings.append(HandedOverRecordings(config, ami))
    jobs = [asyncio.create_task(job) for job in (ami.run(), recordings[0].run())]
    await eventually(lambda: ami.connected)
    yield manager
    for job in jobs:
        job.cancel()
    await asyncio.gather(*jobs, return_exceptions=True)
    await manager.stop()


def told_of(**values: str) -> dict[str, str]:
    """What the caller's channel holds."""
    return {"GRIDLINE_NOTICE": "1", "GRIDLINE_CALL": CALL, "GRIDLINE_PART": "", "UNIQUEID": "node1-1.1"} | values


@pytest.mark.parametrize(("before", "part"), [("", 1), ("2", 3)])
async def test_it_is_recorded_into_a_file_of_its_own(
    manager: FakeManager, tmp_path: Path, before: str, part: int
) -> None:
    manager.variables = told_of(GRIDLINE_PART=before)
    manager.event("AttendedTransfer", TRANSFER)
    (asked,) = await manager.saw("MixMonitor")
    assert (asked["Channel"], asked["Options"]) == (ANNA, "bD")
    assert asked["File"] == str(tmp_path / f"recordings/incoming/without-{CALL}_node1-1.1~{part}.raw")
    (told,) = await manager.saw("Setvar")
    assert (told["Variable"], told["Value"]) == ("GRIDLINE_PART", str(part))
    acts = [one["Action"] for one in manager.seen if "MixMonitor" in one["Action"]]
    assert acts == ["StopMixMonitor", "MixMonitor"]


async def test_nobody_is_recorded_who_was_not_told(manager: FakeManager) -> None:
    manager.variables = told_of(GRIDLINE_NOTICE="")
    manager.event("AttendedTransfer", TRANSFER)
    manager.event("AttendedTransfer", TRANSFER)
    await manager.saw("Getvar", 2)
    assert not [one for one in manager.seen if "MixMonitor" in one["Action"]]


async def test_what_was_not_recorded_is_not_begun_and_the_next_one_is(manager: FakeManager) -> None:
    manager.variables = told_of()
    manager.replies["StopMixMonitor"] = GONE
    manager.event("AttendedTransfer", TRANSFER)
    await manager.saw("StopMixMonitor")
    manager.replies["StopMixMonitor"] = DONE
    manager.event("AttendedTransfer", TRANSFER | {"Result": "Fail"})
    manager.event("AttendedTransfer", TRANSFER)
    assert len(await manager.saw("MixMonitor")) == 1


async def test_headers_that_come_for_each_leg_do_not_spoil_the_event(manager: FakeManager) -> None:
    manager.variables = told_of()
    whole = message({"Event": "AttendedTransfer", **TRANSFER})
    lines = b"OrigTransfererChanVariable: GRIDLINE_COMPANY=skek\r\nOrigTransfererChanVariable: QUEUE_PRIO=0\r\n"
    manager.send(whole.removesuffix(b"\r\n") + lines + b"\r\n")
    await manager.saw("MixMonitor")


async def test_where_the_recorder_is_refused_the_old_recording_goes_on(manager: FakeManager) -> None:
    manager.variables = told_of()
    manager.secret = "another"
    manager.event("AttendedTransfer", TRANSFER)
    await manager.saw("Login", 2)
    manager.secret = "secret"
    manager.event("AttendedTransfer", TRANSFER)
    await manager.saw("MixMonitor")
    assert len(await manager.saw("StopMixMonitor")) == 1
