"""F1, F2 and the dialplan's own mailbox: nobody answers on the FastAGI port, and the caller is served all the same."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from sqlalchemy import select

from appeals.models import Appeal, Content
from carrier.stories.installation import Installation
from carrier.stories.scene import Caller, Scene
from carrier.stories.store import loudness, one, recordings
from ivr.journal.models import CallRecord
from tests.calls.stories.trust import files_with
from tests.faults.conftest import scene_of
from tests.faults.injury import EXECUTED_LOG, black_hole, executed, files, until, without_controller

pytestmark = pytest.mark.asyncio(loop_scope="session")

FALLBACK_S = 0.05
UNREACHABLE_S = 2.2
KILLED_S = 1.0
MAILBOX_S = 2.0
"""The line is never silent for longer; on a free machine it takes 0.3 s."""
WORDS = "Проспект Ленина, дом пятьдесят пять. Во всём подъезде нет света."
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


async def test_the_dialplan_serves_alone_and_what_it_took_is_registered_once(house: Installation, scene: Scene) -> None:
    phones = [house.carrier.agent(name) for name in house.settings.agents]
    async with without_controller(house):
        for phone in phones:
            await phone.unregisters()
        began = time.time()
        known, withheld, brief = "+79131203441", None, "+79131203442"
        async with scene.call(known) as caller, scene.call(withheld) as hidden, scene.call(brief) as short:
            receipt, _, _ = await asyncio.gather(
                _leaves_message(house, caller), _leaves_contact(hidden), _hangs_up_in_his_message(short)
            )
        agi = await executed(house, "AGI", context="line", after=began)
        fallback = await executed(house, "Playback", context="without", after=began, channel=agi.channel)
        print(f"F1: from the AGI attempt to the notice {1000 * (fallback.at - agi.at):.1f} ms")
        assert fallback.at - agi.at < FALLBACK_S
        waiting = files(house.var / "spool", "[0-9]*.json")
        assert len(waiting) == 3
        for phone in phones:
            await phone.registers()
    appeal = await one(scene, Appeal, Appeal.receipt == receipt)
    assert (appeal.company_id, appeal.channel, appeal.topic) == ("skek", "phone", "outages")
    taken = await recordings(scene, str(appeal.call_id), at_least=1)
    assert appeal.recording_id == taken[0].id
    assert loudness(scene, taken[0])[0] > -40
    mailbox = await executed(house, "AGI", context="without", after=began)
    starts_s = taken[0].started_at.timestamp() - mailbox.at
    print(f"the mailbox starts in {1000 * starts_s:.0f} ms, three at once")
    assert starts_s < MAILBOX_S
    call = await one(scene, CallRecord, CallRecord.id == appeal.call_id)
    assert (call.caller, call.outcome, call.dialled) == (known, "message", scene.did)
    assert call.ended_at is not None
    assert call.started_at < call.ended_at
    await until(lambda: not files(house.var / "spool", "[0-9]*.json"), "the spool's end")
    async with house.db.read() as session:
        query = select(Content.phone).join(Appeal, Appeal.id == Content.appeal_id).where(Appeal.receipt.is_not(None))
        phones_of = sorted(str(phone) for phone in await session.scalars(query))
    assert phones_of == ["+79131203441", "+79131203442", "+79131203443"], "each message is one appeal"


async def test_one_in_the_queue_without_a_controller_is_a_message_and_no_empty_promise(
    house: Installation, scene: Scene
) -> None:
    """app_queue has the key whoever put the caller there: with nobody to store a call back, their words are kept."""
    phone = house.carrier.agent(house.settings.agents[0])
    phone.does_not_answer()
    async with without_controller(house):
        async with scene.call("+79131203443") as caller:
            await caller.hears("notice", whole=True)
            await phone.rung(within_s=20)
            await caller.press("1")
            await caller.hears("emergency-message", within_s=10)
            await caller.hears("beep")
            await caller.says(WORDS)
            await caller.press("#")
            await caller.hears("emergency-receipt")
            await caller.hangs_up()
        (kept,) = [json.loads(file.read_text()) for file in files(house.var / "spool", "[0-9]*.json")]
    assert kept["intake"]["phone"] == "+79131203443"
    await one(scene, Appeal, Appeal.receipt == kept["receipt"])


async def test_the_trust_line_knows_nobody_and_keeps_nothing_without_a_controller(house: Installation) -> None:
    scene, own = scene_of(house, "moesk"), "+79261234790"
    line = house.companies.by_id("moesk").trust_line
    assert line is not None
    phones = [house.carrier.agent(name) for name in house.settings.agents]
    recorded = set(files(house.var / "recordings/incoming", "*"))
    billed = house.var / "asterisk/var/log/cdr-csv/Master.csv"
    before = billed.read_text().count("\n") if billed.exists() else 0
    async with without_controller(house):
        for phone in phones:
            await phone.unregisters()
        async with scene.call(own, did=line.did) as caller:
            await caller.hears("trust-without", within_s=20)
            await caller.hears("goodbye", within_s=60)
            await caller.is_hung_up(10)
        for phone in phones:
            await phone.registers()
        assert files(house.var / "spool", "[0-9]*.json") == []
        assert set(files(house.var / "recordings/incoming", "*")) == recorded
        await until(lambda: billed.exists() and billed.read_text().count("\n") > before, "the call's record")
        assert line.did in (house.var / "asterisk/var/log/cel-custom/cel.csv").read_text()
        held = files_with(house.var, own[-10:])
        assert [file for file in held if not file.endswith(EXECUTED_LOG)] == [], "that log is these tests' own"


async def test_whom_nobody_knows_is_not_offered_a_call_back_while_they_wait(house: Installation) -> None:
    scene, line = scene_of(house, "moesk"), house.companies.by_id("moesk").trust_line
    assert line is not None
    first, *others = [house.carrier.agent(name) for name in house.settings.agents]
    for phone in others:
        await phone.unregisters()
    first.answers(after_s=0.2)
    async with without_controller(house), scene.call("+79261234791", did=line.did):
        await first.answered(within_s=60)  # the only agent talks: app_queue says nothing to whom it rings somebody for
        async with scene.call("+79261234792", did=line.did) as caller:
            await caller.hears("trust-without", within_s=20)
            await caller.hears("still-waiting-nameless", within_s=90)
            assert not caller.leg.heard(await house.voice.render(["still-waiting"], "moesk"))
            await caller.hangs_up()
    for phone in others:
        await phone.registers()


async def _leaves_message(house: Installation, caller: Caller) -> str:
    """Says what happened and writes the receipt down, which is said twice, digit by digit."""
    notice = await caller.hears("notice", whole=True)
    print(f"F1: the caller hears the notice {1000 * notice.at_s:.0f} ms after the answer")
    await caller.hears("emergency-message")
    await caller.hears("beep")
    await caller.says(WORDS)
    await caller.press("#")
    await caller.hears("emergency-receipt")
    told = [json.loads(file.read_text()) for file in files(house.var / "spool", "[0-9]*.json")]
    [receipt] = [one["receipt"] for one in told if one["intake"]["phone"] == "+79131203441"]
    for _ in range(2):
        for digit in receipt:
            await caller.hears(f"digit-{DIGITS[int(digit)]}", within_s=5)
    await caller.hears("goodbye")
    await caller.is_hung_up(10)
    return str(receipt)


async def _leaves_contact(caller: Caller) -> None:
    """Withholds his number, so he is asked for one: without it no appeal could be registered."""
    await caller.hears("emergency-message", within_s=20)
    await caller.hears("beep")
    await caller.says("На улице Весенней искрит провод.")
    await caller.press("#")
    await caller.hears("contact-enter")
    await caller.press("9131203443#")
    await caller.hears("emergency-receipt")
    await caller.hangs_up()


async def _hangs_up_in_his_message(caller: Caller) -> None:
    await caller.hears("emergency-message", within_s=20)
    await caller.hears("beep")
    await caller.says("На улице Кирова упал столб.")
    await caller.hangs_up()


async def test_an_unreachable_controller_is_given_up_in_time(house: Installation, scene: Scene) -> None:
    async with without_controller(house):
        with black_hole(house.settings.agi_port):
            began = time.time()
            async with scene.call("+79131203445") as caller:
                notice = await caller.hears("notice", within_s=10)
                await caller.hangs_up()
            agi = await executed(house, "AGI", context="line", after=began)
            fallback = await executed(house, "Playback", context="without", after=began)
    print(f"F2: unreachable for {fallback.at - agi.at:.3f} s; the caller hears the notice after {notice.at_s:.2f} s")
    assert 1.5 < fallback.at - agi.at < UNREACHABLE_S


async def test_killed_in_mid_prompt_a_person_takes_over(house: Installation, scene: Scene) -> None:
    async with scene.call("+79131203446") as caller:
        await caller.hears("notice", whole=True)
        await caller.hears("main-menu")
        killed = time.time()
        async with without_controller(house):
            queued = await executed(house, "Queue", context="without", after=killed)
            assert len(caller.leg.heard(await house.voice.render(["notice"], "skek"))) == 1
        print(f"F3: from kill -9 in mid-prompt to the queue {1000 * (queued.at - killed):.0f} ms")
        assert queued.at - killed < KILLED_S
        await caller.hangs_up()
