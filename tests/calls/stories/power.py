"""No power: the premise by the caller's number or account, what is known about it, a report of a new outage."""

from __future__ import annotations

from carrier.errors import StoryBroken
from carrier.stories import store
from grid.models import OutageReport, Premise
from ivr.voice import spoken
from ivr.voice.prompts import Prompt
from tests.calls.looked_up import ended, nothing_left
from tests.calls.stories import BOOK
from tests.calls.street import Play, goes

DARK, LIGHT = "+79131000001", "+79131000002"
"""Callers whose houses are dark and light; more numbers of the same houses follow."""
POWER = ("2", "power-service", "1", "power-menu")
CAUSE = Prompt("outage-cause", cause="обрыв провода")
PLANNED = "200000007"


def confirm(address: str) -> Prompt:
    """The question after the caller's own address."""
    return Prompt("premise-confirm", address=spoken.address(address))


@BOOK.story()
async def a_known_outage_is_told_before_the_menu_and_by_two_keys(scene: Play) -> None:
    async with scene.noticed(DARK) as caller:
        await caller.hears("known-outage", within_s=20)
        await caller.hears(CAUSE, within_s=15)
        await caller.hears("main-menu", within_s=20)
        await goes(caller, *POWER, "1", confirm("г. Кемерово, ул. Тёмная, д. 1"), "1", CAUSE)
        await caller.press("*")
        await caller.hears(CAUSE, within_s=20)
        await caller.hears("outage-end-menu", within_s=25)
        await caller.hears("anything-else", within_s=30)
        await caller.hears("goodbye", within_s=30)
        await caller.is_hung_up(within_s=5)
    call = await ended(scene, DARK, "finished")
    call.left("matters", "said")
    call.left("power-status", "done")
    call.left("more", "silence")


@BOOK.story()
async def a_key_pressed_while_the_outage_is_told_is_the_menus_key(scene: Play) -> None:
    async with scene.noticed("+79131000021") as caller:
        await caller.hears("known-outage", within_s=20)
        await goes(caller, "2", "power-service")
        if caller.leg.heard(await scene.house.voice.render(["main-menu"], scene.company)):
            raise StoryBroken("главное меню прозвучало, хотя клавиша уже нажата")
        await caller.hangs_up()
    call = await ended(scene, "+79131000021")
    call.left("matters", "said")
    call.left("main", "pressed")


@BOOK.story()
async def no_outage_is_known_so_the_caller_reports_one(scene: Play) -> None:
    async with scene.greeted(LIGHT, *POWER, "1", confirm("г. Кемерово, ул. Светлая, д. 2")) as caller:
        await goes(caller, "1", "outage-none", "1", "report-check-fuses")
        address = spoken.address("г. Кемерово, ул. Светлая, д. 2")
        await caller.hears(Prompt("report-confirm", address=address), within_s=15)
        await goes(caller, "1", "report-taken")
        await caller.hears("anything-else", within_s=15)
        await caller.hangs_up()
    call = await ended(scene, LIGHT)
    for place, exit in (("matters", "none"), ("power-status", "report"), ("report", "done")):
        call.left(place, exit)
    report = await store.one(scene, OutageReport, OutageReport.call_id == call.id)
    premise = await store.one(scene, Premise, Premise.code == "200000002")
    if report.premise_id != premise.id:
        raise StoryBroken("сообщение об отключении не о том доме")


@BOOK.story()
async def who_reports_a_known_outage_joins_it(scene: Play) -> None:
    async with scene.greeted("+79131000022", *POWER, "2", confirm("г. Кемерово, ул. Тёмная, д. 1")) as caller:
        await goes(caller, "1", "report-check-fuses", "1", "report-joined")
        await caller.hears("anything-else", within_s=15)
        await caller.hangs_up()
    call = await ended(scene, "+79131000022")
    call.left("report", "done")
    await store.one(scene, OutageReport, OutageReport.call_id == call.id)


@BOOK.story()
async def who_does_not_want_to_report_reports_nothing(scene: Play) -> None:
    async with scene.greeted("+79131000023", *POWER, "2", confirm("г. Кемерово, ул. Светлая, д. 2")) as caller:
        await goes(caller, "1", "report-check-fuses", "2", "anything-else")
        await caller.hangs_up()
    call = await ended(scene, "+79131000023")
    call.left("report", "done")
    await nothing_left(scene, call.id)


@BOOK.story()
async def who_cannot_find_his_place_for_a_report_gets_a_person(scene: Play) -> None:
    async with scene.greeted("+79131100001", *POWER, "2", "premise-unknown-caller") as caller:
        await caller.hears("account-enter", within_s=15)
        await goes(caller, "0#", "person-all-busy")
        await caller.hangs_up()
    call = await ended(scene, "+79131100001")
    call.left("report", "operator")


@BOOK.story()
async def one_of_several_places_is_chosen(scene: Play) -> None:
    async with scene.greeted("+79131000003", *POWER, "1", "premise-several") as caller:
        own = Prompt("premise-choice", address=spoken.address("п. Барзас, ул. Дачная, д. 4"), key="два")
        await caller.hears(own, within_s=20)
        await goes(caller, "2", CAUSE, "0", "person-all-busy")
        await caller.hangs_up()
    call = await ended(scene, "+79131000003")
    call.left("power-status", "operator")


@BOOK.story()
async def a_place_that_is_none_of_those_offered_is_found_by_its_account(scene: Play) -> None:
    async with scene.greeted("+79131000025", *POWER, "1", "premise-several", "9", "account-enter") as caller:
        await goes(caller, f"{PLANNED}#", confirm("г. Кемерово, ул. Плановая, д. 7, кв. 17"))
        await caller.press("1")
        await caller.hears("outage-end-menu", within_s=30)
        await goes(caller, "2", "account-enter", "200000008#", confirm("г. Кемерово, ул. Неведомая, д. 8, кв. 18"))
        await goes(caller, "1", "outage-cause-unknown")
        await caller.hears("outage-until-unknown", within_s=15)
        await caller.hangs_up()
    call = await ended(scene, "+79131000025")
    for prompt in ("outage-planned-ahead", "outage-unplanned", "outage-cause-unknown", "outage-until-unknown"):
        if prompt not in call.said:
            raise StoryBroken(f"не сказано {prompt}: {call.said}")


@BOOK.story()
async def two_flats_of_one_house_are_told_apart_by_their_accounts(scene: Play) -> None:
    async with scene.greeted("+79131000005", *POWER, "1", "premise-unknown-caller") as caller:
        await caller.hears("account-enter", within_s=15)
        await goes(caller, "200000006#", confirm("г. Кемерово, ул. Соседская, д. 5, кв. 16"), "1", CAUSE)
        await caller.hangs_up()
    call = await ended(scene, "+79131000005")
    keyed = next(at for at, step in enumerate(call.steps) if step.key == "200000006")
    if any("квартира" in step.prompt_text for step in call.steps[:keyed]):
        raise StoryBroken("квартира названа раньше счёта")


@BOOK.story()
async def an_address_that_is_not_the_callers_leads_to_the_account(scene: Play) -> None:
    async with scene.greeted("+79131000024", *POWER, "1", confirm("г. Кемерово, ул. Светлая, д. 2")) as caller:
        await goes(caller, "2", "account-enter", "*#", "account-enter")
        await goes(caller, "200000003#", "premise-several", "1", "outage-none")
        await caller.hangs_up()
    await ended(scene, "+79131000024")


@BOOK.story()
async def three_times_no_to_the_address_of_an_account_brings_a_person(scene: Play) -> None:
    place = confirm("г. Кемерово, ул. Плановая, д. 7, кв. 17")
    async with scene.greeted("+79131100002", *POWER, "1", "premise-unknown-caller") as caller:
        await caller.hears("account-enter", within_s=15)
        for _ in range(2):
            await goes(caller, f"{PLANNED}#", place, "2", "account-enter")
        await goes(caller, f"{PLANNED}#", place, "2", "person-after-tries")
        await caller.hears("person-all-busy", within_s=15)
        await caller.hangs_up()
    call = await ended(scene, "+79131100002")
    call.left("power-status", "operator")


@BOOK.story()
async def silence_where_an_account_is_asked_is_told_and_then_brings_a_person(scene: Play) -> None:
    async with scene.greeted("+79131100003", *POWER, "1", "premise-unknown-caller") as caller:
        await caller.hears("nothing-heard", within_s=35)
        await caller.hears("account-enter", within_s=15)
        await goes(caller, "1*1#", "wrong-key")
        await caller.hears("account-enter", within_s=15)
        await goes(caller, "7#", "account-not-found")
        await caller.hears("person-after-tries", within_s=15)
        await caller.hears("person-all-busy", within_s=15)
        await caller.hangs_up()
    call = await ended(scene, "+79131100003")
    call.left("power-status", "operator")
