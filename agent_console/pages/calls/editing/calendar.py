"""`/menu/calendar`: what is known of the days of a year, one's own days over it, and every version."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.console import actor_of, console_of
from agent_console.pages.calls.editing import editable
from agent_console.people import audit
from agent_console.people.models import AuditAction
from agent_console.people.permissions import Permission
from agent_console.web.render import render
from agent_console.web.routes import add
from agent_console.web.security import address
from gridline.calendar import calendar_file, days
from gridline.calendar.calendar_file import LONGEST_REASON, WARNED, MovedDay
from gridline.calendar.workdays import ProductionCalendar
from gridline.companies import Company
from gridline.errors import InvalidInput
from gridline.scope import OutOfScope
from ivr.menus.editions import calendar_days, forms
from ivr.menus.editions.calendar_days import CalendarMoved
from ivr.menus.editions.models import EditionVersion

ROWS: Final = 6
"""Days of one decree that a form takes at once."""
SHOWN: Final = 15
WEEKDAYS: Final = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")

Change = Callable[[list[MovedDay]], list[MovedDay]]


@dataclass(frozen=True, slots=True)
class DaysForm:
    """What was filled in: day and word of each row, and the decree behind them."""

    rows: tuple[tuple[str, str], ...] = ()
    why: str = ""
    problem: str = ""
    moved: bool = field(default=False, kw_only=True)


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/menu/calendar", page, permission=Permission.LINE_EDIT)
    add(app, "POST", "/menu/calendar", save, permission=Permission.LINE_EDIT)
    add(app, "POST", "/menu/calendar/usual", usual, permission=Permission.LINE_EDIT)
    add(app, "POST", "/menu/calendar/back", back, permission=Permission.LINE_EDIT)


async def page(request: web.Request) -> web.Response:
    """The year of the address, or this one."""
    return await _page(request, DaysForm())


async def save(request: web.Request) -> web.StreamResponse:
    """Lay the days of one decree over the table."""
    sent = await request.post()
    rows = tuple((forms.text(sent, f"day-{n}"), forms.text(sent, f"word-{n}")) for n in range(ROWS))
    why = forms.text(sent, "why", at_most=LONGEST_REASON)
    try:
        new = _moved_days(rows, why)
        said = f"{', '.join(f'{one.day:%d.%m.%Y}' for one in new)} — {why}"
        await _change(request, sent, lambda had: [*(one for one in had if one.day not in _days_of(new)), *new], said)
    except (CalendarMoved, InvalidInput) as error:
        return await _page(request, DaysForm(rows, why, error.message, moved=isinstance(error, CalendarMoved)))
    raise _to(request, new[0].day.year)


async def usual(request: web.Request) -> web.StreamResponse:
    """Let one day be as the production calendar has it."""
    sent = await request.post()
    day = _day(forms.text(sent, "day"))
    try:
        await _change(request, sent, lambda had: [one for one in had if one.day != day], f"{day:%d.%m.%Y} как обычно")
    except CalendarMoved as error:
        return await _page(request, DaysForm(problem=error.message, moved=True))
    raise _to(request, day.year)


async def back(request: web.Request) -> web.StreamResponse:
    """Have the days of an earlier version back."""
    sent = await request.post()
    number = forms.revision({"revision": sent.get("number", "")})
    wanted = await console_of(request).calendar_days.days_of(number)
    try:
        await _change(request, sent, lambda _: wanted, f"возвращена версия {number}")
    except CalendarMoved as error:
        return await _page(request, DaysForm(problem=error.message, moved=True))
    raise _to(request, None)


async def _change(request: web.Request, sent: Mapping[str, object], change: Change, said: str) -> None:
    """Raises OutOfScope to whoever answers for one company of several: the calendar is everybody's."""
    console, actor = console_of(request), actor_of(request)
    if not _may_change(request):
        raise OutOfScope("Календарь общий для всех компаний: его меняет тот, кто отвечает за все.")

    def noted(session: AsyncSession, version: EditionVersion, before: str, after: str) -> None:
        audit.note(
            session,
            console.clock,
            user_id=actor.user_id,
            action=AuditAction.CALENDAR_CHANGED,
            subject=f"calendar/{version.number}",
            detail=_told(before, after),
            address=address(request),
        )

    had, _ = await console.calendar_days.now()
    revision = forms.text(sent, "revision")
    await console.calendar_days.save(revision, change(had), said, actor.name, noted)


def _may_change(request: web.Request) -> bool:
    return actor_of(request).scope.company_id is None or len(list(console_of(request).companies)) == 1


def _moved_days(rows: tuple[tuple[str, str], ...], why: str) -> list[MovedDay]:
    """The rows that are filled in. Raises InvalidInput."""
    new = [calendar_file.of_word(_day(day), word, why) for day, word in rows if day]
    if not new:
        raise InvalidInput("Выберите хотя бы один день.")
    if not why:
        raise InvalidInput("Впишите основание: постановление или приказ, его номер и дату.")
    if twice := [one for one in new if [other.day for other in new].count(one.day) > 1]:
        raise InvalidInput(f"{twice[0].day:%d.%m.%Y} стоит дважды. Оставьте одну строку.")
    return new


def _days_of(new: list[MovedDay]) -> set[date]:
    return {one.day for one in new}


def _day(written: str) -> date:
    try:
        day = date.fromisoformat(written)
    except ValueError:
        raise InvalidInput(f"«{written[:20]}» — не день. Выберите его в календаре.") from None
    if not days.FIRST_DAY <= day <= days.LAST_DAY:
        raise InvalidInput(f"{day:%d.%m.%Y} — год неверный. Выберите день этого или следующего года.")
    return day


def _told(before: str, after: str) -> str:
    was, now = set(before.splitlines()), set(after.splitlines())
    return " ".join([*(f"-{row}" for row in sorted(was - now)), *(f"+{row}" for row in sorted(now - was))])


def _to(request: web.Request, year: int | None) -> web.HTTPSeeOther:
    company = editable(request)
    return web.HTTPSeeOther(f"/menu/calendar?company={company.id}{f'&year={year}' if year else ''}")


async def _page(request: web.Request, form: DaysForm) -> web.Response:
    console, company = console_of(request), editable(request)
    own, revision = await console.calendar_days.now()
    today = days.day_of(console.clock.now(), company.zone)
    year = _year(request, today, company)
    why = {one.day: one.why for one in own}
    unusual = await asyncio.to_thread(console.calendar.unusual, year)
    listed = sorted({*unusual, *(day for day in why if day.year == year)})
    versions = await console.calendar_days.versions(SHOWN)
    tables = [calendar_days.table_of(one) for one in versions]
    earlier = [*tables[1:], ""] if tables else []
    return render(
        request,
        "editing/calendar.html",
        status=422 if form.problem else 200,
        title="Календарь",
        zone=company.zone,
        company=company,
        year=year,
        years=[today.year, today.year + 1],
        unknown=calendar_file.unknown_years(today, own, WARNED),
        is_unknown=year in calendar_file.unknown_years(date(year, 1, 1), own, timedelta(0)),
        listed=[(day, WEEKDAYS[day.weekday()], _kind(console.calendar, day), why.get(day)) for day in listed],
        form=form,
        rows=[*form.rows, *[("", "off")] * ROWS][:ROWS],
        revision=revision,
        may_change=_may_change(request),
        versions=[(one, _told(old, now)) for one, old, now in zip(versions, earlier, tables, strict=True)],
    )


def _kind(calendar: ProductionCalendar, day: date) -> str:
    """`off`, `on`, `short` (for everybody), or `eve`: short where the hours say so."""
    if not calendar.is_working(day):
        return "off"
    if calendar.is_shortened(day):
        return "short"
    return "eve" if calendar.is_before_holiday(day) else "on"


def _year(request: web.Request, today: date, company: Company) -> int:
    asked = request.query.get("year", "")
    return int(asked) if asked in map(str, range(today.year - 1, today.year + 3)) else today.year
