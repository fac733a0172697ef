"""Days as moments: when a day begins and ends in a company's zone. Midnight belongs to the day it begins."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
"""Days that a person may ask about: nothing of ours is older, and arithmetic of zones fails at the calendar's ends."""


def begins(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of the day, aware."""
    return datetime.combine(day, time(), zone)


def ends(day: date, zone: ZoneInfo) -> datetime:
    """The first moment after the day, aware: compare with `<`."""
    return begins(day + timedelta(days=1), zone)


def last_moment(day: date, zone: ZoneInfo) -> datetime:
    """The last microsecond of the day, aware: where a moment must be named that still belongs to it."""
    return ends(day, zone) - timedelta(microseconds=1)


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The day in which this moment lies."""
    return at.astimezone(zone).date()


def last(count: int, today: date) -> tuple[date, date]:
    """The first and the last of so many days that end with this one."""
    return today - timedelta(days=count - 1), today


def day_before(day: date) -> date:
    """The day before."""
    return day - timedelta(days=1)


def day_ending_at(at: datetime, zone: ZoneInfo) -> date | None:
    """The day that ends at this very moment; None for any moment that is not a midnight."""
    local = at.astimezone(zone)
    return local.date() - timedelta(days=1) if local.time() == time() else None
