"""Free times of an office: its hours and windows by the calendar, less what is booked, not too soon and not too far."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from grid.offices import opening
from grid.offices.offices import BookingRules, Office, Offices
from gridline.calendar.days import begins, ends
from gridline.calendar.hours import Schedule, Workdays

Taken = Mapping[datetime, Collection[int]]
"""Windows that are held, by the moment (UTC) their visit begins."""


@dataclass(frozen=True, slots=True)
class OfficeTimes:
    """An office with all that says when somebody may come there."""

    office: Office
    schedule: Schedule
    rules: BookingRules
    zone: ZoneInfo
    workdays: Workdays

    def days(self, now: datetime) -> Iterator[date]:
        """The days that may be booked now, today first; days off among them."""
        today = now.astimezone(self.zone).date()
        return (today + timedelta(days=ahead) for ahead in range(self.rules.days + 1))

    def period(self, now: datetime) -> tuple[datetime, datetime]:
        """From the beginning of the first of these days to the end of the last; aware."""
        found = list(self.days(now))
        return begins(found[0], self.zone), ends(found[-1], self.zone)

    def of_day(self, day: date, now: datetime) -> list[datetime]:
        """When visits of that day may begin, free or not; aware, in the company's zone."""
        soonest, length = now + timedelta(minutes=self.rules.soonest_min), timedelta(minutes=self.office.slot_min)
        found = []
        for span in opening.spans(self.schedule, day, self.zone, self.workdays):
            at = span.opens
            while at + length <= span.shuts:
                if at >= soonest:
                    found.append(at)
                at += length
        return found

    def free(self, day: date, now: datetime, taken: Taken) -> list[datetime]:
        """Those of that day with a window left."""
        return [at for at in self.of_day(day, now) if len(held(taken, at)) < self.office.windows]

    def may_begin(self, at: datetime, now: datetime) -> bool:
        """Whether a visit may be booked at this moment, free or not: the page's word is not taken for it."""
        day = at.astimezone(self.zone).date()
        return day in set(self.days(now)) and at in self.of_day(day, now)


def held(taken: Taken, at: datetime) -> Collection[int]:
    """The windows that are held at a moment, in whichever zone it is named."""
    return taken.get(at, ())


def of_office(told: Offices, office: Office, zone: ZoneInfo, workdays: Workdays) -> OfficeTimes:
    """The times of one office of a company's file."""
    return OfficeTimes(office, told.schedule(office), told.booking, zone, workdays)
