"""A person: hours, nobody there, an agent who goes away; then a message that becomes an appeal."""

from __future__ import annotations

from datetime import timedelta

from carrier.errors import StoryBroken
from carrier.stories import store
from gridline.calendar.workdays import ProductionCalendar
from recordings.models import RecordingKind
from tests.calls.looked_up import draft_of, ended, nothing_left, recorded
from tests.calls.stories import BOOK
from tests.calls.stories.callback import owed, rings_in_vain, until
from tests.calls.stories.complaint import asks_for, number_told, tells
from tests.calls.street import CHANGED, Play, goes

WATER = ("2", "power-service", "2", "water-menu", "2", "person-closed")


@BOOK.story()
async def out_of_hours_a_message_becomes_an_appeal(scene: Play) -> None:
    own = "+79131500001"
    async with scene.greeted(own, *WATER) as caller:
        await caller.hears("person-hotline-open", within_s=20)
        await caller.hears("closed-menu", within_s=15)
        await goes(caller, "2", "message-tell")
        await tells(caller)
        await caller.press("#")
        appeal = await store.appeal_of_caller(scene, own)
        await caller.hears(number_told(scene, appeal))
        await goes(caller, "2", "complaint-number-again", "1", "main-menu")
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("consult-water", "closed")
    call.left("message-water", "main")
    if (appeal.topic, appeal.kind) != ("water", "appeal"):
        raise StoryBroken(f"зарегистрировано {appeal.kind} о {appeal.topic}")
    await recorded(scene, call, RecordingKind.MESSAGE, RecordingKind.CONSENT)


@BOOK.story()
async def who_leaves_no_words_is_bidden_goodbye(scene: Play) -> None:
    own = "+79131500002"
    async with scene.greeted(own, *WATER) as caller:
        await caller.hears("closed-menu", within_s=25)
        await goes(caller, "2", "message-tell")
        await caller.hears("complaint-empty", within_s=20)
        await caller.hears("goodbye", within_s=30)
        await caller.is_hung_up(within_s=5)
    call = await ended(scene, own, "finished")
    call.left("closed-water", "pressed")
    call.left("message-water", "silent")
    await nothing_left(scene, call.id)


@BOOK.story()
async def zero_instead_of_a_message_is_the_hotline(scene: Play) -> None:
    own = "+79131500003"
    async with scene.greeted(own, *WATER) as caller:
        await caller.hears("closed-menu", within_s=25)
        await caller.press("2")
        await caller.hears("beep", within_s=40)
        await goes(caller, "0", "person-nobody", "2", "message-tell")
        await tells(caller)
        await caller.hangs_up()
    call = await ended(scene, own)
    for place, exit in (("message-water", "operator"), ("operator", "unanswered"), ("message", "hung-up")):
        call.left(place, exit)
    await draft_of(scene, call.id, "message")


@BOOK.story()
async def out_of_hours_zero_is_the_line_that_is_open(scene: Play) -> None:
    own = "+79131500005"
    async with scene.greeted(own, *WATER) as caller:
        await caller.hears("closed-menu", within_s=25)
        await goes(caller, "0", "person-nobody")
        await caller.hangs_up()
    (await ended(scene, own)).left("closed-water", "pressed")


@BOOK.story(CHANGED)
async def a_message_without_a_telephone_is_kept_for_a_person(scene: Play) -> None:
    async with scene.greeted(None, "0", "person-nobody", "2", "message-tell") as caller:
        await tells(caller)
        await goes(caller, "#", "contact-enter")
        for keyed in ("5#", "87012345678#"):  # no number, and one abroad: Kazakhstan's begins with +7 too
            await goes(caller, keyed, "contact-not-taken")
        await goes(caller, "5#", "person-after-tries")
        await caller.hears("message-kept", within_s=15)
        await caller.hears("goodbye", within_s=15)
        await caller.is_hung_up(within_s=5)
    call = await ended(scene, None, "finished")
    call.left("message", "done")
    await draft_of(scene, call.id, "contact")
    await recorded(scene, call, RecordingKind.MESSAGE)


@BOOK.story("mrsk-centra")
async def an_agent_who_goes_away_while_it_rings(scene: Play) -> None:
    own = "+79131500004"
    dispatcher = scene.street.dispatcher
    async with scene.street.dispatcher_free:
        await dispatcher.registers()
        dispatcher.does_not_answer()
        async with scene.greeted(own, "0", "person-connecting") as caller:
            await dispatcher.rung(within_s=20)
            await dispatcher.unregisters()
            await caller.hears("person-did-not-answer", within_s=40)
            await caller.hears("unanswered-menu", within_s=10)
            await goes(caller, "2", "message-tell")
            await tells(caller)
            await caller.press("#")
            appeal = await store.appeal_of_caller(scene, own)
            await caller.hears(number_told(scene, appeal, "message-registered"))
            await caller.hangs_up()
    call = await ended(scene, own)
    call.left("operator", "unanswered")
    await recorded(scene, call, RecordingKind.MESSAGE, RecordingKind.CONSENT)


@BOOK.story()
async def out_of_hours_a_call_back_is_promised_for_the_morning(scene: Play) -> None:
    own = "+79131500006"
    async with scene.greeted(own, *WATER) as caller:
        await caller.hears("closed-menu", within_s=25)
        await goes(caller, "1", asks_for(own))
        await caller.press("1")
        item = await owed(scene, own)
        await caller.hears(until(scene, item), within_s=15)
        await caller.hears("goodbye", within_s=15)
        await caller.is_hung_up(within_s=5)
    call = await ended(scene, own, "finished")
    call.left("call-back", "done")
    opens = scene.house.companies.by_id("skek").opens_at("water", item.made_at, ProductionCalendar())
    if opens is None or (item.topic, item.next_at, item.due_at) != ("water", opens, opens + timedelta(hours=4)):
        raise StoryBroken(f"откроются {opens}, обещано {item.due_at}, дело о {item.topic}")


@BOOK.story()
async def where_nobody_is_the_tone_comes_only_after_the_choice_was_said_twice(scene: Play) -> None:
    own = "+79131500007"
    async with scene.greeted(own, "0", "person-nobody") as caller:
        await caller.hears("nobody-menu", within_s=15)
        await caller.hears("nobody-menu", within_s=15)
        await caller.hears("message-tell", within_s=15)
        await caller.hangs_up()
    (await ended(scene, own)).left("operator", "unanswered")


@BOOK.story("mrsk-centra")
async def who_would_rather_wait_is_in_the_queue_again(scene: Play) -> None:
    own = "+79131500008"
    dispatcher = scene.street.dispatcher
    async with (
        scene.street.dispatcher_free,
        rings_in_vain(dispatcher),
        scene.greeted(own, "0", "person-connecting") as caller,
    ):
        await dispatcher.rung(within_s=20)
        await dispatcher.unregisters()
        await caller.hears("person-did-not-answer", within_s=40)
        await caller.hears("unanswered-menu", within_s=10)
        await goes(caller, "0", "person-did-not-answer")
        await caller.hangs_up()
    call = await ended(scene, own)
    if call.said.count("person-did-not-answer") != 2:
        raise StoryBroken(f"сказано: {call.said}")
