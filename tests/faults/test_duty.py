"""Dangers that nobody has taken ring the duty telephones: silent ones, machines, busy ones, a full trunk, a kill."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio
import yaml
from sqlalchemy import select

from appeals.models import Appeal
from asterisk_conf.packages import PackageRoot
from carrier.errors import CallOver, NotRung
from carrier.leg import Leg
from carrier.phone import BUSY, NO_SUCH_NUMBER, Phone
from carrier.stories.installation import Installation
from carrier.stories.scene import speech
from gridline.clock import SystemClock
from gridline.db import new_id
from gridline.settings import HOUSE
from ivr.outbound.duty import CUT_OFF, TAKEN
from ivr.outbound.models import CallOutRecord
from tests.faults.conftest import made, scene_of
from tests.faults.injury import tell_executions, until_known
from worklist import clocks
from worklist.codes import AttemptResult, Ending, ItemKind
from worklist.models import WorkAttempt, WorkItem
from worklist.worklist import Matter, Worklist

pytestmark = pytest.mark.asyncio(loop_scope="session")

DUTY = {"duty_after_s": 1, "duty_pause_s": 1, "duty_ring_s": 4, "ring_desk_phones": False}
FULL = 34
"""Q.850: no circuit available."""
PACKAGES = HOUSE / ".packages"
FIRST, SECOND = "+79131209001", "+79131209002"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def duty_house(packages: PackageRoot, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installation]:
    """An installation whose company has two duty telephones."""
    house = made(tmp_path_factory.mktemp("duty"), packages, DUTY)
    file = house.settings.dialplan / "companies/skek.yaml"
    body = yaml.safe_load(file.read_text("utf-8")) | {"duty_phones": [FIRST, SECOND]}
    file.write_text(yaml.safe_dump(body, allow_unicode=True), "utf-8")
    try:
        await house.start()
        await tell_executions(house)
        yield house
    finally:
        await house.stop()


@pytest.fixture
def first(duty_house: Installation) -> Phone:
    return duty_house.carrier.subscriber(FIRST)


@pytest.fixture
def second(duty_house: Installation) -> Phone:
    return duty_house.carrier.subscriber(SECOND)


def worklist_of(house: Installation) -> Worklist:
    """A dispatcher's hand on the items, beside the product's."""
    return Worklist(house.db, SystemClock(), clocks.of_installation(house.settings.dialplan))


async def danger(house: Installation) -> str:
    """A danger of a caller who did not wait: nobody but the duty telephones knows of it."""
    matter = Matter(ItemKind.DANGER, "skek", f"danger:{new_id()}", phone="+79131209100")
    return (await worklist_of(house).open(matter)).id


async def ended(house: Installation, id: str, within_s: float = 90) -> WorkItem:
    async def look() -> WorkItem | None:
        async with house.db.read() as session:
            item = await session.get_one(WorkItem, id)
        return item if item.ended_at else None

    return await until_known(look, "the end of the danger", within_s)


async def attempts(house: Installation, id: str) -> Sequence[WorkAttempt]:
    async with house.db.read() as session:
        query = select(WorkAttempt).where(WorkAttempt.item_id == id).order_by(WorkAttempt.at)
        return (await session.scalars(query)).all()


async def calls(house: Installation, id: str) -> Sequence[CallOutRecord]:
    """Every call about it, once all are over."""

    async def look() -> Sequence[CallOutRecord] | None:
        async with house.db.read() as session:
            query = select(CallOutRecord).where(CallOutRecord.subject_id == id).order_by(CallOutRecord.placed_at)
            found = (await session.scalars(query)).all()
        return found if all(call.ended_at for call in found) else None

    return await until_known(look, "the end of the calls", 10)


async def accepts(house: Installation, phone: Phone, within_s: float = 60, *, greeting: str = "") -> Leg:
    """A person answers, perhaps with the name of their post, and presses 1 as soon as they know what it is about."""
    leg = await phone.answered(within_s)
    await phone.rung(1)
    if greeting:
        await leg.speak(await speech(greeting, "aleksandr", house.var, house.settings.package_root))
    robot = await house.voice.render(["out-robot"], "skek")
    assert (await leg.hears(robot, 5)).at_s < 3.7, "the robot says that it is one within 5 s (R34)"
    await leg.hears(await house.voice.render(["duty-danger-lost"], "skek"), 10)
    await leg.press("1")
    await leg.hears(await house.voice.render(["duty-accepted"], "skek"), 10)
    await leg.waits_for_hangup(20)
    return leg


async def test_a_message_nobody_answered_is_heard_and_accepted_by_a_duty_telephone(
    duty_house: Installation, first: Phone
) -> None:
    """The whole of it: a caller in danger, no dispatcher, their words at the duty telephone, their appeal."""
    house, scene = duty_house, scene_of(duty_house)
    words = await speech("Кемерово, улица Весенняя, провод лежит на детской площадке", "aleksandr", house.var, PACKAGES)
    first.answers(after_s=0.3)
    async with scene.call("+79131209101") as caller:
        await caller.hears("main-menu", within_s=30)
        await caller.press("1")
        await caller.hears("danger-leave-message", within_s=60)
        await caller.hears("beep", within_s=15)
        await caller.leg.speak(words)
        await caller.press("#")
        await caller.hears("danger-message-taken", within_s=10)
        duty = await first.answered(20)
        await first.rung(1)
        await duty.hears(await house.voice.render(["duty-danger"], "skek"), 15)
        await duty.hears(words, 25)
        await duty.press("1")
        await duty.hears(await house.voice.render(["duty-accepted"], "skek"), 10)
        await caller.hangs_up()
    async with house.db.read() as session:
        item = (await session.scalars(select(WorkItem).where(WorkItem.phone == "+79131209101"))).one()
        appeal = await session.get_one(Appeal, item.appeal_id)
    assert (item.ending, item.ended_by) == (Ending.ACCEPTED, f"duty:{FIRST}")
    assert (appeal.call_id, appeal.recording_id) == (item.call_id, item.recording_id)
    assert appeal.disposition == "damaged-object"
    (call,) = await calls(house, item.id)
    assert call.result is AttemptResult.TALKED
    _, figures = await house.http("/metrics")
    assert re.search(r"^gridline_danger_accepted_seconds_count 1\.0$", figures, re.MULTILINE)
    assert re.search(r"^gridline_calls_out_total{.*purpose=\"danger\",result=\"talked\"} 1\.0$", figures, re.MULTILINE)


async def test_every_way_of_not_being_reached_is_told_and_the_next_one_is_rung(
    duty_house: Installation, first: Phone, second: Phone
) -> None:
    """Busy, a full trunk, a number that is none, no answer; in the third round a person, who gives the post's name."""
    first.rejects()
    second.rejects(FULL)
    id = await danger(duty_house)
    await first.rung(20)
    await second.rung(20)
    first.rejects(NO_SUCH_NUMBER)
    second.does_not_answer()
    await first.rung(20)
    await second.rung(20)
    first.answers(after_s=0.3)
    await accepts(duty_house, first, greeting="Диспетчерская, слушаю")
    item = await ended(duty_house, id)
    assert (item.ending, item.ended_by) == (Ending.ACCEPTED, f"duty:{FIRST}")
    results = ("busy", "failed", "failed", "no-answer", "talked")
    phones = (FIRST, SECOND, FIRST, SECOND, FIRST)
    made = await calls(duty_house, id)
    assert [(call.phone, call.result) for call in made] == list(zip(phones, results, strict=True))
    assert [call.cause for call in made[:3]] == [BUSY, FULL, NO_SUCH_NUMBER]
    assert [(tried.actor, tried.result, tried.call_id) for tried in await attempts(duty_house, id)] == [
        (f"duty:{call.phone}", call.result, call.id) for call in made
    ]
    assert made[0].answered_at is None
    last = made[-1]
    assert last.rang_at
    assert last.answered_at
    assert last.ended_at
    assert last.placed_at <= last.rang_at < last.answered_at < last.ended_at
    assert last.key == "1"
    assert [heard["prompts"][0] for heard in last.heard] == ["out-robot", "duty-danger-lost", "duty-accepted"]
    assert last.heard[1]["key"] == "1"


async def test_silence_and_a_machine_take_nothing_over(duty_house: Installation, first: Phone, second: Phone) -> None:
    words = "Вы позвонили в районные электрические сети сейчас никто не может ответить оставьте сообщение"
    greeting = await speech(words, "aleksandr", duty_house.var, duty_house.settings.package_root)
    first.answers(after_s=0.2)
    second.answers(after_s=0.2)
    id = await danger(duty_house)
    machine = await first.answered(20)
    await first.rung(1)
    speaking = asyncio.create_task(machine.speak(greeting))
    await machine.waits_for_hangup(10)
    with pytest.raises(CallOver):
        await speaking
    silent = await second.answered(20)
    await second.rung(1)
    await silent.hears(await duty_house.voice.render(["duty-next"], "skek"), 60)
    await worklist_of(duty_house).end(id, "user:dispatcher", Ending.ACCEPTED)
    assert [call.result for call in await calls(duty_house, id)] == ["machine", "silent"]


async def test_a_dispatcher_who_takes_it_stops_the_ringing(
    duty_house: Installation, first: Phone, second: Phone
) -> None:
    first.does_not_answer()
    id = await danger(duty_house)
    await first.rung(20)
    worklist = worklist_of(duty_house)
    await worklist.take(id, "user:dispatcher")
    began = time.monotonic()
    (call,) = await calls(duty_house, id)
    assert time.monotonic() - began < 3, "it rings for 4 s where nobody takes it"
    assert call.result is None
    (tried,) = await attempts(duty_house, id)
    assert (tried.actor, tried.result, tried.note) == (f"duty:{FIRST}", AttemptResult.NO_ANSWER, TAKEN)
    await worklist.end(id, "user:dispatcher", Ending.ACCEPTED)
    with pytest.raises(NotRung):
        await second.rung(0.1)


async def test_a_controller_killed_in_mid_call_goes_on_with_the_next(
    duty_house: Installation, first: Phone, second: Phone
) -> None:
    first.answers(after_s=0.3)
    second.answers(after_s=0.3)
    id = await danger(duty_house)
    cut_off = await first.answered(20)
    await first.rung(1)
    await cut_off.hears(await duty_house.voice.render(["duty-danger-lost"], "skek"), 20)
    duty_house.controller.kill()
    await cut_off.waits_for_hangup(10)
    await accepts(duty_house, second, within_s=40)
    await ended(duty_house, id)
    left, taken = await calls(duty_house, id)
    assert (left.phone, left.result) == (FIRST, None)
    assert left.ended_at is not None
    assert (taken.phone, taken.result) == (SECOND, AttemptResult.TALKED)
    cut, _ = await attempts(duty_house, id)
    assert (cut.actor, cut.result, cut.note) == (f"duty:{FIRST}", AttemptResult.FAILED, CUT_OFF)
    with pytest.raises(NotRung):
        await first.rung(0.1)
