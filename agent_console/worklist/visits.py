"""Half-days for a technician's visit, booked or moved: as a page offers them and as it sends one back."""

from __future__ import annotations

from datetime import date
from typing import Final

from agent_console.console import Console
from agent_console.worklist.details import WorkPage
from grid.call_outs.models import MeterVisit
from grid.call_outs.seats import Slot
from gridline.calendar.call_outs import CallOutWork, HalfDay
from gridline.companies import Company
from gridline.errors import InvalidInput, NotFound

HOME: Final = "home"
_WEEKDAYS: Final = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")


async def free(console: Console, view: WorkPage) -> list[tuple[str, str]]:
    """(value, words) of each half-day with a free seat; none for another item, or one that has ended."""
    company = _company(console, view)
    if view.visit is None or view.item.ended_at is not None or company is None or not _books(company, view.visit):
        return []
    return await choices(console, company, view.visit.branch, home=_home(view.visit))


async def choices(console: Console, company: Company, branch: str, *, home: bool = False) -> list[tuple[str, str]]:
    """The same of a branch. Raises InvalidInput where the company books no visits."""
    free_slots = await console.call_outs.free(company, branch, home=home)
    return [(_value(slot), _words(slot, company)) for slot in free_slots]


def when(console: Console, view: WorkPage) -> str:
    """The half-day that is promised: «вт 24.11, 08:00–12:00»; empty where the item is no visit."""
    company = _company(console, view)
    if view.visit is None or company is None or not _books(company, view.visit):
        return ""
    return _words(Slot(view.visit.day, view.visit.half, _home(view.visit)), company)


def slot_of(value: str) -> Slot:
    """The half-day that a page sent. Raises InvalidInput."""
    day, half, *home = [*value.split("/"), ""][:3]
    try:
        return Slot(date.fromisoformat(day), HalfDay(half), home == [HOME])
    except ValueError as error:
        raise InvalidInput("Выберите день и половину дня.") from error


def _home(visit: MeterVisit) -> bool:
    return visit.work is CallOutWork.HOME_VISIT


def _books(company: Company, visit: MeterVisit) -> bool:
    """Whether the company still has such visits."""
    return (company.home_visits if _home(visit) else company.call_outs) is not None


def _company(console: Console, view: WorkPage) -> Company | None:
    try:
        return console.companies.by_id(view.item.company_id)
    except NotFound:
        return None


def _value(slot: Slot) -> str:
    return f"{slot.day.isoformat()}/{slot.half}{f'/{HOME}' if slot.home else ''}"


def _words(slot: Slot, company: Company) -> str:
    begins, ends = slot.span(company)
    return f"{_WEEKDAYS[slot.day.weekday()]} {begins:%d.%m}, {begins:%H:%M}–{ends:%H:%M}"
