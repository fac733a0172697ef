"""F7: the controller is replaced under load without a lost call, and the whole stops in order."""

from __future__ import annotations

import signal
import time
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import func, select

from carrier.errors import CallRefused
from carrier.stories.installation import Installation
from carrier.stories.scene import Scene
from ivr.journal.models import CallRecord
from tests.faults.conftest import NewHouse, scene_of
from tests.faults.injury import executions, new_controller, rows_of_log, supervisor, until, until_known

pytestmark = pytest.mark.asyncio(loop_scope="session")

CALLS = 10
QUEUED = ("Queue", "without")
ORDER = ("refusing-calls", "draining", "controller-stopped", "asterisk-stopped")
REFUSED = 34
"""Q.850 "no circuit": SIP 503."""


async def test_a_controller_is_replaced_under_load_and_no_call_is_lost(new_house: NewHouse) -> None:
    house = await new_house("rolling")
    scene, old, began = scene_of(house), house.controller, time.time()
    numbers = [f"+791312035{10 + number}" for number in range(CALLS)]
    async with AsyncExitStack() as calls:
        callers = []
        for index, number in enumerate(numbers):
            callers.append(await calls.enter_async_context(scene.call(number)))
            if index == CALLS // 2:
                await until(lambda: len(rows_of_log(house, "call-begins")) >= CALLS // 2, "the first half's calls")
                old.send_signal(signal.SIGTERM)
                await until(lambda: rows_of_log(house, "draining"), "the drain")

        async def served() -> tuple[int, int] | None:
            async with house.db.read() as session:
                proved = (CallRecord.caller.in_(numbers), CallRecord.notice_completed.is_(True))
                menu = await session.scalar(select(func.count()).where(*proved)) or 0
            person = len([one for one in executions(house, after=began) if (one.app, one.context) == QUEUED])
            return (menu, person) if menu + person == CALLS else None

        menu, person = await until_known(served, "a menu or a person for everybody", 30)
        lost = [caller.leg.other for caller in callers if caller.leg.ended is not None]
        print(f"F7: {CALLS} calls: {menu} in the menu, {person} with a person, {len(lost)} lost")
        assert not lost
        assert menu >= CALLS // 2, "those who were in the old controller's hands went on there"
    await new_controller(house, old.pid)
    [ended] = rows_of_log(house, "controller-ended")
    assert "code=0" in ended
    await _stops_in_order(house, scene)


async def _stops_in_order(house: Installation, scene: Scene) -> None:
    """SIGTERM to the whole: who is in the menu goes on, who comes now is refused; then all ends with code 0."""
    async with scene.call("+79131203551") as caller:
        await caller.hears("main-menu", within_s=25)
        supervisor(house).send_signal(signal.SIGTERM)
        await until(lambda: rows_of_log(house, "draining")[1:], "the drain")
        with pytest.raises(CallRefused) as refused:
            async with scene.call("+79131203552"):
                pass
        assert refused.value.cause == REFUSED
        await caller.press("5")
        await caller.hears("complaint-menu", within_s=5)
        await caller.hangs_up()
    await until(lambda: house.exit_code is not None, "the end", 20)
    assert house.exit_code == 0
    order = [word for line in house.log().splitlines() for word in ORDER if word in line][-len(ORDER) :]
    assert tuple(order) == ORDER
