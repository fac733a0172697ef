"""When a company's people come out: half-days of working days, so many visits in each; of the company's file."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Final, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from gridline.calendar.hours import Hours


class CallOutWork(StrEnum):
    """What somebody comes for: a technician to a meter, or the office to who cannot come themselves."""

    REPLACEMENT = "replacement"
    """A meter installed or replaced."""
    ADMISSION = "admission"
    """A meter admitted to use."""
    READINGS = "readings"
    """Control readings."""
    HOME_VISIT = "home-visit"
    """The office comes to a person of low mobility."""


METER_WORKS: Final = tuple(work for work in CallOutWork if work is not CallOutWork.HOME_VISIT)
"""What a technician comes for."""


class HalfDay(StrEnum):
    """The part of a day that is promised."""

    MORNING = "morning"
    AFTERNOON = "afternoon"


class HalfDays(BaseModel):
    """The half-days that may be booked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    morning: Hours
    afternoon: Hours
    at_once: Annotated[int, Field(ge=1, le=500)]
    """Visits in one half-day, of a branch where the company has some."""
    first_after: Annotated[int, Field(ge=1, le=30)] = 2
    """The first day that may be booked, in working days from today."""
    ahead: Annotated[int, Field(ge=1, le=60)] = 10
    """How many working days may be booked, the first included."""
    per_premise: Annotated[int, Field(ge=1, le=20)] = 1
    """Visits to come that one premise may have booked for one work."""

    @model_validator(mode="after")
    def _halves_follow(self) -> Self:
        if len(self.morning) != 1 or len(self.afternoon) != 1:
            raise ValueError("Половина дня — один промежуток. Пишите так: 09:00-13:00.")
        if self.morning[0][1] > self.afternoon[0][0]:
            raise ValueError("Вторая половина дня начинается раньше, чем кончается первая. Исправьте часы.")
        return self

    def span(self, day: date, half: HalfDay, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The beginning and the end of a half-day, aware."""
        first, last = (self.morning if half is HalfDay.MORNING else self.afternoon)[0]
        midnight = datetime.combine(day, time(), zone)
        return midnight + timedelta(minutes=first), midnight + timedelta(minutes=last)


def _of_a_meter(work: CallOutWork) -> CallOutWork:
    if work not in METER_WORKS:
        raise ValueError("Выезд на дом — не работа мастера. Опишите его в home_visits.")
    return work


class CallOutRule(HalfDays):
    """What a technician may be booked for by telephone."""

    works: Annotated[tuple[Annotated[CallOutWork, AfterValidator(_of_a_meter)], ...], Field(min_length=1)]
