"""When an office receives people: today's hours by the production calendar, and where it is shut, when it opens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gridline.calendar.days import begins
from gridline.calendar.hours import Schedule, Workdays

FAR: Final = 31
"""Days ahead that are looked at for the next opening: the longest holidays are eleven."""


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """From when until when, without a break in between; aware, in the company's zone."""

    opens: datetime
    shuts: datetime


def spans(schedule: Schedule, day: date, zone: ZoneInfo, workdays: Workdays) -> list[OpenSpan]:
    """The hours of one day, the earliest first; none on a day off."""
    start = begins(day, zone)
    minutes = sorted(schedule.spans(day, workdays))
    return [OpenSpan(start + timedelta(minutes=a), start + timedelta(minutes=b)) for a, b in minutes]


def still_today(schedule: Schedule, now: datetime, zone: ZoneInfo, workdays: Workdays) -> list[OpenSpan]:
    """Today's hours while they are not over; none on a day off and after the last of them."""
    today = spans(schedule, now.astimezone(zone).date(), zone, workdays)
    return today if today and now < today[-1].shuts else []


def next_opening(schedule: Schedule, now: datetime, zone: ZoneInfo, workdays: Workdays) -> datetime | None:
    """When it opens after today; None where it does not within FAR days."""
    today = now.astimezone(zone).date()
    for ahead in range(1, FAR + 1):
        if found := spans(schedule, today + timedelta(days=ahead), zone, workdays):
            return found[0].opens
    return None
