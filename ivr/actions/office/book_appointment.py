"""A visit to an office booked: which office, about what, a free time; stored, and only then told with its number."""

from __future__ import annotations

from typing import Final, Literal

from grid.offices import booking, numbers, slots
from grid.offices.booking import SlotTaken, TooManyVisits, VisitOrder
from grid.offices.models import Appointment
from grid.offices.offices import Office
from grid.offices.slots import OfficeTimes
from gridline.db import new_id
from gridline.errors import InvalidInput
from ivr.actions import told
from ivr.actions.office import choice, times
from ivr.actions.power.offered import offered
from ivr.actions.questions import LOOK_UP_S, SILENCE, choose, confirm
from ivr.line import Line
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt

BY_THE_LINE: Final = "ivr"
"""Who booked: the robot."""
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
    now = services.clock.now()
    answer: list[Phrase] = ["appointment-too-many"]
    if isinstance(visit, Appointment):
        number = spoken.digit_by_digit(numbers.written(visit.number))
        at = times.at_that_time(visit.starts_at, now, of_office)
        answer = [
            Prompt("appointment-booked", at=at, number=number),
            Prompt("office-address", address=office.spoken_address),
        ]
    key = await choose(line, *answer, "appointment-end-menu", keys="1", silence=SILENCE)
    return "done" if key == SILENCE else "main"


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
