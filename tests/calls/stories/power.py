"""No power, no water: the place by number, account, keys or voice; what is known there; the report and the consent."""

from __future__ import annotations

from sqlalchemy import select

from appeals.models import DraftAppeal
from carrier.errors import StoryBroken
from carrier.stories import store
from grid.models import Premise
from grid.outages.models import Outage, OutageReport, OutageTelling, Service
from ivr.actions.power.keypad import keyed
from ivr.voice import spoken
from ivr.voice.prompts import Prompt
from outreach.models import Consent, Purpose
from recordings.models import RecordingKind
from tests.calls.looked_up import Ended, ended, nothing_left, recorded
from tests.calls.stories import BOOK
from tests.calls.stories.complaint import tells
from tests.calls.street import Play, goes
from worklist.models import WorkItem

DARK = "+79131000001"
"""A caller whose house is dark; more numbers of the same house follow."""
POWER = ("2", "power-service", "1", "power-menu")
CAUSE = Prompt("outage-cause", cause="обрыв провода")
PLANNED = "200000007"


def confirm(address: str) -> Prompt:
    """The question after the caller's own address."""
    return Prompt("premise-confirm", address=spoken.address(address))


@BOOK.story()
async def a_known_outage_is_told_before_the_menu_and_by_two_keys(scene: Play) -> None:
    async with scene.noticed(DARK) as caller:
        await caller.hears("danger-first", within_s=20)
        await caller.hears("known-outage", within_s=20)
        await caller.hears(CAUSE, within_s=15)
        await caller.hears("main-menu", within_s=20)
        await goes(caller, *POWER, "1", confirm("г. Кемерово, ул. Тёмная, д. 1"), "1", CAUSE)
        await caller.press("*")
        await caller.hears(CAUSE, within_s=20)
        await caller.hears(Prompt("outage-known-menu", what="свет"), within_s=25)
        await caller.hears("anything-else", within_s=30)
        await caller.hears("goodbye", within_s=30)
        await caller.is_hung_up(within_s=5)
    call = await ended(scene, DARK, "finished")
    call.left("matters", "said")
    call.left("no-power", "done")
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
async def one_while_the_outage_is_told_is_danger(scene: Play) -> None:
    async with scene.noticed("+79131000022") as caller:
        await caller.hears("danger-first", within_s=20)
        await goes(caller, "1", "danger-safety")
        await caller.hangs_up()
    (await ended(scene, "+79131000022")).left("matters", "said")


@BOOK.story()
async def a_report_is_made_where_the_truth_was_told_and_a_second_call_hears_its_first_clock(scene: Play) -> None:
    own, flatmate, address = "+79131000111", "+79131000112", "г. Кемерово, ул. Новостная, д. 11"
    async with scene.greeted(own, *POWER, "1", confirm(address), "1", Prompt("outage-none", what="света")) as caller:
        await caller.hears("report-check-fuses", within_s=15)
        await goes(caller, "1", "report-taken")
        await caller.hears("consent-planned", within_s=15)
        await goes(caller, "1", "consent-planned-message", "1", "consent-planned-message-stored")
        await caller.hears("anything-else", within_s=15)
        await caller.hangs_up()
    call = await ended(scene, own)
    for place, exit in (("matters", "none"), ("no-power", "done")):
        call.left(place, exit)
    report = await store.one(scene, OutageReport, OutageReport.call_id == call.id)
    premise = await store.one(scene, Premise, Premise.code == "200000011")
    if report.premise_id != premise.id:
        raise StoryBroken("сообщение об отключении не о том доме")
    (audio,) = await recorded(scene, call, RecordingKind.CONSENT)
    for purpose in (Purpose.PLANNED, Purpose.PLANNED_MESSAGE):
        given = await store.one(scene, Consent, Consent.call_id == call.id, Consent.purpose == purpose)
        if (given.phone, given.subject_id, given.recording_id) != (own, premise.id, audio.id):
            raise StoryBroken(f"согласие {purpose} на {given.subject_id} с записью {given.recording_id}")
    at = spoken.at_moment(report.reported_at, report.reported_at, scene.zone)
    async with scene.noticed(flatmate) as caller:
        await caller.hears(Prompt("report-first-clock", what="света", at=at), within_s=20)
        await caller.hears("main-menu", within_s=20)
        await goes(caller, *POWER, "1", confirm(address), "1", Prompt("report-first-clock", what="света", at=at))
        await goes(caller, "1", Prompt("report-again", what="света", at=at))
        await caller.hangs_up()
    again = await ended(scene, flatmate)
    again.left("matters", "said")
    item = await store.one(scene, WorkItem, WorkItem.subject_id == report.id)
    joined = await store.one(scene, OutageReport, OutageReport.id == report.id, OutageReport.contacts == 2)
    if (item.weight, item.made_at, joined.reported_at) != (2, report.reported_at, report.reported_at):
        raise StoryBroken(f"повторный звонок не прибавлен: вес {item.weight}, принято {joined.reported_at}")


@BOOK.story()
async def who_is_told_of_an_outage_may_be_called_when_it_is_over_and_may_think_better_of_it(scene: Play) -> None:
    own, address = "+79131000121", "г. Кемерово, ул. Закатная, д. 12"
    question = Prompt("consent-restored", what="свет", phone=spoken.phone(own))
    async with scene.noticed(own) as caller:
        await caller.hears("main-menu", within_s=40)
        await goes(caller, *POWER, "1", confirm(address), "1", CAUSE, "1", question)
        await goes(caller, "1", Prompt("consent-stored", what="свет"))
        await caller.hears("anything-else", within_s=15)
        await caller.hangs_up()
    call = await ended(scene, own)
    given = await store.one(scene, Consent, Consent.call_id == call.id)
    report = await store.one(scene, OutageReport, OutageReport.call_id == call.id)
    outage = await store.one(scene, Outage, Outage.code == "А-1", Outage.company_id == scene.company)
    (audio,) = await recorded(scene, call, RecordingKind.CONSENT)
    if (given.phone, given.subject_id, given.recording_id, report.outage_id) != (own, outage.id, audio.id, outage.id):
        raise StoryBroken(
            f"согласие на {given.subject_id} с записью {given.recording_id}, сообщение {report.outage_id}"
        )
    if given.asked != scene.house.voice.book.text(question, scene.company):
        raise StoryBroken(f"спросили не то: {given.asked}")
    told = await tellings_of(scene, call.id)
    if {one.outage_id for one in told} != {outage.id} or "обрыв провода" not in told[0].told:
        raise StoryBroken(f"не записано, что сказано: {[one.told for one in told]}")
    async with scene.noticed(own) as caller:
        await caller.hears(CAUSE, within_s=30)
        await caller.hears("main-menu", within_s=20)
        await goes(caller, *POWER, "1", confirm(address), "1", CAUSE)
        await caller.hears(Prompt("outage-agreed-menu", what="свет"), within_s=20)
        await goes(caller, "9", "consent-withdrawn")
        await caller.hangs_up()
    again = await ended(scene, own)
    withdrawn = await store.one(scene, Consent, Consent.id == given.id, Consent.withdrawn_at.is_not(None))
    if withdrawn.withdrawn_call_id != again.id:
        raise StoryBroken("отказ не связан со звонком")


@BOOK.story()
async def what_is_said_to_be_back_and_is_not_goes_on_with_its_first_clock(scene: Play) -> None:
    own, address = "+79131000009", "г. Кемерово, ул. Возвратная, д. 9"
    before = await store.one(scene, Outage, Outage.code == "А-9")
    assert before.actual_end is not None
    at = spoken.at_moment(before.actual_end, before.actual_end, scene.zone)
    back = Prompt("outage-restored", what="свет", at=at)
    async with scene.greeted(own, *POWER, "1", confirm(address), "1", back) as caller:
        await caller.hears(Prompt("outage-restored-menu", what="света"), within_s=15)
        await goes(caller, "1", Prompt("report-still-dark", what="света"))
        await caller.hangs_up()
    call = await ended(scene, own)
    nested = await store.one(scene, Outage, Outage.parent_id == before.id)
    report = await store.one(scene, OutageReport, OutageReport.call_id == call.id)
    if (nested.starts_at, report.outage_id) != (before.starts_at, nested.id):
        raise StoryBroken(f"вложенное с {nested.starts_at}, сообщение в {report.outage_id}")
    async with scene.noticed("+79131000091") as caller:
        await caller.hears(CAUSE, within_s=30)
        await caller.hangs_up()


@BOOK.story()
async def water_is_told_and_reported_as_water(scene: Play) -> None:
    water = ("2", "power-service", "2", "water-menu", "1")
    async with scene.noticed("+79131000010") as caller:
        await caller.hears(Prompt("outage-cause", cause="прорыв трубы"), within_s=30)
        await caller.hears("main-menu", within_s=20)
        await goes(caller, *water, confirm("г. Кемерово, ул. Водная, д. 10"))
        await goes(caller, "1", Prompt("outage-cause", cause="прорыв трубы"))
        await caller.hears(Prompt("outage-known-menu", what="воду"), within_s=20)
        await caller.hangs_up()
    told = await ended(scene, "+79131000010")
    words = next(step.prompt_text for step in told.steps if "outage-known-menu" in step.prompt_ids)
    if "отключение воды" not in words or "свет" in words:
        raise StoryBroken(f"сказано не о воде: {words}")
    dry = confirm("г. Кемерово, ул. Суховская, д. 13")
    async with scene.greeted("+79131000131", *water, dry, "1", Prompt("outage-none", what="воды")) as caller:
        await goes(caller, "1", "report-taken")
        await caller.hangs_up()
    call = await ended(scene, "+79131000131")
    if "report-check-fuses" in call.said:
        raise StoryBroken("о воде спрошено про автомат")
    report = await store.one(scene, OutageReport, OutageReport.call_id == call.id)
    item = await store.one(scene, WorkItem, WorkItem.subject_id == report.id)
    if (report.service, item.topic) != (Service.WATER, "water"):
        raise StoryBroken(f"сообщение о {report.service}, дело на тему {item.topic}")


@BOOK.story()
async def zero_in_the_branch_of_water_is_the_people_of_water(scene: Play) -> None:
    own = "+79131100008"
    async with scene.greeted(own, "2", "power-service", "2", "water-menu", "1", "premise-unknown-caller") as caller:
        await goes(caller, "0", "person-closed")
        await caller.hangs_up()
    (await ended(scene, own)).left("no-water", "operator")


@BOOK.story()
async def an_unknown_caller_finds_the_place_by_keys(scene: Play) -> None:
    own, found = "+79131100005", confirm("г. Кемерово, ул. Тёмная, д. 1")
    async with scene.greeted(own, *POWER, "1", "premise-unknown-caller", "2", "settlement-letters") as caller:
        await goes(caller, f"{keyed('щук')}#", "letters-none", f"{keyed('кем')}#", "street-letters")
        await goes(caller, f"{keyed('тем')}#", "house-enter", "1#", "place-which")
        await goes(caller, "1", found, "1", CAUSE)
        await caller.hangs_up()
    (await ended(scene, own)).left("no-power", "hung-up")


@BOOK.story()
async def what_is_reported_by_keys_is_of_that_house(scene: Play) -> None:
    own = "+79131100009"
    async with scene.greeted(own, *POWER, "1", "premise-unknown-caller", "2", "settlement-letters") as caller:
        await goes(caller, f"{keyed('зве')}#", "house-enter", "16#", confirm("п. Звёздный, д. 16"))
        await goes(caller, "1", Prompt("outage-none", what="света"), "1", "report-taken")
        await caller.hangs_up()
    call = await ended(scene, own)
    report = await store.one(scene, OutageReport, OutageReport.call_id == call.id)
    if (report.premise_id, report.place, report.house) != (None, "п. Звёздный, д. 16", "16"):
        raise StoryBroken(f"сообщение о {report.place}, дом {report.house}")


@BOOK.story()
async def an_address_said_aloud_is_a_report_with_its_audio(scene: Play) -> None:
    own = "+79131100006"
    async with scene.greeted(own, *POWER, "1", "premise-unknown-caller", "3", "place-tell") as caller:
        await tells(caller)
        await goes(caller, "#", "report-taken")
        await caller.hears("anything-else", within_s=15)
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("no-power", "done")
    await _reported_aloud(scene, call)


@BOOK.story()
async def an_address_that_a_hang_up_cuts_short_is_a_report_all_the_same(scene: Play) -> None:
    own = "+79131100007"
    async with scene.greeted(own, *POWER, "1", "premise-unknown-caller", "3", "place-tell") as caller:
        await tells(caller)
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("no-power", "hung-up")
    await _reported_aloud(scene, call)


async def _reported_aloud(scene: Play, call: Ended) -> None:
    (message,) = await recorded(scene, call, RecordingKind.MESSAGE)
    report = await store.one(scene, OutageReport, OutageReport.call_id == call.id)
    item = await store.one(scene, WorkItem, WorkItem.subject_id == report.id)
    if (report.recording_id, item.recording_id) != (message.id, message.id):
        raise StoryBroken(f"запись {message.id}, в сообщении {report.recording_id}, в деле {item.recording_id}")
    async with scene.house.db.read() as session:
        drafts = (await session.scalars(select(DraftAppeal).where(DraftAppeal.call_id == call.id))).all()
    if drafts:
        raise StoryBroken("слова лежат ещё и черновиком")


@BOOK.story()
async def who_says_nothing_after_the_tone_gets_a_person_who_asks_for_the_place(scene: Play) -> None:
    own = "+79131100010"
    async with scene.greeted(own, *POWER, "1", "premise-unknown-caller", "3", "place-tell") as caller:
        await caller.hears("complaint-empty", within_s=25)
        await caller.hears("person-nobody", within_s=30)
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("no-power", "operator")
    await nothing_left(scene, call.id)


async def tellings_of(scene: Play, call_id: str) -> list[OutageTelling]:
    """What was kept of telling this caller, once it is there."""

    async def look() -> list[OutageTelling] | None:
        async with scene.house.db.read() as session:
            query = select(OutageTelling).where(OutageTelling.call_id == call_id).order_by(OutageTelling.at)
            return list(await session.scalars(query)) or None

    return await store.until(look, "сказанное об отключении")


@BOOK.story()
async def who_does_not_want_to_report_reports_nothing(scene: Play) -> None:
    async with scene.greeted("+79131000023", *POWER, "1", confirm("г. Кемерово, ул. Светлая, д. 2")) as caller:
        await goes(caller, "1", "report-check-fuses")
        await caller.hears("anything-else", within_s=40)
        await caller.hangs_up()
    call = await ended(scene, "+79131000023")
    call.left("no-power", "done")
    await nothing_left(scene, call.id)


@BOOK.story()
async def who_cannot_name_his_place_gets_a_person(scene: Play) -> None:
    async with scene.greeted("+79131100001", *POWER, "1", "premise-unknown-caller", "1", "account-enter") as caller:
        await goes(caller, "0#", "person-nobody")
        await caller.hangs_up()
    call = await ended(scene, "+79131100001")
    call.left("no-power", "operator")


@BOOK.story()
async def one_of_several_places_is_chosen(scene: Play) -> None:
    async with scene.greeted("+79131000003", *POWER, "1", "premise-several") as caller:
        own = Prompt("premise-choice", address=spoken.address("п. Барзас, ул. Дачная, д. 4"), key="два")
        await caller.hears(own, within_s=20)
        await goes(caller, "2", CAUSE, "0", "person-nobody")
        await caller.hangs_up()
    call = await ended(scene, "+79131000003")
    call.left("no-power", "operator")


@BOOK.story()
async def a_place_that_is_none_of_those_offered_is_found_by_its_account(scene: Play) -> None:
    async with scene.greeted("+79131000025", *POWER, "1", "premise-several", "9", "place-how") as caller:
        await goes(caller, "1", "account-enter")
        await goes(caller, f"{PLANNED}#", confirm("г. Кемерово, ул. Плановая, д. 7, кв. 17"))
        await caller.press("1")
        await caller.hears(Prompt("outage-end-menu", what="света"), within_s=30)
        await goes(
            caller,
            "2",
            "place-how",
            "1",
            "account-enter",
            "200000008#",
            confirm("г. Кемерово, ул. Неведомая, д. 8, кв. 18"),
        )
        await goes(caller, "1", "outage-cause-unknown")
        await caller.hears("outage-until-unknown", within_s=15)
        await caller.hangs_up()
    call = await ended(scene, "+79131000025")
    for prompt in ("outage-planned-ahead", "outage-unplanned", "outage-cause-unknown", "outage-until-unknown"):
        if prompt not in call.said:
            raise StoryBroken(f"не сказано {prompt}: {call.said}")


@BOOK.story()
async def two_flats_of_one_house_are_told_apart_by_their_accounts(scene: Play) -> None:
    async with scene.greeted("+79131000005", *POWER, "1", "premise-unknown-caller", "1", "account-enter") as caller:
        await goes(caller, "200000006#", confirm("г. Кемерово, ул. Соседская, д. 5, кв. 16"), "1", CAUSE)
        await caller.hangs_up()
    call = await ended(scene, "+79131000005")
    keyed = next(at for at, step in enumerate(call.steps) if step.key == "200000006")
    if any("квартира" in step.prompt_text for step in call.steps[:keyed]):
        raise StoryBroken("квартира названа раньше счёта")


@BOOK.story()
async def an_address_that_is_not_the_callers_leads_to_the_account(scene: Play) -> None:
    async with scene.greeted("+79131000024", *POWER, "1", confirm("г. Кемерово, ул. Светлая, д. 2")) as caller:
        await goes(caller, "2", "place-how", "1", "account-enter", "*#", "account-enter")
        await goes(caller, "200000003#", "premise-several", "1", Prompt("outage-none", what="света"))
        await caller.hangs_up()
    await ended(scene, "+79131000024")


@BOOK.story()
async def three_times_no_to_the_address_of_an_account_brings_a_person(scene: Play) -> None:
    place = confirm("г. Кемерово, ул. Плановая, д. 7, кв. 17")
    async with scene.greeted("+79131100002", *POWER, "1", "premise-unknown-caller", "1", "account-enter") as caller:
        for _ in range(2):
            await goes(caller, f"{PLANNED}#", place, "2", "account-enter")
        await goes(caller, f"{PLANNED}#", place, "2", "person-after-tries")
        await caller.hears("person-nobody", within_s=15)
        await caller.hangs_up()
    call = await ended(scene, "+79131100002")
    call.left("no-power", "operator")


@BOOK.story()
async def silence_where_an_account_is_asked_is_told_and_then_brings_a_person(scene: Play) -> None:
    async with scene.greeted("+79131100003", *POWER, "1", "premise-unknown-caller", "1", "account-enter") as caller:
        await caller.hears("nothing-heard", within_s=35)
        await caller.hears("account-enter", within_s=15)
        await goes(caller, "1*1#", "wrong-key")
        await caller.hears("account-enter", within_s=15)
        await goes(caller, "7#", "account-not-found")
        await caller.hears("person-after-tries", within_s=15)
        await caller.hears("person-nobody", within_s=15)
        await caller.hangs_up()
    call = await ended(scene, "+79131100003")
    call.left("no-power", "operator")
