"""Danger: the whole safety text, then ahead of everybody else; if nobody answers, a message that is passed on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import numpy as np

from appeals import numbering
from carrier.errors import StoryBroken
from carrier.leg import Leg
from carrier.phone import AgentPhone
from carrier.stories import store
from carrier.stories.scene import Caller
from carrier.stories.store import appeal_of_caller
from gridline.numbers.phones import e164
from ivr.voice import spoken
from ivr.voice.prompts import Prompt
from recordings.models import RecordingKind
from tests.calls.looked_up import appeal_of, ended, is_queued, item_of, nothing_left, recorded
from tests.calls.stories import BOOK
from tests.calls.stories.complaint import tells
from tests.calls.stories.connection import talks
from tests.calls.street import Play, goes
from worklist.codes import ItemKind


@asynccontextmanager
async def dispatcher_at_work(scene: Play) -> AsyncIterator[AgentPhone]:
    """During the block МРСК's dispatcher is signed on for this story alone, and picks up."""
    phone = scene.street.dispatcher
    async with scene.street.dispatcher_free:
        await phone.registers()
        phone.answers(after_s=0.2)
        try:
            yield phone
        finally:
            phone.does_not_answer()
            await phone.unregisters()


async def _next_is(scene: Play, dispatcher: AgentPhone, number: str) -> Leg:
    """The dispatcher's next talk is with this caller."""
    leg = await dispatcher.answered(within_s=30)
    if e164(leg.other) != number:
        raise StoryBroken(f"диспетчер ответил {leg.other}, а не {number}")
    scene.tell(None, "hears", f"диспетчер ответил {number}")
    return leg


@BOOK.story("mrsk-centra")
async def danger_is_answered_before_those_who_waited_longer(scene: Play) -> None:
    """Five callers, one dispatcher: who talks, two who wait, two in danger; then an estimate from what was measured."""
    talking, first, second, danger, more_danger, later, last = (f"+7913160000{number}" for number in range(1, 8))

    async with dispatcher_at_work(scene) as dispatcher, AsyncExitStack() as calls:

        async def comes(number: str, *way: str | Prompt) -> Caller:
            return await calls.enter_async_context(scene.greeted(number, *way))

        await comes(talking, "0", "person-connecting")
        talk = await _next_is(scene, dispatcher, talking)
        waits = await comes(first, "0", "person-all-busy")
        await waits.hears("person-next", within_s=15)
        await waits.hears("person-estimate-unknown", within_s=15)
        waits = await comes(second, "0", "person-all-busy")
        await waits.hears(Prompt("person-position", ahead="один человек"), within_s=15)
        in_danger = await comes(danger, "1", "danger-safety")
        await in_danger.hears("danger-to-dispatcher", within_s=30)
        await is_queued(scene, danger)
        also = await comes(more_danger, "1", "danger-safety")
        await also.hears("danger-all-busy", within_s=30)
        await is_queued(scene, more_danger)
        for number in (danger, more_danger, first, second):
            await talk.hang_up()
            talk = await _next_is(scene, dispatcher, number)
        await talk.hang_up()
        await comes(later, "0", "person-connecting")
        talk = await _next_is(scene, dispatcher, later)
        waits = await comes(last, "0", "person-all-busy")
        await waits.hears(Prompt("person-estimate", wait=spoken.about(60)), within_s=15)
        await talk.hang_up()
        await _next_is(scene, dispatcher, last)
        await waits.hangs_up()
    for number in (talking, first, second, danger, more_danger, later, last):
        await ended(scene, number, "talked")


@BOOK.story("mrsk-centra")
async def danger_is_heard_out_answered_and_recorded_on_both_sides(scene: Play) -> None:
    own = "+79131600011"
    async with dispatcher_at_work(scene) as dispatcher, scene.greeted(own, "1", "danger-safety") as caller:
        began = caller.leg.now_s
        await caller.press("5")
        heard = await caller.hears("danger-to-dispatcher", within_s=30)
        text = await scene.house.voice.render(["danger-safety"], scene.company)
        if heard.at_s - began < text.seconds - 3:
            raise StoryBroken(f"текст о безопасности длился {heard.at_s - began:.1f} с из {text.seconds:.1f}")
        talk = await _next_is(scene, dispatcher, own)
        await talks(scene, caller, talk)
        await talk.hang_up()
        await caller.is_hung_up(within_s=5)
    call = await ended(scene, own, "talked")
    call.left("danger", "hung-up")
    call.left("danger", "said")  # the safety text, to its end
    (recording,) = await recorded(scene, call, RecordingKind.TALK)
    if not np.isfinite(store.loudness(scene, recording)).all():
        raise StoryBroken(f"одна из сторон не записана: {store.loudness(scene, recording)}")


@BOOK.story()
async def danger_that_nobody_answers_is_told_and_passed_on(scene: Play) -> None:
    own = "+79131600012"
    async with scene.greeted(own, "1", "danger-safety") as caller:
        await caller.hears("danger-to-dispatcher", within_s=30)
        await caller.hears("danger-leave-message", within_s=15)
        await tells(caller)
        await goes(caller, "#", "danger-message-taken")
        appeal = await appeal_of_caller(scene, own)
        written = numbering.written(appeal.number)
        await caller.hears(Prompt("danger-number", number=spoken.digit_by_digit(written)), within_s=15)
        await caller.hears("goodbye", within_s=30)
        await caller.is_hung_up(within_s=5)
    call = await ended(scene, own, "finished")
    call.left("danger", "queued")
    if (appeal.topic, appeal.disposition, appeal.call_id) != ("maintenance", "damaged-object", call.id):
        raise StoryBroken(f"зарегистрировано {appeal.topic}, {appeal.disposition}, звонок {appeal.call_id}")
    item = await item_of(scene, call.id, ItemKind.DANGER)
    (recording,) = await recorded(scene, call, RecordingKind.MESSAGE)
    if (item.appeal_id, item.recording_id, item.phone) != (appeal.id, recording.id, own):
        raise StoryBroken(f"в деле обращение {item.appeal_id}, запись {item.recording_id}, телефон {item.phone}")


@BOOK.story()
async def danger_of_a_hidden_number_is_passed_on_with_its_words(scene: Play) -> None:
    async with scene.greeted(None, "1", "danger-safety") as caller:
        await tells_when_asked(caller)
        await goes(caller, "#", "danger-message-taken")
        await caller.hears("goodbye", within_s=20)
        await caller.is_hung_up(within_s=5)
    call = await ended(scene, None, "finished")
    item = await item_of(scene, call.id, ItemKind.DANGER)
    (recording,) = await recorded(scene, call, RecordingKind.MESSAGE)
    if (item.phone, item.recording_id) != (None, recording.id):
        raise StoryBroken(f"в деле телефон {item.phone}, запись {item.recording_id}")


@BOOK.story()
async def danger_broken_off_in_the_middle_of_the_words_is_passed_on(scene: Play) -> None:
    own = "+79131600015"
    async with scene.greeted(own, "1", "danger-safety") as caller:
        await tells_when_asked(caller)
        await caller.hangs_up()
    call = await ended(scene, own)
    item = await item_of(scene, call.id, ItemKind.DANGER)
    appeal = await appeal_of(scene, call.id)
    if (item.appeal_id, item.recording_id) != (appeal.id, appeal.recording_id):
        raise StoryBroken(f"в деле обращение {item.appeal_id}, запись {item.recording_id}")


@BOOK.story()
async def danger_that_leaves_no_word_is_to_be_called_back(scene: Play) -> None:
    own = "+79131600016"
    async with scene.greeted(own, "1", "danger-safety") as caller:
        await caller.hears("danger-leave-message", within_s=40)
        await caller.hangs_up()
    call = await ended(scene, own)
    item = await item_of(scene, call.id, ItemKind.DANGER)
    if (item.phone, item.recording_id, item.appeal_id) != (own, None, None):
        raise StoryBroken(f"в деле телефон {item.phone}, запись {item.recording_id}, обращение {item.appeal_id}")


@BOOK.story()
async def danger_without_words_goes_to_a_person_again(scene: Play) -> None:
    own = "+79131600013"
    async with scene.greeted(own, "1", "danger-safety") as caller:
        await caller.hears("danger-leave-message", within_s=40)
        await caller.hears("complaint-empty", within_s=20)
        await caller.hears("technical-trouble", within_s=30)
        await caller.hears("person-nobody", within_s=15)
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("danger", "failed")
    await nothing_left(scene, call.id)
    await item_of(scene, call.id, ItemKind.DANGER)  # they asked for help, and may not get through to a person either


@BOOK.story()
async def two_dangers_of_one_caller_are_two_appeals(scene: Play) -> None:
    own = "+79131600014"
    numbers = set()
    for _ in range(2):
        async with scene.noticed(own) as caller:
            await caller.hears("main-menu", within_s=40)
            await goes(caller, "1", "danger-safety")
            await tells_when_asked(caller)
            await caller.press("#")
            await caller.hears("danger-message-taken", within_s=15)
            await caller.hangs_up()
        numbers.add((await appeal_of(scene, (await ended(scene, own)).id)).number)
    if len(numbers) != 2:
        raise StoryBroken(f"обращений {numbers}")


async def tells_when_asked(caller: Caller) -> None:
    """The tone comes after the safety text and the queue."""
    await caller.hears("danger-leave-message", within_s=40)
    await tells(caller)
