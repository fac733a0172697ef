"""When a company's technicians come out: half-days of working days, so many visits in each; of the company's file."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gridline.calendar.hours import Hours


class CallOutWork(StrEnum):
    """What a technician comes for."""

    REPLACEMENT = "replacement"
    """A meter installed or replaced."""
    ADMISSION = "admission"
    """A meter admitted to use."""
    READINGS = "readings"
    """Control readings."""


class HalfDay(StrEnum):
    """The part of a day that is promised."""

    MORNING = "morning"
    AFTERNOON = "afternoon"


class CallOutRule(BaseModel):
    """What may be booked by telephone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    works: Annotated[tuple[CallOutWork, ...], Field(min_length=1)]
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
