"""F17, and a database that is locked or frozen: a receipt is spoken, kept on disk, and registered exactly once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from appeals import numbering
from appeals.models import Appeal
from carrier.stories.complaint import tells
from carrier.stories.installation import Installation
from carrier.stories.scene import Caller, Scene
from carrier.stories.store import one, recordings
from ivr.voice import spoken
from ivr.voice.prompts import Prompt
from tests.faults.conftest import NewHouse, scene_of
from tests.faults.injury import files, locked, rows_of_log, until
from tests.postgres import PostgresServer, url_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

LONGEST_SILENCE_S = 3.0
"""The budget of 2 s, and what a loaded machine adds."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def on_postgres(new_house: NewHouse, postgres_server: PostgresServer) -> AsyncIterator[Installation]:
    """An installation with a database server of its own to lose."""
    postgres_server.create("faults", template="gridline_template")
    yield await new_house("postgres", database_url=postgres_server.url("faults"))


@pytest.mark.postgres
async def test_with_the_database_gone_a_receipt_is_spoken_and_registered_once(
    on_postgres: Installation, postgres_server: PostgresServer
) -> None:
    scene = scene_of(on_postgres)
    async with scene.call("+79131203481") as caller, scene.call("+79131203482") as other:
        await asyncio.gather(*(one.hears("main-menu", within_s=25) for one in (caller, other)))
        await asyncio.to_thread(postgres_server.shut)
        try:
            receipt, _ = await asyncio.gather(_complains(on_postgres, caller, "+79131203481"), _gets_a_person(other))
            await caller.press("1")
            await _asks_for(caller, receipt)
            await caller.hears("status-receipt", within_s=5)
        finally:
            await asyncio.to_thread(postgres_server.start)
        await caller.hears("status-end-menu", within_s=10)
        appeal = await one(scene, Appeal, Appeal.receipt == receipt)
        await caller.press("1")
        await caller.hears("status-enter")
        await caller.press(f"{receipt}#")
        number = spoken.digit_by_digit(numbering.written(appeal.number))
        await caller.hears(Prompt("status-number", number=number))
        await caller.hangs_up()
    await until(lambda: not files(on_postgres.var / "spool", "[0-9]*"), "the spool's end")
    async with on_postgres.db.read() as session:
        query = select(func.count()).where(Appeal.recording_id == appeal.recording_id)
        assert await session.scalar(query) == 1
    assert str(appeal.recording_id) in {one.id for one in await recordings(scene, str(appeal.call_id), at_least=2)}
    assert len(rows_of_log(on_postgres, "spool-drained")) == 1
    _, figures = await on_postgres.http("/metrics")
    assert {"gridline_spooled_total 1.0", "gridline_drained_total 1.0"} <= set(figures.splitlines())


@pytest.mark.postgres
async def test_a_frozen_database_does_not_leave_a_caller_in_silence(
    on_postgres: Installation, postgres_server: PostgresServer
) -> None:
    scene = scene_of(on_postgres)
    async with scene.call("+79131203483") as caller:
        await caller.hears("main-menu", within_s=25)
        await asyncio.to_thread(postgres_server.freeze)
        try:
            since_s = caller.leg.now_s
            await _gets_a_person(caller)
        finally:
            await asyncio.to_thread(postgres_server.thaw)
        silence_s = caller.leg.heard_silence_longest_s(since_s)
        print(f"frozen database: the longest silence {silence_s:.1f} s")
        assert silence_s < LONGEST_SILENCE_S
        await caller.hangs_up()


@pytest.mark.postgres
@pytest.mark.usefixtures("postgres_server")
async def test_a_standby_takes_over_and_every_complaint_is_there_once(new_house: NewHouse) -> None:
    primary = PostgresServer()
    primary.create("calls")
    standby = PostgresServer(follows=primary)
    try:
        house = await new_house("failover", database_url=url_of("calls", primary, standby))
        scene = scene_of(house)
        async with scene.call("+79131203485") as caller:
            await caller.hears("main-menu", within_s=25)
            await tells(caller, "+79131203485")
            first = await one(scene, Appeal)
            await caller.hangs_up()
        async with scene.call("+79131203486") as caller:
            await caller.hears("main-menu", within_s=25)
            await asyncio.to_thread(primary.kill)
            receipt = await _complains(house, caller, "+79131203486")
            await asyncio.to_thread(standby.promote)
            second = await one(scene, Appeal, Appeal.receipt == receipt)
            await caller.hangs_up()
        await until(lambda: not files(house.var / "spool", "[0-9]*"), "the spool's end")
        async with house.db.read() as session:
            stored = list(await session.scalars(select(Appeal.number).order_by(Appeal.number)))
        assert stored == [first.number, second.number]
        assert stored == [numbering.number(first.registered_at.year, sequence) for sequence in (1, 2)]
    finally:
        for server in (primary, standby):
            server.stop()


async def test_with_the_database_locked_a_receipt_is_spoken_and_registered_once(
    house: Installation, scene: Scene
) -> None:
    async with scene.call("+79131203484") as caller:
        await caller.hears("main-menu", within_s=25)
        with locked(house.var / "gridline.db"):
            receipt = await _complains(house, caller, "+79131203484")
            await caller.hangs_up()
    appeal = await one(scene, Appeal, Appeal.receipt == receipt)
    await until(lambda: not files(house.var / "spool", "[0-9]*"), "the spool's end")
    async with house.db.read() as session:
        query = select(func.count()).where(Appeal.recording_id == appeal.recording_id)
        assert await session.scalar(query) == 1


async def _complains(house: Installation, caller: Caller, phone: str) -> str:
    """A complaint in their own words; the receipt they are told."""
    await tells(caller, phone)
    [file] = await until(lambda: files(house.var / "spool", "[0-9]*.json"), "the receipt on disk", 10)
    receipt = str(json.loads(file.read_text())["receipt"])
    await caller.hears(Prompt("complaint-receipt", number=spoken.digit_by_digit(receipt)), within_s=5)
    return receipt


async def _gets_a_person(caller: Caller) -> None:
    """Asks for something that only the database knows."""
    await caller.press("2")
    await caller.hears("power-service")
    await caller.press("1")
    await caller.hears("power-menu")
    await caller.press("1")
    await caller.hears("technical-trouble", within_s=LONGEST_SILENCE_S)
    await caller.hears("person-connecting")


async def _asks_for(caller: Caller, receipt: str) -> None:
    await caller.hears("main-menu")
    await caller.press("5")
    await caller.hears("complaint-menu")
    await caller.press("2")
    await caller.hears("status-enter")
    await caller.press(f"{receipt}#")
