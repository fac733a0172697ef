"""The caller's office: its address, whether it is open today and when it opens next, its usual hours."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from grid.offices import opening
from grid.offices.offices import Office
from gridline.calendar.hours import Schedule, Workdays
from ivr.actions.office import choice
from ivr.line import Line
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt


async def act(line: Line, services: Services, _topic: str) -> Literal["done", "none", "operator"]:
    """Tell them of it; `none` where the company names no office for them."""
    office = await choice.chosen(line, services)
    if office is None:
        return "none"
    company = line.call.company
    schedule = services.offices.of(company.id).schedule(office)
    words = told(office, schedule, services.clock.now(), company.zone, services.calendar)
    line.call.ahead = await line.say(*words)
    return "done"


def told(office: Office, schedule: Schedule, now: datetime, zone: ZoneInfo, workdays: Workdays) -> list[Phrase]:
    """The sentences about one office at this moment."""
    said: list[Phrase] = [Prompt("office-address", address=office.spoken_address)]
    if today := opening.still_today(schedule, now, zone, workdays):
        said.append(Prompt("office-today", period=spoken.period(today[0].opens, today[-1].shuts, now, zone)))
    elif opens := schedule.opens_after(now.astimezone(zone), workdays):
        said.append(Prompt("office-shut", at=spoken.at_moment(opens, now, zone)))
    return [*said, Prompt("office-hours", hours=schedule.spoken)]
