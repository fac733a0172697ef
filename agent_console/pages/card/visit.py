"""From the card: this caller's visits to come; a new one booked, one moved or cancelled, a number to read out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.card import homes
from agent_console.card.agreed import agreed
from agent_console.card.requested import CALL, RequestedCall, requested_call
from agent_console.console import console_of
from agent_console.pages.card.appeal import talk_of
from agent_console.people import audit, privacy
from agent_console.people.models import AuditAction
from agent_console.people.permissions import Permission
from agent_console.web.query_string import QueryString
from agent_console.web.render import render, wants_part
from agent_console.web.routes import add
from agent_console.web.security import address
from grid.models import Premise
from grid.offices import booking, numbers, slots, visits
from grid.offices.booking import VisitOrder
from grid.offices.models import Appointment
from grid.offices.offices import Office
from grid.offices.serving import meant, served_places
from grid.offices.slots import OfficeTimes
from grid.reference.surveys import SurveyAbout
from gridline.db import new_id
from gridline.errors import InvalidInput, NotFound
from gridline.numbers.phones import parse, printable
from outreach import consents
from outreach import visits as told
from outreach.models import Purpose

VISIT: Final = f"/card/{CALL}/visits/{{visit:[0-9a-f]{{32}}}}"
CONSENT: Final = "survey"
"""The tick of a caller who agrees to be asked about the visit."""
ASKED: Final = "Может робот позвонить вам после визита и спросить, как вас приняли? (спросил оператор)"
LONGEST_NAME: Final = 120
_KEY: Final = re.compile("[0-9a-f]{32}")


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", f"/card/{CALL}/visits", shown, permission=Permission.APPOINTMENT_WRITE)
    add(app, "POST", f"/card/{CALL}/visits", book, permission=Permission.APPOINTMENT_WRITE)
    add(app, "POST", f"{VISIT}/cancel", cancel, permission=Permission.APPOINTMENT_WRITE)


async def shown(request: web.Request) -> web.Response:
    """The visits of this caller, and the form with the free times of the office and the day that are chosen."""
    async with console_of(request).db.read() as session:
        card = await requested_call(request, session)
        return await _part(request, session, card, request.query)


async def book(request: web.Request) -> web.Response:
    """Book a visit, or move the one that `move` names. Raises InvalidInput, SlotTaken, TooManyVisits, Conflict."""
    console, sent = console_of(request), {name: str(value) for name, value in (await request.post()).items()}
    async with console.db.write() as session:
        card = await requested_call(request, session)
        office = _office(card, sent)
        if office is None:
            raise InvalidInput("Выберите офис.")
        times, now = _times(card, office), console.clock.now()
        moved = await _moved(session, card, sent)
        order = _order(card, office, sent, moved)
        if moved is None:
            visit = await booking.book(session, times, order, now=now)
            if CONSENT in sent:
                await _may_be_asked(session, card, visit)
        else:
            visit = await booking.move(session, times, moved, order, now=now)
            where, call_id = office.address, card.call.id
            await told.tell(session, console.messages, card.company, visit, where, call_id=call_id, now=now)
        audit.note(
            session,
            console.clock,
            user_id=card.actor.user_id,
            action=AuditAction.APPOINTMENT_MOVED if moved else AuditAction.APPOINTMENT_BOOKED,
            subject=f"appointment:{visit.id}",
            detail=numbers.written(visit.number),
            address=address(request),
        )
        return await _part(request, session, card, {}, made=visit)


async def _may_be_asked(session: AsyncSession, card: RequestedCall, visit: Appointment) -> None:
    """Keep that the robot may ask about the visit. Raises InvalidInput for a number that it cannot call."""
    phone = parse(visit.phone)
    if phone is None or phone.abroad:
        raise InvalidInput("На зарубежный номер робот не звонит: снимите отметку о вопросах после визита.")
    talk_id = await talk_of(session, card)
    await agreed(session, card, visit.phone, Purpose.SURVEY, visit.number, ASKED, talk_id=talk_id)


async def cancel(request: web.Request) -> web.Response:
    """Give up one of their visits."""
    console = console_of(request)
    async with console.db.write() as session:
        card = await requested_call(request, session)
        visit = await visits.find(session, request.match_info["visit"], visible_to=card.actor.scope)
        if visit.company_id != card.company.id:
            raise NotFound("Такой записи на приём нет.")
        now, call_id = console.clock.now(), card.call.id
        await booking.cancel(session, visit, call_id=call_id, now=now)
        await told.tell_cancelled(session, console.messages, card.company, visit, call_id=call_id, now=now)
        audit.note(
            session,
            console.clock,
            user_id=card.actor.user_id,
            action=AuditAction.APPOINTMENT_CANCELLED,
            subject=f"appointment:{visit.id}",
            detail=numbers.written(visit.number),
            address=address(request),
        )
        return await _part(request, session, card, {})


def _offices(card: RequestedCall) -> tuple[Office, ...]:
    """Those of the caller's branch, or the agent's; all where neither has one."""
    told = card.console.offices.of(card.company.id)
    return told.of_branch(card.call.branch or card.actor.branch) or told.of_branch(card.actor.branch)


def _office(card: RequestedCall, given: Mapping[str, str], known: Sequence[Premise] = ()) -> Office | None:
    """The one that was chosen, else that of the caller's settlement, else the first of the branch."""
    found = _offices(card)
    wanted = given.get("office", "")
    served = served_places(found)
    theirs = (office for home in known for place in meant(served, home.settlement) for office in place.offices)
    return next((one for one in found if one.id == wanted), next(theirs, next(iter(found), None)))


def _times(card: RequestedCall, office: Office) -> OfficeTimes:
    told = card.console.offices.of(card.company.id)
    return slots.of_office(told, office, card.company.zone, card.console.calendar)


async def _moved(session: AsyncSession, card: RequestedCall, given: Mapping[str, str]) -> Appointment | None:
    """The visit that is to be moved. Raises NotFound."""
    wanted = given.get("move", "")
    if not wanted:
        return None
    found = await visits.find(session, wanted, visible_to=card.actor.scope)
    if found.company_id != card.company.id:
        raise NotFound("Такой записи на приём нет.")
    return found


def _order(card: RequestedCall, office: Office, sent: Mapping[str, str], moved: Appointment | None) -> VisitOrder:
    """What the form asks for. Raises InvalidInput."""
    try:
        starts_at = datetime.fromisoformat(sent.get("at", "")).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput("Выберите время приёма.") from None
    id, by = sent.get("key", ""), card.actor.signature
    if not _KEY.fullmatch(id):
        raise InvalidInput("Форма устарела. Откройте запись на приём снова.")
    if moved is not None:
        return VisitOrder(id, card.company.id, moved.topic, starts_at, moved.phone, by, card.call.id, moved.name)
    phone = parse(sent.get("phone", "").strip() or card.call.caller or "")
    if phone is None:
        raise InvalidInput("Назовите телефон посетителя: по нему предупредят, если офис закроется.")
    topic = sent.get("topic", "")
    if topic not in office.services:
        raise InvalidInput("Выберите, о чём будет приём: этот офис принимает не по всем темам.")
    name = printable(sent.get("name", "").strip(), at_most=LONGEST_NAME)
    return VisitOrder(id, card.company.id, topic, starts_at, phone.e164, by, card.call.id, name)


async def _part(
    request: web.Request,
    session: AsyncSession,
    card: RequestedCall,
    given: Mapping[str, str],
    *,
    made: Appointment | None = None,
) -> web.Response:
    if not wants_part(request):
        raise web.HTTPSeeOther(f"/card/{card.call.id}")
    now, told = card.console.clock.now(), card.console.offices.of(card.company.id)
    coming = await visits.to_come(
        session,
        card.company.id,
        now,
        phone=card.call.caller or "",
        call_id=card.call.id,
        visible_to=card.actor.scope,
    )
    moved = await _moved(session, card, given)
    chosen = dict(given) if moved is None or given.get("office") else {**given, "office": moved.office_id}
    office = _office(card, chosen, await homes.of_caller(session, card))
    return render(
        request,
        "parts/card_visits.html",
        block="visits",
        title="Запись на приём",
        call=card.call,
        coming=[(one, told.by_id.get(one.office_id), numbers.written(one.number)) for one in coming],
        topics={code: topic.name for code, topic in card.company.topics.items()},
        offices=_offices(card),
        office=office,
        of_company=card.company,
        zone=card.company.zone,
        moved=moved,
        moved_number=numbers.written(moved.number) if moved else "",
        made=made,
        made_number=numbers.written(made.number) if made else "",
        made_at=told.by_id.get(made.office_id) if made else None,
        topic=given.get("topic", ""),
        phone=given.get("phone", "") or privacy.shown(card.actor, "phone", card.call.caller) or "",
        visitor=given.get("name", ""),
        norm=told.booking.norm_min,
        has_survey=bool(card.console.shelf.now().surveys.of(card.company.id, SurveyAbout.VISIT)),
        agrees=CONSENT in given,
        agreed=made is not None and await consents.was_asked(session, made.company_id, made.phone, *_about(made)),
        key=new_id(),
        opened=bool(given) or moved is not None,
        **await _free(session, card, office, given, now),
    )


def _about(visit: Appointment) -> tuple[Purpose, str]:
    return Purpose.SURVEY, visit.number


async def _free(
    session: AsyncSession, card: RequestedCall, office: Office | None, given: Mapping[str, str], now: datetime
) -> dict[str, Any]:
    """The days with free times, how many each has, and the times of the one that is chosen."""
    if office is None:
        return {"days": {}, "day": None, "free": []}
    times = _times(card, office)
    taken = await booking.taken(session, card.company.id, office.id, *times.period(now))
    days = {day: free for day in times.days(now) if (free := times.free(day, now, taken))}
    day: date | None = QueryString(given).day("day")
    if day not in days:
        day = next(iter(days), None)
    return {"days": {one: len(free) for one, free in days.items()}, "day": day, "free": days[day] if day else []}
