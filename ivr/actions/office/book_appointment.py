"""A visit to an office booked: which office, about what, a free time; stored, and only then told with its number."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from grid.offices import booking, numbers, slots
from grid.offices.booking import SlotTaken, TooManyVisits, VisitOrder
from grid.offices.models import Appointment
from grid.offices.offices import Office
from grid.offices.slots import OfficeTimes
from gridline.db import new_id
from gridline.errors import InvalidInput
from ivr.actions import told
from ivr.actions.office import choice, survey_consent, times
from ivr.actions.power.offered import offered
from ivr.actions.questions import LOOK_UP_S, PERSON_KEY, REPEAT_KEY, SILENCE, PersonWanted, choose, confirm
from ivr.line import Line
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt

BY_THE_LINE: Final = "ivr"
"""Who booked: the robot."""
END_MENU: Final = "appointment-end-menu"
MAIN: Final = "1"
OTHERWISE: Final = "service"
"""The topic of whoever names none of those that are read out."""


async def act(line: Line, services: Services, topic: str) -> Literal["done", "main", "none", "operator"]:
    """Book a visit; `none` where no office is theirs, or nothing is free there."""
    office = await choice.chosen(line, services)
    if office is None:
        return "none"
    company = line.call.company
    topic = topic or await _topic(line, office)
    of_office = slots.of_office(services.offices.of(company.id), office, company.zone, services.calendar)
    visit = await _booked(line, services, of_office, topic)
    if visit is None:
        line.call.ahead = await line.say("appointment-nothing-free")
        return "none"
    answer: list[Phrase] = ["appointment-too-many"]
    opening, key = answer, ""
    if isinstance(visit, Appointment):
        opening = answer = _told(visit, services.clock.now(), of_office)
        if await survey_consent.is_due(line, services, visit):
            opening, key = await _asked_after(line, services, visit, answer)
    while key not in (MAIN, SILENCE):
        key = await choose(line, *opening, END_MENU, keys=MAIN + REPEAT_KEY, silence=SILENCE)
        opening = answer
    return "done" if key == SILENCE else "main"


def _told(visit: Appointment, now: datetime, of_office: OfficeTimes) -> list[Phrase]:
    number = spoken.digit_by_digit(numbers.written(visit.number))
    return [
        Prompt("appointment-booked", at=times.at_that_time(visit.starts_at, now, of_office), number=number),
        Prompt("office-address", address=of_office.office.spoken_address),
    ]


async def _asked_after(
    line: Line, services: Services, visit: Appointment, answer: list[Phrase]
) -> tuple[list[Phrase], str]:
    """Tell of the visit, then ask for the consent: what comes before the menu. A key that cuts the telling short is the
    menu's, and nothing is asked.
    """
    key = await line.say(*answer)
    if key == PERSON_KEY:
        raise PersonWanted
    return (answer, key) if key else (await survey_consent.ask(line, services, visit), "")


async def _topic(line: Line, office: Office) -> str:
    """What the visit is about, of what the office receives people on."""
    if len(office.services) == 1:
        return office.services[0]
    company = line.call.company
    found = await offered(line, office.services, lambda code: company.topic(code).name, which="appointment-topic")
    return found or OTHERWISE


async def _booked(
    line: Line, services: Services, of_office: OfficeTimes, topic: str
) -> Appointment | TooManyVisits | None:
    """The stored visit; None where nothing is free. Whoever loses a time to another is offered the next."""
    phone = ""
    while (at := await times.chosen(line, services, of_office)) is not None:
        now = services.clock.now()
        if not await confirm(line, Prompt("appointment-confirm", at=times.at_that_time(at, now, of_office))):
            continue
        phone = phone or await told.contact(line, "appointment-contact")
        company, call = line.call.company.id, line.call.id
        order = VisitOrder(new_id(), company, topic, at, phone, BY_THE_LINE, call)
        try:
            async with services.db.write(within_s=LOOK_UP_S) as session:
                return await booking.book(session, of_office, order, now=services.clock.now())
        except TooManyVisits as refused:
            return refused
        except (SlotTaken, InvalidInput):  # taken, or too soon by now: they had to find their telephone number
            await line.say("appointment-slot-taken")
    return None
