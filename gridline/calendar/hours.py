"""Working hours: a weekly schedule combined with the production calendar's days off and moved days."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final, Literal, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AN_HOUR: Final = 60
LONGEST_SHUT: Final = 31
"""Days looked ahead for the next opening: longer than any holidays."""


class Workdays(Protocol):
    """What working hours need from the production calendar."""

    def is_working(self, day: date) -> bool:
        """Whether the country works on this day."""

    def is_shortened(self, day: date) -> bool:
        """Whether it is said to be an hour shorter for everybody."""

    def is_before_holiday(self, day: date) -> bool:
        """Whether it is a working day right before a public holiday, by law an hour shorter."""


def _hours(written: object) -> object:
    """`08:00-12:00, 13:00-17:00` as pairs of minutes of the day."""
    if not isinstance(written, str):
        return written
    spans = []
    for part in written.split(","):
        match = re.fullmatch(r"\s*(\d\d):([0-5]\d)-(\d\d):([0-5]\d)\s*", part)
        if match is None:
            raise ValueError(f"Часы «{written}» не разобраны. Пишите так: 08:00-18:00.")
        h1, m1, h2, m2 = map(int, match.groups())
        first, last = h1 * 60 + m1, h2 * 60 + m2
        if not first < last <= 24 * 60:
            raise ValueError(f"Часы «{part.strip()}» кончаются раньше начала. Делите их по полуночи: до 24:00.")
        spans.append((first, last))
    return tuple(spans)


Hours = Annotated[tuple[tuple[int, int], ...], BeforeValidator(_hours)]


class Schedule(BaseModel):
    """Weekly hours in the company's zone; a weekday left out is a day off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spoken: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    """The hours as a caller hears them, already in words."""
    days: dict[Weekday, Hours] = Field(min_length=1)
    moved_day: Hours | None = None
    """Hours on a working weekend day; such a day usually replaces a Friday, so Friday's by default."""
    holidays: Literal["closed", "as-usual"] = "closed"
    before_holiday: Literal["shorter", "as-usual"] = "as-usual"
    """Whether the working day before a public holiday is an hour shorter (ТК РФ, ст. 95).

    A day that the calendar itself calls short is so for every schedule that keeps the holidays.
    """

    @property
    def week(self) -> dict[Weekday, tuple[tuple[int, int], ...]]:
        """The hours of each open day, in the order of the week."""
        return {day: tuple(sorted(self.days[day])) for day in WEEKDAYS if self.days.get(day)}

    def holds(self, local: datetime, workdays: Workdays) -> bool:
        """Whether `local` (a time in the company's zone) lies within the hours."""
        minute = local.hour * 60 + local.minute
        return any(first <= minute < last for first, last in self.spans(local.date(), workdays))

    def spans(self, day: date, workdays: Workdays) -> tuple[tuple[int, int], ...]:
        """The hours of that very day, in pairs of minutes since midnight; none on a day off."""
        weekday = WEEKDAYS[day.weekday()]
        weekend = weekday in ("sat", "sun")
        hours = self.days.get(weekday, ())
        if self.holidays == "closed":
            working = workdays.is_working(day)
            if weekend and working:
                hours = self.days.get("fri", ()) if self.moved_day is None else self.moved_day
            elif not weekend and not working:
                return ()
        return _an_hour_less(hours) if self.is_shorter(day, workdays) else hours

    def is_shorter(self, day: date, workdays: Workdays) -> bool:
        """Whether its hours of that very day end an hour earlier than usually."""
        if self.holidays == "as-usual":
            return False
        return workdays.is_shortened(day) or (self.before_holiday == "shorter" and workdays.is_before_holiday(day))

    def opens_after(self, local: datetime, workdays: Workdays) -> datetime | None:
        """The next beginning of its hours after `local` (both in the company's zone); None within LONGEST_SHUT days."""
        minute = local.hour * 60 + local.minute
        for ahead in range(LONGEST_SHUT):
            day = local.date() + timedelta(days=ahead)
            for first, _ in sorted(self.spans(day, workdays)):
                if ahead or first > minute:
                    return datetime.combine(day, time(first // 60, first % 60), local.tzinfo)
        return None


def _an_hour_less(hours: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """The same hours without their last one, which a break may cut in two."""
    left, kept = AN_HOUR, sorted(hours)
    while kept and left:
        first, last = kept.pop()
        cut = min(left, last - first)
        left -= cut
        if last - cut > first:
            kept.append((first, last - cut))
    return tuple(kept)
