"""A visit that was booked, by the number that was told: what it is, moved to another time, or cancelled.

Who keys the number hears the time and the office; the telephone and the name are told to nobody.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from grid.offices import booking, numbers, slots, visits
from grid.offices.booking import SlotTaken, VisitOrder
from grid.offices.models import Appointment, VisitState
from grid.offices.slots import OfficeTimes
from gridline.db import new_id
from gridline.errors import Conflict, InvalidInput
from ivr.actions.office import times
from ivr.actions.office.book_appointment import BY_THE_LINE
from ivr.actions.questions import LOOK_UP_S, SILENCE, NumberAsked, PersonWanted, choose, confirm
from ivr.line import Line
from ivr.services import Services
from ivr.voice.prompts import Phrase, Prompt
from outreach import visits as told

MOVE, CANCEL, MAIN = "1", "2", "3"
AGAIN: Final = "1"


async def act(line: Line, services: Services, _topic: str) -> Literal["done", "main", "book", "operator"]:
    """Tell of the visit whose number is keyed, and change it; `book` for whoever wants another one."""
    visit = await _asked(line, services)
    while True:
        now = services.clock.now()
        if visit.state is not VisitState.BOOKED or visit.starts_at <= now:
            return await _over(line, visit)
        of_office = _times(line, services, visit)
        words = _standing(visit, of_office, now)
        key = await choose(line, *words, "appointment-menu", keys=(MOVE, CANCEL, MAIN), silence=SILENCE)
        if key in (SILENCE, MAIN):
            return "done" if key == SILENCE else "main"
        try:
            changed = await (_moved if key == MOVE else _cancelled)(line, services, visit, of_office)
        except Conflict:  # an agent, or the same caller at another telephone, was first
            await line.say("appointment-changed")
            changed = True
        if changed:
            async with services.db.read(within_s=LOOK_UP_S) as session:
                visit = await visits.by_number(session, visit.company_id, visit.number) or visit


async def _asked(line: Line, services: Services) -> Appointment:
    asked = NumberAsked(line, "appointment-enter", at_most=numbers.LENGTH)
    while True:
        digits = await asked.digits()
        if not numbers.is_number(digits):
            await asked.wrong("too-few-digits" if len(digits) < numbers.LENGTH else "status-wrong-check")
            continue
        async with services.db.read(within_s=LOOK_UP_S) as session:
            found = await visits.by_number(session, line.call.company.id, digits)
        if found is not None:
            return found
        await asked.wrong("appointment-not-found")


async def _over(line: Line, visit: Appointment) -> Literal["done", "main", "book"]:
    """What became of it, and another one where they want it."""
    match visit.state:
        case VisitState.CANCELLED:
            said = "appointment-is-cancelled"
        case VisitState.ARRIVED | VisitState.SERVED:
            said = "appointment-is-used"
        case _:
            said = "appointment-is-past"
    key = await choose(line, said, "appointment-again-menu", keys="12", silence=SILENCE)
    if key == SILENCE:
        return "done"
    return "book" if key == AGAIN else "main"


def _times(line: Line, services: Services, visit: Appointment) -> OfficeTimes:
    """The office's times. Raises PersonWanted where the company's file does not name the office any more."""
    company = line.call.company
    told = services.offices.of(company.id)
    office = told.by_id.get(visit.office_id)
    if office is None:
        raise PersonWanted
    return slots.of_office(told, office, company.zone, services.calendar)


def _standing(visit: Appointment, of_office: OfficeTimes, now: datetime) -> list[Phrase]:
    at = times.at_that_time(visit.starts_at, now, of_office)
    return [Prompt("appointment-is", at=at), Prompt("office-address", address=of_office.office.spoken_address)]


async def _moved(line: Line, services: Services, visit: Appointment, of_office: OfficeTimes) -> bool:
    """Whether it has another time now. Raises Conflict."""
    company = line.call.company
    while (at := await times.chosen(line, services, of_office)) is not None:
        now = services.clock.now()
        if not await confirm(line, Prompt("appointment-confirm", at=times.at_that_time(at, now, of_office))):
            return False
        order = VisitOrder(
            new_id(), visit.company_id, visit.topic, at, visit.phone, BY_THE_LINE, line.call.id, visit.name
        )
        now = services.clock.now()
        try:
            async with services.db.write(within_s=LOOK_UP_S) as session:
                moved = await booking.move(session, of_office, visit, order, now=now)
                where = of_office.office.address
                await told.tell(session, services.messages, company, moved, where, call_id=line.call.id, now=now)
        except (SlotTaken, InvalidInput):  # taken, or too soon by now
            await line.say("appointment-slot-taken")
            continue
        await line.say("appointment-moved", interruptible=False)
        return True
    await line.say("appointment-nothing-free")
    return False


async def _cancelled(line: Line, services: Services, visit: Appointment, _of_office: OfficeTimes) -> bool:
    """Whether it is given up; what follows says so. Raises Conflict."""
    if not await confirm(line, "appointment-cancel-confirm"):
        return False
    async with services.db.write(within_s=LOOK_UP_S) as session:
        now, call = services.clock.now(), line.call
        await booking.cancel(session, visit, call_id=call.id, now=now)
        await told.tell_cancelled(session, services.messages, call.company, visit, call_id=call.id, now=now)
    return True
