"""A technician called out to a meter: the address, a half-day, the number, and the item of the worklist behind it."""

from __future__ import annotations

from datetime import datetime

from appeals import numbering
from appeals.models import Appeal
from carrier.errors import StoryBroken
from carrier.stories import store
from grid.call_outs.models import MeterVisit
from grid.call_outs.seats import Slot, offered
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SystemClock
from gridline.numbers.phones import e164
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt
from tests.calls.looked_up import ended, item_of
from tests.calls.stories import BOOK, DISTRESS
from tests.calls.stories.complaint import tells
from tests.calls.stories.power import confirm
from tests.calls.street import Play, goes
from worklist.codes import ItemKind

TO_METERING: tuple[Phrase, ...] = ("4", "reference-menu", "1", "metering-menu")
ADDRESS = "г. Кемерово, ул. Ясная, д. 18"
HOME = confirm(ADDRESS)


def when(scene: Play, slot: Slot) -> str:
    company = scene.house.companies.by_id(scene.company)
    begins, ends = slot.span(company)
    return spoken.period(begins, ends, datetime.now(company.zone), company.zone)


def slots(scene: Play) -> list[Slot]:
    company = scene.house.companies.by_id(scene.company)
    return list(offered(company, SystemClock().now(), ProductionCalendar()))


def booked(scene: Play, slot: Slot, appeal: Appeal, prompt: str = "call-out-booked") -> Prompt:
    number = spoken.digit_by_digit(numbering.written(appeal.number))
    return Prompt(prompt, when=when(scene, slot), number=number)


def asked_back(scene: Play, slot: Slot) -> Prompt:
    return Prompt("call-out-confirm", when=when(scene, slot), address=spoken.address(ADDRESS))


@BOOK.story()
async def a_technician_comes_on_the_half_day_that_was_chosen(scene: Play) -> None:
    own = "+79131000181"
    third, second = slots(scene)[4], slots(scene)[1]
    async with scene.greeted(own, *TO_METERING, "2", HOME, "1", "call-out-when") as caller:
        await goes(caller, "9", "call-out-when", "2", asked_back(scene, third), "2", "call-out-when")
        await goes(caller, "2", asked_back(scene, second))
        await caller.press("1")
        appeal = await store.appeal_of_caller(scene, own)
        await caller.hears(booked(scene, second, appeal), within_s=30)
        await goes(caller, "2", "complaint-number-again", "1", "main-menu")
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("metering", "main")
    if (appeal.kind, appeal.topic) != ("request", "metering"):
        raise StoryBroken(f"зарегистрировано {appeal.kind} о {appeal.topic}")
    item = await item_of(scene, call.id, ItemKind.CALL_OUT)
    visit = await store.one(scene, MeterVisit, MeterVisit.id == item.subject_id)
    async with scene.greeted("+79131000187", *TO_METERING, "2", HOME) as other:  # who lives there too asks for the same
        await goes(other, "1", booked(scene, second, appeal, "call-out-already"))
        await other.hangs_up()
    if (visit.day, visit.half, item.phone, item.appeal_id) != (second.day, second.half, e164(own), appeal.id):
        raise StoryBroken(f"выезд {visit.day} {visit.half}, телефон {item.phone}")


@BOOK.story()
async def who_says_no_more_after_the_number_is_bidden_goodbye(scene: Play) -> None:
    own = "+79131000182"
    slot = slots(scene)[2]
    async with scene.greeted(own, *TO_METERING, "3", HOME, "1", "call-out-when") as caller:
        await goes(caller, "3", asked_back(scene, slot))
        await caller.press("1")
        await caller.hears("message-offer", within_s=60)
        await caller.hears("complaint-number-again", within_s=40)
        await caller.hears("anything-else", within_s=25)
        await caller.hangs_up()
    (await ended(scene, own)).left("metering", "done")


@BOOK.story()
async def an_address_that_nobody_knows_is_said_in_a_message(scene: Play) -> None:
    own = "+79131810183"
    async with scene.greeted(own, *TO_METERING, "1", "premise-unknown-caller") as caller:
        await caller.press("3")
        await caller.hears("message-tell", within_s=25)
        await tells(caller)
        await caller.press("#")
        await store.appeal_of_caller(scene, own)
        await caller.hangs_up()
    (await ended(scene, own)).left("metering", "message")


@BOOK.story()
async def zero_in_the_question_of_the_day_is_a_person(scene: Play) -> None:
    own = "+79131000184"
    async with scene.greeted(own, *TO_METERING, "1", HOME, "1", "call-out-when") as caller:
        await goes(caller, "0", "person-connecting")
        await caller.hangs_up()
    (await ended(scene, own)).left("metering", "operator")


@BOOK.story("moesk")
async def where_no_visits_are_booked_a_person_takes_the_request(scene: Play) -> None:
    own = "+74952130185"
    async with scene.greeted(own, "4", "reference-menu", "1", "metering-info") as caller:
        await goes(caller, "0", "person-nobody")
        await caller.hangs_up()
    (await ended(scene, own)).left("metering", "person")


@DISTRESS.story()
async def a_visit_that_cannot_be_looked_up_leads_to_a_person(scene: Play) -> None:
    async with scene.call("+79132000032") as caller:
        await caller.hears("main-menu", within_s=40)
        await goes(caller, "4", "reference-menu", "1", "metering-menu", "1", "technical-trouble")
        await caller.hangs_up()
