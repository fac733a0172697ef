"""F5: the controller hangs in mid-call: the guard brings the caller back, the watchdog brings a new controller."""

from __future__ import annotations

import asyncio
import time

import pytest

from asterisk_conf.render import GUARD_S
from carrier.stories.installation import Installation
from carrier.stories.scene import Scene
from ivr.line import GUARD_MARGIN_S
from tests.faults.injury import executed, frozen, new_controller, rows_of_log, supervisor, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

SLACK_S = 2.0
KILLED_WITHIN_S = 10.0
MENU_WAIT_S = 5


async def test_the_guard_brings_callers_back_though_nobody_kills_the_controller(
    house: Installation, scene: Scene
) -> None:
    prompt = await house.voice.render(["complaint-menu"], "skek")
    guard_s = int(prompt.seconds + MENU_WAIT_S + GUARD_MARGIN_S) + 1
    began = time.time()
    async with scene.call("+79131203461") as within:
        await within.hears("main-menu", within_s=25)
        mine = (await executed(house, "AGI", context="line", after=began)).channel
        await within.press("5")
        armed = await within.hears("complaint-menu")
        armed_at = time.time() - (within.leg.now_s - armed.at_s)
        with frozen(supervisor(house)), frozen(house.controller):
            dialled_at = time.time()
            async with scene.call("+79131203462") as new:
                notice, queued = await asyncio.gather(
                    new.hears("notice", within_s=GUARD_S + 5),
                    executed(house, "Queue", context="without", after=dialled_at, channel=mine, within_s=guard_s + 5),
                )
                await new.hangs_up()
        print(f"F5: a new caller is taken back after {notice.at_s:.2f} s (guard {GUARD_S} s)")
        print(f"F5: in mid-menu after {queued.at - armed_at:.2f} s (guard {guard_s} s)")
        assert GUARD_S - 0.5 < notice.at_s < GUARD_S + SLACK_S
        assert guard_s - 1 < queued.at - armed_at < guard_s + SLACK_S
        assert len(within.leg.heard(await house.voice.render(["notice"], "skek"))) == 1
        await within.hangs_up()
    await house.healthy(30)


async def test_the_watchdog_kills_it_and_a_new_one_serves(house: Installation, scene: Scene) -> None:
    async with scene.call("+79131203463") as caller:
        await caller.hears("main-menu", within_s=25)
        old, known = house.controller, len(rows_of_log(house, "controller-hung"))
        since = time.time()
        with frozen(old):
            queued = await executed(house, "Queue", context="without", after=since, within_s=KILLED_WITHIN_S + SLACK_S)
            await until(lambda: len(rows_of_log(house, "controller-hung")) > known, "the watchdog", 1)
        print(f"F5: killed, and the caller with a person, {queued.at - since:.2f} s after it hung")
        assert queued.at - since < KILLED_WITHIN_S
        await new_controller(house, old.pid)
        print(f"F5: a new controller serves {time.time() - since:.1f} s after the old one hung")
        await caller.hangs_up()
    begun = len(rows_of_log(house, "call-begins"))
    async with scene.call("+79131203464") as caller:
        await caller.hears("notice")
        mine = "the call in the new controller's hands"
        await until(lambda: len(rows_of_log(house, "call-begins")) > begun, mine, 5)
        await caller.hangs_up()
