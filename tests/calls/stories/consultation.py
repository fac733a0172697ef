"""How to connect: the passport of the caller's own case, part by part, and where they go on from there."""

from __future__ import annotations

from carrier.errors import StoryBroken
from carrier.stories import store
from carrier.stories.scene import Caller
from grid.reference.passports import Passport, Passports, PowerBand, WhoConnects
from gridline.settings import HOUSE
from ivr.actions.reference.connection_consultation import parts
from ivr.journal.models import CallConsultation
from ivr.voice.prompts import Phrase
from tests.calls.looked_up import ended, item_of
from tests.calls.stories import BOOK, DISTRESS
from tests.calls.stories.complaint import asks_for, tells
from tests.calls.stories.connection import talks
from tests.calls.street import Play, goes
from worklist.codes import ItemKind

TO_QUESTIONS: tuple[Phrase, ...] = ("3", "connection-menu", "2", "consult-applicant")
FIFTEEN = (*TO_QUESTIONS, "1", "consult-power", "1", "consult-skip")
PASSPORTS = Passports.load(HOUSE / "dialplan" / "passports", ["skek", "pskovenergo", "moesk"])


def passport(company: str, who: WhoConnects = WhoConnects.PERSON, power: PowerBand = PowerBand.TO_15) -> Passport:
    return PASSPORTS.of(company).of(who, power)


async def skips(caller: Caller, told: Passport, menu: Phrase) -> None:
    """From its first part on, each is cut short by a key; then its end."""
    for first, *_ in list(parts(told))[1:]:
        await goes(caller, "#", first)
    await goes(caller, "#", menu)


async def asked(scene: Play, call_id: str, *codes: str) -> None:
    """What the call says they asked."""
    kept = await store.one(scene, CallConsultation, CallConsultation.call_id == call_id)
    if (kept.applicant, kept.power, kept.reason) != codes:
        raise StoryBroken(f"о звонке сохранено {kept.applicant}, {kept.power}, {kept.reason}")


@BOOK.story()
async def every_part_of_a_passport_can_be_skipped_and_the_caller_goes_back(scene: Play) -> None:
    own = "+79131310001"
    async with scene.greeted(own, *FIFTEEN) as caller:
        await skips(caller, passport("skek"), "consult-end-menu")
        await goes(caller, "2", "main-menu")
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("connection-how", "main")
    await asked(scene, call.id, "person", "to-15", "")


@BOOK.story()
async def a_part_is_said_again_and_zero_in_it_is_a_specialist(scene: Play) -> None:
    own = "+79131310002"
    (term, *_), (fee, *_) = list(parts(passport("skek")))[1:3]
    async with scene.greeted(own, *FIFTEEN) as caller:
        await goes(caller, "#", term, "#", fee, "*", fee, "0", "person-connecting")
        await talks(scene, caller, await scene.street.desk.talk_with(own))
        await caller.hangs_up()
    (await ended(scene, own, "talked")).left("connection-how", "operator")


@BOOK.story()
async def another_case_is_asked_anew_and_silence_goes_on(scene: Play) -> None:
    own = "+79131310003"
    big = passport("skek", WhoConnects.BUSINESS, PowerBand.MORE)
    async with scene.greeted(own, *FIFTEEN) as caller:
        await skips(caller, passport("skek"), "consult-end-menu")
        await goes(caller, "1", "consult-applicant", "2", "consult-power", "3", "consult-skip")
        await skips(caller, big, "consult-end-menu")
        await caller.hears("anything-else", within_s=25)
        await caller.hears("goodbye", within_s=25)
        await caller.is_hung_up(within_s=5)
    (await ended(scene, own, "finished")).left("connection-how", "done")


@BOOK.story("moesk")
async def five_steps_take_three_visits(scene: Play) -> None:
    own = "+74952130001"
    told = list(parts(passport("moesk")))
    async with scene.greeted(own, *FIFTEEN) as caller:
        for first, *_ in told[1:4]:
            await goes(caller, "#", first)
        await goes(caller, "#", told[4][0])
        await caller.hears(told[4][1], within_s=20)
        await caller.hangs_up()
    (await ended(scene, own)).left("connection-how", "hung-up")


@BOOK.story("pskovenergo")
async def who_wants_their_contract_accompanied_is_promised_a_call(scene: Play) -> None:
    own = "+78112130001"
    way = (*TO_QUESTIONS, "1", "consult-power", "1", "consult-reason", "2", "consult-skip")
    async with scene.greeted(own, *way) as caller:
        await skips(caller, passport("pskovenergo"), "consult-end-menu-lead")
        await goes(caller, "3", asks_for(own))
        await caller.press("1")
        await caller.hears("goodbye", within_s=25)
        await caller.is_hung_up(within_s=5)
    call = await ended(scene, own, "finished")
    call.left("connection-how", "call")
    item = await item_of(scene, call.id, ItemKind.CALLBACK)
    if (item.topic, item.phone) != ("connection", own):
        raise StoryBroken(f"перезвонить {item.phone} о {item.topic}")


@BOOK.story("arhenergo")
async def where_nobody_may_promise_a_call_a_message_is_taken(scene: Play) -> None:
    own = "+78182130002"
    async with scene.greeted(own, *FIFTEEN) as caller:
        await skips(caller, passport("skek"), "consult-end-menu-lead")
        await caller.press("3")
        await caller.hears("message-tell", within_s=30)
        await tells(caller)
        await caller.press("#")
        await store.appeal_of_caller(scene, own)
        await caller.hangs_up()
    (await ended(scene, own)).left("connection-how", "message")


@DISTRESS.story()
async def a_passport_that_cannot_be_said_leads_to_a_person(scene: Play) -> None:
    own = "+79132000031"
    async with scene.call(own) as caller:
        await caller.hears("main-menu", within_s=40)
        await goes(caller, "3", "connection-menu", "2", "consult-applicant", "1", "consult-power")
        await goes(caller, "1", "technical-trouble")
        await caller.hangs_up()
