"""A controller is killed while callers talk with whom they were sent on to: each call is closed truly, leg by leg."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import select

from agent_console.calls.listening import manifest
from carrier.hearing.sound import Clip
from carrier.stories.installation import Installation
from carrier.stories.scene import Scene
from gridline.scope import Scope
from ivr.journal.models import CallRecord, LegDevice, LegKind
from recordings.models import RecordingState
from tests.console.kept_calls import legs_of, sides, talks_of
from tests.faults.injury import rows_of_log, until_known, without_controller
from tests.faults.talks import CREWS, IGOR, OLGA, taken, talk

pytestmark = pytest.mark.asyncio(loop_scope="session")

CLOSED_S = 60
NEAR_S = 1.0
BORIS, ANNA, CREW = "+79131203660", "+79131203661", "+79131203662"


async def test_two_legs_are_known_whether_the_call_ends_before_the_next_controller_or_after(
    house: Installation, scene: Scene
) -> None:
    """Anna's call ends while there is no controller; Boris, sent on to a crew outside, talks on till there is one."""
    olga, igor = (house.carrier.agent(name) for name in house.settings.agents)
    crew = house.carrier.subscriber(CREW)
    await igor.unregisters()
    for phone in (olga, igor, crew):
        phone.answers(0.2)
    known = len(rows_of_log(house, "Traceback"))
    try:
        async with scene.call(BORIS) as boris, scene.call(ANNA) as anna:
            await (await taken(boris, olga)).sends_on(CREW.replace("+7", "8"))
            outside = await crew.answered(15)
            hers = await taken(anna, olga)
            await igor.registers()
            await hers.sends_on(igor.number)
            sent_on = await igor.answered(15)
            async with without_controller(house):
                await talk(anna, sent_on, IGOR)
                await anna.hangs_up()
                anna_left = time.time()
            started = time.time()
            await talk(boris, outside, CREWS)
            await boris.hangs_up()
            boris_left = time.time()
    finally:
        await igor.registers()
        for phone in (olga, igor):
            phone.does_not_answer()
    calls = [await _closed(house, number) for number in (ANNA, BORIS)]
    print(f"F3: closed {time.time() - started:.0f} s after the new controller, {time.time() - boris_left:.0f} s after")
    assert [call.outcome for call in calls] == ["talked", "talked"]
    await _is_kept(house, calls[0], anna_left, (LegKind.TRANSFER, igor.number, LegDevice.DESK), IGOR)
    await _is_kept(house, calls[1], boris_left, (LegKind.TRANSFER, "", LegDevice.OUTSIDE), CREWS)
    assert len(rows_of_log(house, "Traceback")) == known


async def _closed(house: Installation, caller: str) -> CallRecord:
    async def look() -> CallRecord | None:
        async with house.db.read() as session:
            query = select(CallRecord).where(CallRecord.caller == caller, CallRecord.ended_at.is_not(None))
            return (await session.scalars(query)).one_or_none()

    return await until_known(look, f"the end of the call of {caller}", CLOSED_S)


async def _is_kept(
    house: Installation, call: CallRecord, left: float, sent_on: tuple[LegKind, str, LegDevice], words: Clip
) -> None:
    """Both legs with who and when, a file of each in which both sides are heard, and the manifest that says so."""
    assert call.ended_at is not None
    assert call.ended_at.timestamp() == pytest.approx(left, abs=NEAR_S)
    legs = await legs_of(house, call.id, 2)
    assert [(leg.kind, leg.agent, leg.device) for leg in legs] == [(LegKind.TALK, "101", LegDevice.DESK), sent_on]
    first, second = await talks_of(house, call.id, 2)
    assert {row.state for row in (first, second)} == {RecordingState.STORED}
    for leg, row, said in zip(legs, (first, second), (OLGA, words), strict=True):
        assert abs((row.started_at - leg.began_at).total_seconds()) < NEAR_S
        assert row.ended_at is not None
        assert abs((row.ended_at - leg.ended_at).total_seconds()) < NEAR_S
        assert sides(house, row).both_speak()
        assert sides(house, row).agent_likest(OLGA, words) is said
    async with house.db.read() as session:
        told = await manifest.of_call(session, call, visible_to=Scope("skek"))
    assert [[row.id for row in leg.files] for leg in told.legs] == [[first.id], [second.id]]
