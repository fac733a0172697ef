"""What makes a line fall: killed processes, a taken port, a frozen machine, garbage in its folders; from outside."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import stat
import time
from contextlib import AsyncExitStack, ExitStack, suppress
from pathlib import Path

import psutil
import pytest
from sqlalchemy import func, select

from appeals.models import Appeal, DraftAppeal
from asterisk_conf.packages import PackageRoot
from carrier.stories.installation import Installation
from carrier.stories.store import one, recordings
from ivr.journal.models import CallRecord
from recordings.models import Recording
from tests.faults.conftest import NewHouse, made, scene_of
from tests.faults.injury import frozen, new_controller, rows_of_log, supervisor, until, until_known

pytestmark = pytest.mark.asyncio(loop_scope="session")

CLOSED_S = 60
FROZEN_S = 11.0
TELLING = 6
WORDS = "Проспект Ленина, дом пятьдесят пять, нет света во всём подъезде."


async def test_garbage_in_the_folders_of_a_running_line_ends_nothing(house: Installation) -> None:
    controller = house.controller.pid
    incoming, spool = house.var / "recordings/incoming", house.var / "spool"
    for number, text in enumerate((b"", b"{", b"[]", bytes(range(256)), b"null")):
        (incoming / f"{number:032x}.json").write_bytes(text)
        (spool / f"010000000{number}.json").write_bytes(text)
    (incoming / f"{'e' * 32}.json").mkdir()
    (spool / "0100000009.json").mkdir()
    (spool / "counter").write_bytes(b"garbage")
    left = (*incoming.glob("*.json"), *spool.glob("0*.json"))
    await until(lambda: not any(file.exists() for file in left), "all of it put aside")
    await until(lambda: (spool / "counter").read_bytes().isdigit(), "the counter, from the register")
    async with house.db.read() as session:
        last = await session.scalar(select(func.max(Appeal.receipt)))
    assert int((spool / "counter").read_bytes()) >= (int(last[2:-1]) if last else 0)
    async with scene_of(house).call("+79131203601") as caller:
        await caller.hears("main-menu", within_s=25)
        await caller.hangs_up()
    assert house.controller.pid == controller
    assert (await house.http("/healthz"))[0] == 200
    assert len(rows_of_log(house, "recording-put-aside")) == 6


async def test_words_told_to_a_controller_that_is_killed_become_drafts_and_every_call_ends(house: Installation) -> None:
    scene, numbers = scene_of(house), [f"+791312036{10 + number}" for number in range(TELLING)]
    async with AsyncExitStack() as calls:
        callers = [await calls.enter_async_context(scene.call(number)) for number in numbers]

        async def tells(index: int) -> None:
            caller = callers[index]
            await caller.hears("main-menu", within_s=25)
            await caller.press("5")
            await caller.hears("complaint-menu")
            await caller.press("1")
            await caller.hears("beep", within_s=25)
            await caller.says(WORDS)
            if index % 2:  # half are killed while they speak, half while they listen to what they may do with it
                await caller.press("#")
                await caller.hears("complaint-review")

        await asyncio.gather(*(tells(index) for index in range(TELLING)))
        old = house.controller
        old.kill()
        await new_controller(house, old.pid)
        for caller in callers:
            with suppress(AssertionError):
                await caller.hangs_up()
    ended_at = time.time()
    ids: set[str] = set()
    for number in numbers:
        call = await one(scene, CallRecord, CallRecord.caller == number)
        ids.add(call.id)

    async def all_closed() -> bool:
        async with house.db.read() as session:
            query = select(CallRecord.id).where(CallRecord.id.in_(ids), CallRecord.ended_at.is_(None))
            return not (await session.scalars(query)).all()

    await until_known(all_closed, "the end of every call", CLOSED_S)
    print(f"K7: every call closed {time.time() - ended_at:.0f} s after its end")

    async def all_drafted() -> bool:
        async with house.db.read() as session:
            drafts = (await session.scalars(select(DraftAppeal).where(DraftAppeal.call_id.in_(ids)))).all()
            kept = {row.id for row in (await session.scalars(select(Recording))).all()}
        return {draft.call_id for draft in drafts} == ids and all(draft.recording_id in kept for draft in drafts)

    await until_known(all_drafted, "a draft of every told word", CLOSED_S)
    async with house.db.read() as session:
        assert (await session.scalars(select(Appeal).where(Appeal.call_id.in_(ids)))).all() == []


async def test_an_asterisk_that_dies_takes_its_calls_records_with_it(house: Installation) -> None:
    scene = scene_of(house)
    async with scene.call("+79131203621") as caller:
        await caller.hears("main-menu", within_s=25)
        old = house.asterisk
        old.kill()
        died_at = time.time()
    call = await one(scene, CallRecord, CallRecord.caller == "+79131203621")

    async def closed() -> bool:
        async with house.db.read() as session:
            return (await session.get_one(CallRecord, call.id)).ended_at is not None

    await until_known(closed, "the end of its call", CLOSED_S)
    print(f"C27: closed {time.time() - died_at:.0f} s after Asterisk was killed")
    await house.healthy(30)


async def test_a_machine_that_was_frozen_goes_on_where_it_stood(house: Installation) -> None:
    controller, known = house.controller, len(rows_of_log(house, "controller-hung"))
    async with scene_of(house).call("+79131203631") as caller:
        await caller.hears("main-menu", within_s=25)
        with ExitStack() as ice:
            for process in (supervisor(house), house.asterisk, controller):
                ice.enter_context(frozen(process))
            await asyncio.sleep(FROZEN_S)  # how long it lies frozen: nothing can be waited for
        await caller.press("5")
        await caller.hears("complaint-menu", within_s=10)
        await caller.hangs_up()
    assert house.controller.pid == controller.pid
    assert len(rows_of_log(house, "controller-hung")) == known
    await house.healthy(30)


async def test_children_go_with_a_supervisor_that_is_killed_and_the_next_one_serves(new_house: NewHouse) -> None:
    house = await new_house("orphans")
    scene = scene_of(house)
    async with scene.call("+79131203641") as caller:
        await caller.hears("main-menu", within_s=25)
        children = [house.asterisk, house.controller]
        supervisor(house).kill()
        _, alive = await asyncio.to_thread(psutil.wait_procs, children, 20)
        assert alive == []
    await until(lambda: house.exit_code == -signal.SIGKILL, "the end of the supervisor")
    await house.serve()
    await house.healthy(60)
    async with scene.call("+79131203642") as caller:
        await caller.hears("main-menu", within_s=25)
        await caller.hangs_up()
    call = await one(scene, CallRecord, CallRecord.caller == "+79131203641", CallRecord.ended_at.is_not(None))
    assert call.outcome in ("hung-up", "unknown")


async def test_a_line_whose_sip_port_is_taken_says_so_and_comes_up_when_it_is_free(
    packages: PackageRoot, tmp_path: Path
) -> None:
    house = made(tmp_path, packages, {})
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind((house.settings.sip_host, house.settings.sip_port))
            await house.serve()
            [said] = await until(lambda: rows_of_log(house, "ports-taken"), "its words", 40)
            assert "sip_port" in said
            assert f"процесс {os.getpid()}" in said

            async def answers() -> int:
                return (await house.http("/healthz"))[0]

            assert await until_known(answers, "the console", 40) == 503
        await house.healthy(40)
    finally:
        await house.stop()


async def test_all_that_a_line_writes_is_its_owners_alone(house: Installation) -> None:
    async with scene_of(house).call("+79131203651") as caller:
        await caller.hears("main-menu", within_s=25)
        await caller.press("5")
        await caller.hears("complaint-menu")
        await caller.press("1")
        await caller.hears("beep", within_s=25)
        await caller.says(WORDS)
        await caller.hangs_up()
    call = await one(scene_of(house), CallRecord, CallRecord.caller == "+79131203651")
    await recordings(scene_of(house), call.id, at_least=2)
    parts = ("gridline.db", "recordings", "spool", "secrets", "asterisk")
    written = [path for part in parts for path in (house.var / part, *(house.var / part).rglob("*"))]
    written = [path for path in written if path.suffix != ".broken"]  # what another story here threw in
    assert {path.suffix for path in written} >= {".db", ".wav", ".log", ".conf"}
    others = [path for path in written if not path.is_symlink() and _others_may(path)]
    assert others == []


def _others_may(path: Path) -> bool:
    with suppress(FileNotFoundError):
        return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    return False
