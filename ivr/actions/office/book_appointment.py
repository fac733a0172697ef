"""A visit to an office booked: which office, about what, a free time; stored, and only then told with its number."""

from __future__ import annotations

from functools import partial
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from grid.offices import booking, numbers, slots
from grid.offices.booking import SlotTaken, TooManyVisits, VisitOrder
from grid.offices.models import Appointment
from grid.offices.offices import Office
from grid.offices.slots import OfficeTimes
from gridline.db import new_id
from gridline.errors import InvalidInput
from ivr.actions import by_message, told
from ivr.actions.by_message import MessageOffer
from ivr.actions.office import choice, survey_consent, times
from ivr.actions.power.offered import offered
from ivr.actions.questions import LOOK_UP_S, SILENCE, choose, confirm
from ivr.line import Line
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Prompt
from outreach import consents, visits
from outreach.models import Purpose
from recordings.incoming import Label

BY_THE_LINE: Final = "ivr"
"""Who booked: the robot."""
OFFER: Final = "appointment-message-offer"
AGAIN: Final = "appointment-end-menu"
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
    if isinstance(visit, Appointment):
        key = await _told(line, services, of_office, visit)
    else:
        key = await choose(line, "appointment-too-many", AGAIN, keys="1", silence=SILENCE)
    return "done" if key == SILENCE else "main"


async def _told(line: Line, services: Services, of_office: OfficeTimes, visit: Appointment) -> str:
    """Tell them, offer it by message, ask whether the robot may call after it; the key that ended it."""
    number = spoken.digit_by_digit(numbers.written(visit.number))
    at = times.at_that_time(visit.starts_at, services.clock.now(), of_office)
    answer = (
        Prompt("appointment-booked", at=at, number=number),
        Prompt("office-address", address=of_office.office.spoken_address),
    )
    offer = MessageOffer(OFFER, partial(_queue, line, services, of_office.office, visit))
    then = partial(survey_consent.ask, line, services, visit)
    return await by_message.offered(line, services, offer, *answer, phone=visit.phone, again=AGAIN, then=then)


async def _queue(
    line: Line, services: Services, office: Office, visit: Appointment, session: AsyncSession, label: Label
) -> None:
    """Their consent to be told of this visit, and the first message."""
    agreed = by_message.consent(line, services, visit.phone, Purpose.VISIT, visit.number, OFFER, label)
    await consents.give(session, agreed)
    await session.flush()
    company, now = line.call.company, services.clock.now()
    await visits.tell(session, services.messages, company, visit, office.address, call_id=line.call.id, now=now)


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
