"""Half-days for a technician's visit, booked or moved: as a page offers them and as it sends one back."""

from __future__ import annotations

from datetime import date
from typing import Final

from agent_console.console import Console
from agent_console.worklist.details import WorkPage
from grid.call_outs.seats import Slot
from gridline.calendar.call_outs import HalfDay
from gridline.companies import Company
from gridline.errors import InvalidInput, NotFound

_WEEKDAYS: Final = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")


async def free(console: Console, view: WorkPage) -> list[tuple[str, str]]:
    """(value, words) of each half-day with a free seat; none for another item, or one that has ended."""
    company = _company(console, view)
    if view.visit is None or view.item.ended_at is not None or company is None or company.call_outs is None:
        return []
    return await choices(console, company, view.visit.branch)


async def choices(console: Console, company: Company, branch: str) -> list[tuple[str, str]]:
    """The same of a branch. Raises InvalidInput where the company books no visits."""
    return [(_value(slot), _words(slot, company)) for slot in await console.call_outs.free(company, branch)]


def when(console: Console, view: WorkPage) -> str:
    """The half-day that is promised: «вт 24.11, 08:00–12:00»; empty where the item is no visit."""
    company = _company(console, view)
    if view.visit is None or company is None or company.call_outs is None:
        return ""
    return _words(Slot(view.visit.day, view.visit.half), company)


def slot_of(value: str) -> Slot:
    """The half-day that a page sent. Raises InvalidInput."""
    day, _, half = value.partition("/")
    try:
        return Slot(date.fromisoformat(day), HalfDay(half))
    except ValueError as error:
        raise InvalidInput("Выберите, когда приехать мастеру.") from error


def _company(console: Console, view: WorkPage) -> Company | None:
    try:
        return console.companies.by_id(view.item.company_id)
    except NotFound:
        return None


def _value(slot: Slot) -> str:
    return f"{slot.day.isoformat()}/{slot.half}"


def _words(slot: Slot, company: Company) -> str:
    begins, ends = slot.span(company)
    return f"{_WEEKDAYS[slot.day.weekday()]} {begins:%d.%m}, {begins:%H:%M}–{ends:%H:%M}"
