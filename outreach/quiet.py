"""Quiet hours: when nobody is written to or called by itself, as rows of data, in the zone of whoever is reached."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import timezone
from pydantic import Field

from gridline.companies import Company
from gridline.yaml.company_rows import CompanyRow, CompanyRows, rows_of
from outreach.models import Purpose

FILE: Final = Path(__file__).parent / "data" / "quiet.yaml"


class QuietHours(CompanyRow):
    """The hours in which a message of one purpose waits; the same twice (0 and 0) are none."""

    purpose: Purpose
    begins: int = Field(default=0, ge=0, le=23, alias="from")
    ends: int = Field(default=0, ge=0, le=23, alias="to")
    standing: Literal["default"]

    @property
    def about(self) -> str:
        return self.purpose

    def until(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """When the quiet that holds at `now` is over in `zone`; None: it is no quiet hour."""
        local = now.astimezone(zone)
        hour, over_night = local.hour, self.begins > self.ends
        quiet = hour >= self.begins or hour < self.ends if over_night else self.begins <= hour < self.ends
        if not quiet:
            return None
        day = local.date() + timedelta(days=1 if over_night and hour >= self.begins else 0)
        return datetime.combine(day, time(self.ends), zone).astimezone(now.tzinfo)


class Quiet(CompanyRows[QuietHours]):
    """The hours of every purpose."""

    title = "Тихие часы"
    matters = tuple(Purpose)

    def of(self, purpose: Purpose, company_id: str) -> QuietHours:
        """The company's own row, or everybody's."""
        return self.row(company_id, purpose)


def of_installation(dialplan: Path) -> Quiet:
    """The shipped rows with the installation's own (`dialplan/quiet.yaml`, if there is one) on top."""
    return Quiet(rows_of(FILE, dialplan, QuietHours, "quiet"))


def zone_of(phone: str, company: Company) -> ZoneInfo:
    """Where the clock of whoever has this number (E.164) most likely stands: its own region's, else the company's.

    A mobile number fits every zone of the country, so it says nothing.
    """
    zones = timezone.time_zones_for_number(phonenumbers.parse(phone))
    return ZoneInfo(zones[0]) if len(zones) == 1 and zones[0] != timezone.UNKNOWN_TIMEZONE else company.zone
