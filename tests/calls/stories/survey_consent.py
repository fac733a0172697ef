"""Whoever has booked a visit where the company has a survey: whether the robot may call after it."""

from __future__ import annotations

from carrier.errors import StoryBroken
from carrier.stories import store
from grid.offices import booking, offices, slots
from grid.offices.slots import OfficeTimes
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SystemClock
from ivr.actions.office.times import at_that_time
from ivr.voice.prompts import Prompt
from outreach.models import Consent, Purpose
from recordings.models import RecordingKind
from tests.calls.looked_up import ended, recorded
from tests.calls.stories import BOOK
from tests.calls.stories.office_told import FOLDER, address
from tests.calls.stories.visits import BOOKING, by_number, visit_of
from tests.calls.street import Play, goes


@BOOK.story("moesk")
async def whoever_books_a_visit_may_agree_to_be_asked_about_it(scene: Play) -> None:
    own, times = "+74951910012", kolomna(scene)
    async with scene.greeted(own, *BOOKING, "1", "settlement-letters") as caller:
        await goes(caller, "4545#", "appointment-topic", "2", "appointment-other-day")
        await goes(caller, "1", await first_free(scene, times), "1", by_number(own), "1", address("moesk", "kolomna"))
        await caller.hears("consent-survey", within_s=30)
        await goes(caller, "1", "consent-survey-given")
        await caller.hears("appointment-end-menu", within_s=20)
        await goes(caller, "1", "main-menu")
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("book", "main")
    visit = await visit_of(scene, call)
    (audio,) = await recorded(scene, call, RecordingKind.CONSENT)
    given = await store.one(scene, Consent, Consent.call_id == call.id, Consent.purpose == Purpose.SURVEY)
    if (given.phone, given.subject_id, given.recording_id) != (own, visit.number, audio.id):
        raise StoryBroken(f"согласие на опрос о {given.subject_id} с записью {given.recording_id}")


def kolomna(scene: Play) -> OfficeTimes:
    """The times of the office in Коломна, as the line counts them."""
    company = scene.house.companies.by_id("moesk")
    told = offices.load(FOLDER / "moesk.yaml", company)
    office = next(one for one in told.offices if one.id == "kolomna")
    return slots.of_office(told, office, company.zone, ProductionCalendar())


async def first_free(scene: Play, times: OfficeTimes) -> Prompt:
    """«Записать вас на приём …?» of the time that is read out first."""
    now = SystemClock().now()
    async with scene.house.db.read() as session:
        taken = await booking.taken(session, "moesk", times.office.id, *times.period(now))
    wanted = next(at for day in times.days(now) for at in times.free(day, now, taken))
    return Prompt("appointment-confirm", at=at_that_time(wanted, now, times))
