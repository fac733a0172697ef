"""«Чтобы мы перезвонили, нажмите один»: with the wait, in the queue, after it, by a message; said once it is stored."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from appeals.codes import PromiseKind
from appeals.models import Promise
from carrier.errors import StoryBroken
from carrier.phone import AgentPhone
from carrier.stories import store
from carrier.stories.scene import Caller
from ivr.desk.models import QueueVisit
from ivr.voice import spoken
from ivr.voice.prompts import Prompt
from tests.calls.looked_up import appeal_of, ended, nothing_left
from tests.calls.stories import BOOK
from tests.calls.stories.complaint import number_told, tells
from tests.calls.street import Play, goes
from worklist.codes import ItemKind
from worklist.models import WorkItem

OTHER = "9131700099"
CALLBACK = Promise.kind == PromiseKind.CALLBACK


@asynccontextmanager
async def rings_in_vain(phone: AgentPhone) -> AsyncIterator[None]:
    """During the block this telephone rings and is not answered."""
    await phone.registers()
    phone.does_not_answer()
    try:
        yield
    finally:
        await phone.unregisters()


async def owed(scene: Play, phone: str) -> WorkItem:
    """The call this number is owed."""
    return await store.one(scene, WorkItem, WorkItem.phone == phone, WorkItem.kind == ItemKind.CALLBACK)


def until(scene: Play, item: WorkItem, prompt: str = "callback-promised") -> Prompt:
    """What is said of a stored promise."""
    return Prompt(prompt, until=spoken.until_moment(item.due_at, item.made_at, scene.zone))


async def confirms(scene: Play, caller: Caller, own: str) -> WorkItem:
    """They confirm the number they call from, and hear until when; the item was there before the words."""
    await caller.hears(Prompt("complaint-contact", phone=spoken.phone(own)), within_s=20)
    await caller.press("1")
    item = await owed(scene, own)
    await caller.hears(until(scene, item), within_s=15)
    return item


@BOOK.story()
async def one_where_nobody_is_there_is_a_call_back_and_the_second_wish_keeps_the_first_clock(scene: Play) -> None:
    own = "+79131700001"
    async with scene.greeted(own, "0", "person-nobody") as caller:
        await caller.hears("nobody-menu", within_s=20)
        await caller.press("1")
        item = await confirms(scene, caller, own)
        await caller.hears("goodbye", within_s=15)
        await caller.is_hung_up(within_s=5)
    call = await ended(scene, own, "finished")
    call.left("operator", "callback")
    call.left("call-back", "done")
    await nothing_left(scene, call.id)
    if (item.call_id, item.due_at - item.made_at) != (call.id, timedelta(hours=4)):
        raise StoryBroken(f"дело {item.call_id}, срок {item.due_at - item.made_at}")
    async with scene.greeted(own, "0", "person-nobody") as caller:
        await caller.hears("nobody-menu", within_s=20)
        await caller.press("1")
        await caller.hears(Prompt("complaint-contact", phone=spoken.phone(own)), within_s=20)
        await goes(caller, "1", until(scene, item, "callback-promised-already"))
        await caller.hangs_up()
    again = await owed(scene, own)
    if (again.id, again.due_at, again.weight) != (item.id, item.due_at, 2):
        raise StoryBroken(f"второе желание: дело {again.id}, срок {again.due_at}, обращений {again.weight}")


@BOOK.story("mrsk-centra")
async def one_in_the_queue_leaves_it_and_the_place_is_the_first_clock(scene: Play) -> None:
    own = "+79131700002"
    dispatcher = scene.street.dispatcher
    async with (
        scene.street.dispatcher_free,
        rings_in_vain(dispatcher),
        scene.greeted(own, "0", "person-connecting") as caller,
    ):
        await dispatcher.rung(within_s=20)
        await caller.press("1")
        item = await confirms(scene, caller, own)
        await caller.hears("goodbye", within_s=15)
        await caller.is_hung_up(within_s=5)
    call = await ended(scene, own, "finished")
    call.left("operator", "callback")
    visit = await store.one(scene, QueueVisit, QueueVisit.call_id == call.id)
    if not item.made_at <= visit.entered_at <= visit.left_at:
        raise StoryBroken(f"первый срок {item.made_at}, в очереди с {visit.entered_at} по {visit.left_at}")


@BOOK.story("mrsk-centra")
async def nobody_has_answered_so_they_are_called_back_on_another_number(scene: Play) -> None:
    own = "+79131700003"
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
        await goes(caller, "1", Prompt("complaint-contact", phone=spoken.phone(own)), "2", "contact-enter")
        await goes(caller, f"{OTHER}#", Prompt("contact-confirm", phone=spoken.phone(f"+7{OTHER}")))
        await caller.press("1")
        item = await owed(scene, f"+7{OTHER}")
        await caller.hears(until(scene, item), within_s=15)
        await caller.hangs_up()
    (await ended(scene, own)).left("operator", "callback")


@BOOK.story()
async def who_cannot_say_a_number_gets_a_person(scene: Play) -> None:
    async with scene.greeted(None, "0", "person-nobody") as caller:
        await caller.hears("nobody-menu", within_s=20)
        await goes(caller, "1", "contact-enter", "0", "person-nobody")
        await caller.hangs_up()
    (await ended(scene, None)).left("call-back", "operator")


@BOOK.story()
async def a_call_back_about_a_message_is_the_registers_promise_too(scene: Play) -> None:
    own = "+79131700004"
    async with scene.greeted(own, "0", "person-nobody", "2", "message-tell") as caller:
        await tells(caller)
        await caller.press("#")
        appeal = await store.appeal_of_caller(scene, own)
        await caller.hears(number_told(scene, appeal, "message-registered"))
        await caller.hears("message-offer", within_s=40)
        await goes(caller, "2", "callback-by-message")
        await caller.press("1")
        item = await owed(scene, own)
        await caller.hears(until(scene, item), within_s=15)
        await caller.hears("goodbye", within_s=15)
        await caller.is_hung_up(within_s=5)
    call = await ended(scene, own, "finished")
    promise = await store.one(scene, Promise, Promise.appeal_id == (await appeal_of(scene, call.id)).id, CALLBACK)
    found = (item.appeal_id, item.promise_id, item.due_at, item.recording_id)
    if found != (appeal.id, promise.id, promise.due_at, appeal.recording_id):
        raise StoryBroken(f"дело: {found}")
