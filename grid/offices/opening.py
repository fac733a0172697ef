"""When an office receives people: the hours of a day by the production calendar, and whether today's are over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from gridline.calendar.days import begins
from gridline.calendar.hours import Schedule, Workdays


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
