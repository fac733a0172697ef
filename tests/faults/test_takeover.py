"""F2 and F3 with a second controller: it goes on where the first one left the caller, and he does not notice."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from carrier.settings import free_port
from carrier.stories import store
from carrier.stories.installation import Installation
from carrier.stories.store import ended_call
from ivr.journal.models import CallRecord
from tests.faults.conftest import NewHouse, scene_of
from tests.faults.injury import Executed, black_hole, executions, second_controller, until, without_controller

pytestmark = pytest.mark.asyncio(loop_scope="session")

TAKEN_OVER_S = 1.0
UNREACHABLE_S = 2.2


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def pair(new_house: NewHouse, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installation]:
    """An installation whose dialplan knows a second controller, which runs."""
    port = free_port()
    house = await new_house("pair", agi_second_address=f"127.0.0.1:{port}")
    folder: Path = tmp_path_factory.mktemp("second")
    async with second_controller(house, folder, port):
        yield house


async def test_killed_in_mid_prompt_another_controller_goes_on_at_the_same_place(pair: Installation) -> None:
    scene = scene_of(pair)
    async with scene.call("+79131203451") as caller:
        await caller.hears("notice", whole=True)
        await caller.hears("main-menu")
        await caller.press("5")
        await caller.hears("complaint-menu")
        killed = time.time()
        async with without_controller(pair):
            *_, resumed = await resumptions(pair, killed)
            print(f"F3: from kill -9 to the second controller {1000 * (resumed.at - killed):.0f} ms")
            assert resumed.at - killed < TAKEN_OVER_S
            await caller.hears("complaint-menu", within_s=TAKEN_OVER_S)
            await caller.press("2")
            await caller.hears("status-enter")
            assert len(caller.leg.heard(await pair.voice.render(["notice"], "skek"))) == 1
            await caller.hangs_up()
            call = await ended_call(scene)
    assert call.outcome == "hung-up"
    assert call.steps >= 4, "both controllers wrote into one record"


async def test_whoever_chose_danger_is_still_in_danger_to_another_controller(pair: Installation) -> None:
    async with scene_of(pair).call("+79131203453") as caller:
        await caller.hears("notice", whole=True)
        await caller.hears("main-menu")
        await caller.press("1")
        await caller.hears("danger-safety")
        killed = time.time()
        async with without_controller(pair):
            *_, resumed = await resumptions(pair, killed)
            assert resumed.arguments.endswith("/1/"), "the dialplan hands it on"
            await caller.hears("danger-safety", within_s=TAKEN_OVER_S)
            await caller.hangs_up()


async def test_whoever_told_the_trust_line_something_is_nobody_to_another_controller(pair: Installation) -> None:
    scene = scene_of(pair)
    async with scene.call("+79131203454") as caller:
        await caller.hears("notice", whole=True)
        await caller.hears("main-menu")
        for key, prompt in (("5", "complaint-menu"), ("3", "theft-how"), ("2", "theft-tell-anonymous")):
            await caller.press(key)
            await caller.hears(prompt)
        killed = time.time()
        async with without_controller(pair):
            *_, resumed = await resumptions(pair, killed)
            assert resumed.arguments.endswith("/1"), "the dialplan hands it on"
            await caller.hears("theft-how", within_s=TAKEN_OVER_S)
            await caller.hangs_up()
            call = await ended_call(scene)
    record = await store.one(scene, CallRecord, CallRecord.id == call.id)
    assert (record.caller, record.caller_raw) == (None, "")


async def resumptions(house: Installation, after: float) -> list[Executed]:
    """The attempts to hand the call on: to the first address, then to the second."""

    def look() -> list[Executed]:
        tried = [one for one in executions(house, after=after) if one.app == "AGI" and "/resume" in one.arguments]
        return tried if len(tried) == 2 else []

    return await until(look, "both addresses")


async def test_an_unreachable_controller_is_replaced_in_time(pair: Installation) -> None:
    scene = scene_of(pair)
    async with without_controller(pair):
        with black_hole(pair.settings.agi_port):
            began = time.time()
            async with scene.call("+79131203452") as caller:
                await caller.hears("notice", within_s=10, whole=True)
                await caller.hears("main-menu")
                await caller.hangs_up()
        first, second = [one for one in executions(pair, after=began) if one.app == "AGI"]
    print(f"F2: the second controller is asked after {second.at - first.at:.3f} s")
    assert second.arguments.startswith(f"agi://{pair.settings.agi_second_address}/resume")
    assert 1.5 < second.at - first.at < UNREACHABLE_S
