"""The machine is lost: what a backup brought away while a call was on comes back, is proved, and the line goes on."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from appeals import numbering
from appeals.models import Appeal
from appeals.proof.verify import verify
from carrier.stories.installation import START_LIMIT_S, Installation
from carrier.stories.scene import Scene
from carrier.stories.store import appeal_of_caller, loudness, recordings
from gridline.settings import HOUSE
from ivr.journal.models import CallRecord
from ivr.voice import spoken
from ivr.voice.prompts import Prompt
from recordings import verification
from recordings.store import of_settings
from tests.console import brief
from tests.faults.conftest import NewHouse, scene_of
from tests.faults.injury import supervisor, until
from tests.postgres import PostgresServer

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

ON_THE_LINE = "+79131203702"
KINDS = 3
"""Recordings of a complaint: the whole, their words alone, and the question about the number."""
QUIET_DBFS = -50.0


async def test_a_lost_machine_comes_back(new_house: NewHouse, tmp_path: Path) -> None:
    await _lost_and_back(await new_house("lost"), tmp_path)


@pytest.mark.postgres
async def test_a_lost_machine_comes_back_with_an_empty_postgresql(
    new_house: NewHouse, tmp_path: Path, postgres_server: PostgresServer
) -> None:
    postgres_server.create("lost", template="gridline_template")
    house = await new_house("lost-postgres", database_url=postgres_server.url("lost"))

    def empty() -> None:
        postgres_server.drop("lost")
        postgres_server.create("lost")

    await _lost_and_back(house, tmp_path, empty)


async def _lost_and_back(house: Installation, folder: Path, lose_database: Callable[[], None] = lambda: None) -> None:
    scene = scene_of(house)
    first = await _complains(scene, "+79131203701")
    sound = {one.id: one.sha256 for one in await recordings(scene, str(first.call_id), at_least=KINDS)}
    secrets = {file.name: file.read_bytes() for file in (house.var / "secrets").iterdir()}
    async with scene.call(ON_THE_LINE) as caller:
        await caller.hears("main-menu", within_s=25)
        code, told = await _gridline(house, "backup", str(folder))
        assert code == 0, told
        await caller.press("5")
        await caller.hears("complaint-menu", within_s=10)
        code, told = await _gridline(house, "restore", str(folder))
        assert (code, "уже" in told) == (2, True), told
    await _lose(house)
    await asyncio.to_thread(lose_database)
    code, told = await _gridline(house, "backup", "--verify", str(folder))
    assert code == 0, told
    code, told = await _gridline(house, "restore", str(folder))
    print(told)
    assert code == 0, told
    number = numbering.written(first.number)
    assert f"skek, {first.year}: номера подряд до {number}." in told
    brief.prompts(house.var)
    await house.serve()
    await asyncio.gather(house.healthy(START_LIMIT_S), house.carrier.start())
    assert {file.name: file.read_bytes() for file in (house.var / "secrets").iterdir()} == secrets
    again = scene_of(house)
    async with again.call("+79131203701") as caller:  # they are known, and so is their appeal
        await caller.hears(_told("known-open-appeal", again, first), within_s=25)
        await caller.hangs_up()
    second = await _complains(again, "+79131203703")
    assert second.sequence == first.sequence + 1
    async with house.db.read() as session:
        verdict = await verify(session)
        assert (verdict.faults, verdict.appeals) == ((), second.sequence)
        numbers = (await session.scalars(select(Appeal.sequence).where(Appeal.company_id == "skek"))).all()
        assert sorted(numbers) == list(range(1, second.sequence + 1))
        assert await session.scalar(select(CallRecord.id).where(CallRecord.id == first.call_id)) == first.call_id
    await recordings(again, str(second.call_id), at_least=KINDS)
    heard = await recordings(again, str(first.call_id), at_least=KINDS)
    assert {one.id: one.sha256 for one in heard} == sound
    assert max(loudness(again, heard[0])) > QUIET_DBFS
    looked = await verification.verify(house.db, of_settings(house.settings))
    assert looked.found == ()


async def _complains(scene: Scene, phone: str) -> Appeal:
    """A complaint in their own words, registered, its number told."""
    async with scene.call(phone) as caller:
        await caller.hears("main-menu", within_s=25)
        for key, heard in (("5", "complaint-menu"), ("1", "beep")):
            await caller.press(key)
            await caller.hears(heard, within_s=20)
        await caller.says("Третий вечер моргает свет.")
        contact = Prompt("complaint-contact", phone=spoken.phone(phone))
        for key, asked in (("#", "complaint-review"), ("1", "complaint-topic-water"), ("2", contact)):
            await caller.press(key)
            await caller.hears(asked, within_s=20)
        await caller.press("1")
        appeal = await appeal_of_caller(scene, phone)
        await caller.hears(_told("complaint-registered", scene, appeal), within_s=20)
        await caller.hangs_up()
    return appeal


def _told(prompt: str, scene: Scene, appeal: Appeal) -> Prompt:
    """A prompt with the appeal's number and deadline."""
    today = appeal.received_at.astimezone(scene.zone).date()
    number = spoken.digit_by_digit(numbering.written(appeal.number))
    return Prompt(prompt, number=number, until=spoken.until(appeal.deadline, today))


async def _lose(house: Installation) -> None:
    """Every process at once, then everything they had on the disk."""
    await house.carrier.stop()
    await house.db.close()
    lost = [supervisor(house), house.controller, house.asterisk]
    for process in lost:
        process.kill()
    await until(lambda: house.exit_code is not None, "the supervisor's end")
    await until(lambda: not any(process.is_running() and process.status() != "zombie" for process in lost), "their end")
    shutil.rmtree(house.var)


async def _gridline(house: Installation, *arguments: str) -> tuple[int, str]:
    """The command as its owner runs it: its exit code, and what it says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from service.cli import main; main()", *arguments),
        env=os.environ | {"GRIDLINE_SETTINGS": str(house.file), "PYTHONPATH": str(HOUSE)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()
