"""`/appointments`: «Запись на приём»: an office's day, who came, who waits too long; and the visits behind form 4.2."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from agent_console.console import actor_of, console_of
from agent_console.people import audit, privacy
from agent_console.people.models import AuditAction
from agent_console.people.permissions import Actor, Permission
from agent_console.web.company import companies_of, company_asked
from agent_console.web.query_string import QueryString
from agent_console.web.render import render
from agent_console.web.routes import MenuEntry, add, add_entry
from agent_console.web.security import address
from grid.offices import booking, marks, numbers, visits
from grid.offices.marks import VisitMark
from grid.offices.models import Appointment, VisitState
from grid.offices.offices import Office
from gridline.calendar import days
from gridline.companies import Company
from gridline.errors import InvalidInput
from ivr.figures import form42
from outreach import visits as told

VISIT: Final = "/appointments/{visit:[0-9a-f]{32}}"
STATES: Final = {
    VisitState.BOOKED: ("записан", ""),
    VisitState.ARRIVED: ("пришёл, ждёт", "info"),
    VisitState.SERVED: ("принят", "good"),
    VisitState.MISSED: ("не пришёл", "late"),
    VisitState.CANCELLED: ("отменил", ""),
}
AT_WINDOW: Final = ("у окна", "soon")
MARKS: Final = {
    VisitMark.ARRIVED: "Пришёл",
    VisitMark.CALLED: "Вызвать",
    VisitMark.SERVED: "Принят",
    VisitMark.MISSED: "Не пришёл",
    VisitMark.BACK: "Вернуть",
}
COLUMNS: Final = {
    form42.SERVED: "приняты",
    form42.BOOKED: "записаны",
    form42.MISSED: "не пришли",
    form42.CANCELLED: "отменили",
    form42.LATE: "очередь и обслуживание дольше нормы",
}
"""Columns of form 4.2 that lead here."""
MOST: Final = 1000
LONGEST_DAYS: Final = 366


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One visit as a page shows it."""

    visit: Appointment
    number: str
    topic: str
    name: str
    phone: str
    state: tuple[str, str]
    marks: tuple[tuple[VisitMark, str], ...]
    waits_since: datetime | None
    """Of whoever waits or is served now."""
    late: bool
    """Queue and service took, or take, longer than the norm."""


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/appointments", page, permission=Permission.APPOINTMENT_READ)
    for one in VisitMark:
        add(app, "POST", f"{VISIT}/{one}", mark, permission=Permission.APPOINTMENT_WRITE)
    add(app, "POST", VISIT + "/cancel", cancel, permission=Permission.APPOINTMENT_WRITE)
    add_entry(app, MenuEntry(22, "Запись на приём", "/appointments", "calendar", Permission.APPOINTMENT_READ, key="r"))


async def page(request: web.Request) -> web.Response:
    """An office's day by time; with `what`, the visits of a period that one figure of form 4.2 counts."""
    console, actor, company = console_of(request), actor_of(request), company_asked(request)
    now, told = console.clock.now(), console.offices.of(company.id)
    given = QueryString(request.query)
    offices = told.of_branch(actor.branch)
    wanted = given.text("office", at_most=32) or (offices[0].id if offices else "")
    what = given.code("what", COLUMNS, "Показать")
    today = days.day_of(now, company.zone)
    since = given.day("since") or given.day("day") or today
    until = (given.day("until") if what else None) or since
    if not timedelta() <= until - since <= timedelta(days=LONGEST_DAYS):
        raise InvalidInput("Период указан неверно: не дольше года, и начало не позже конца.")
    norm = timedelta(minutes=told.booking.norm_min)
    period = (days.begins(since, company.zone), days.ends(until, company.zone))
    async with console.db.read() as session:
        found = await visits.of_office(session, company.id, wanted, *period, visible_to=actor.scope)
    if what:
        # The figure counts what has come by now: so does its list.
        found = [one for one in found if one.starts_at <= now and what in form42.columns_of(one, norm, now)]
    rows = [_row(one, company, actor, norm, now) for one in found[:MOST]]
    return render(
        request,
        "appointments.html",
        title="Запись на приём",
        rows=rows,
        more=len(found) - len(rows),
        summary=_summary(found, norm, now),
        office=_office(offices, wanted),
        office_id=wanted,
        offices=offices,
        norm=told.booking.norm_min,
        what=COLUMNS.get(what, ""),
        since=since,
        until=until,
        today=today,
        day_before=since - timedelta(days=1),
        day_after=since + timedelta(days=1),
        of_company=company,
        zone=company.zone,
        choices=companies_of(console, actor),
        query=_query(company, wanted, since),
        may_mark=actor.may(Permission.APPOINTMENT_WRITE) and not what,
    )


async def mark(request: web.Request) -> web.StreamResponse:
    """Mark what the visitor does; the day is shown again. Raises Conflict where somebody was first."""
    console, actor = console_of(request), actor_of(request)
    wanted = VisitMark(request.path.rpartition("/")[2])  # a route for each
    async with console.db.write() as session:
        visit = await visits.find(session, request.match_info["visit"], visible_to=actor.scope)
        await marks.make(session, visit, wanted, now=console.clock.now())
        audit.note(
            session,
            console.clock,
            user_id=actor.user_id,
            action=AuditAction.APPOINTMENT_MARKED,
            subject=f"appointment:{visit.id}",
            detail=f"{numbers.written(visit.number)}: {MARKS[wanted].lower()}",
            address=address(request),
        )
    raise _back(request, visit)


async def cancel(request: web.Request) -> web.StreamResponse:
    """The visitor will not come: the window is free again."""
    console, actor = console_of(request), actor_of(request)
    async with console.db.write() as session:
        visit = await visits.find(session, request.match_info["visit"], visible_to=actor.scope)
        company, now = console.companies.by_id(visit.company_id), console.clock.now()
        await booking.cancel(session, visit, call_id=None, now=now)
        await told.tell_cancelled(session, console.messages, company, visit, call_id=None, now=now)
        audit.note(
            session,
            console.clock,
            user_id=actor.user_id,
            action=AuditAction.APPOINTMENT_CANCELLED,
            subject=f"appointment:{visit.id}",
            detail=numbers.written(visit.number),
            address=address(request),
        )
    raise _back(request, visit)


def _back(request: web.Request, visit: Appointment) -> web.HTTPSeeOther:
    company = console_of(request).companies.by_id(visit.company_id)
    day = days.day_of(visit.starts_at, company.zone)
    return web.HTTPSeeOther(f"/appointments?{_query(company, visit.office_id, day)}")


def _query(company: Company, office: str, day: date) -> str:
    return urlencode({"company": company.id, "office": office, "day": day.isoformat()})


def _office(offices: tuple[Office, ...], wanted: str) -> Office | None:
    return next((one for one in offices if one.id == wanted), None)


def _row(visit: Appointment, company: Company, actor: Actor, norm: timedelta, now: datetime) -> VisitRow:
    waits = visit.state is VisitState.ARRIVED
    topic = company.topics.get(visit.topic)
    return VisitRow(
        visit,
        numbers.written(visit.number),
        topic.name if topic else visit.topic,
        privacy.shown(actor, "name", visit.name) or "",
        privacy.shown(actor, "phone", visit.phone) or "",
        AT_WINDOW if waits and visit.called_at else STATES[visit.state],
        tuple((one, MARKS[one]) for one in marks.open_to(visit)),
        form42.waited_from(visit) if waits else None,
        form42.longer_than(visit, norm, now),
    )


def _summary(found: list[Appointment], norm: timedelta, now: datetime) -> dict[str, int]:
    """How many of each, for the line above the table."""
    held = [one for one in found if one.state is not VisitState.CANCELLED]
    return {
        "записано": len(held),
        "ждут": sum(one.state is VisitState.ARRIVED and one.called_at is None for one in held),
        "приняты": sum(one.state is VisitState.SERVED for one in held),
        "не пришли": sum(one.state is VisitState.MISSED for one in held),
        "дольше нормы": sum(form42.longer_than(one, norm, now) for one in held),
    }
