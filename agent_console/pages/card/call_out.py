"""From the card: a technician called out to the meter, or the office to who cannot come; a half-day, the number."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.card import homes
from agent_console.card.agreed import agreed
from agent_console.card.requested import CALL, RequestedCall, requested_call
from agent_console.console import console_of
from agent_console.pages.card.appeal import talk_of
from agent_console.people import privacy
from agent_console.people.permissions import Permission
from agent_console.web.render import render, wants_part
from agent_console.web.routes import add
from agent_console.worklist import visits
from appeals import numbering
from appeals.finding import appeals
from grid.models import Premise
from gridline.calendar.call_outs import CallOutWork
from gridline.companies import Company
from gridline.db import new_id
from gridline.errors import InvalidInput
from gridline.numbers.phones import parse, printable, takes_messages
from outreach import texts
from outreach.models import Purpose
from worklist.steps.called_out import WORKS, CallOutAsked, CallOutBooked

LONGEST_PLACE: Final = 200
MESSAGE: Final = "message"
"""The tick of a caller who agrees to a message."""
ASKED: Final = "Прислать сообщением день, время и номер заявки? (спросил оператор)"
_KEY: Final = re.compile("[0-9a-f]{32}")


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", f"/card/{CALL}/call-outs", shown, permission=Permission.APPOINTMENT_WRITE)
    add(app, "POST", f"/card/{CALL}/call-outs", book, permission=Permission.APPOINTMENT_WRITE)


async def shown(request: web.Request) -> web.Response:
    """The form with the half-days that are free."""
    async with console_of(request).db.read() as session:
        card = await requested_call(request, session)
        return await _part(request, session, card)


async def book(request: web.Request) -> web.Response:
    """Promise the visit. Raises InvalidInput, and Conflict where the half-day is full or one is promised already."""
    console, sent = console_of(request), {name: str(value) for name, value in (await request.post()).items()}
    async with console.db.read() as session:
        card = await requested_call(request, session)
        asked = _asked(card, await homes.of_caller(session, card), sent)
    made = await console.call_outs.book(asked)
    async with console.db.write() as session:
        if MESSAGE in sent and await _sent(session, card, asked, made):
            return await _part(request, session, card, made=made, told_by_message=True)
        return await _part(request, session, card, made=made)


async def _sent(session: AsyncSession, card: RequestedCall, asked: CallOutAsked, made: CallOutBooked) -> bool:
    """Send them the day and the number, on the consent that they gave in the talk; False: their number takes none."""
    if not takes_messages(asked.phone):
        return False
    appeal = await appeals.find(
        session, made.number, card.console.companies, visible_to=card.actor.scope, company=card.company.id
    )
    talk_id = await talk_of(session, card)
    consent = await agreed(session, card, asked.phone, Purpose.APPEAL, appeal.id, ASKED, talk_id=talk_id)
    await session.flush()
    number = numbering.written(made.number)
    await card.console.messages.queue(
        session,
        card.company.id,
        asked.phone,
        texts.called_out(card.company, made.begins, made.ends, number, home=asked.slot.home),
        Purpose.APPEAL,
        f"call-out:{made.item_id}:{made.begins:%Y%m%d%H%M}",
        consent.id,
        subject_id=appeal.id,
        call_id=card.call.id,
    )
    return True


def _asked(card: RequestedCall, known: Sequence[Premise], sent: Mapping[str, str]) -> CallOutAsked:
    """What the form asks for. Raises InvalidInput."""
    if not _KEY.fullmatch(sent.get("key", "")):
        raise InvalidInput("Форма устарела. Откройте вызов мастера снова.")
    try:
        work = CallOutWork(sent.get("work", ""))
    except ValueError:
        raise InvalidInput("Выберите, зачем вызывают мастера.") from None
    if work not in _works(card):
        raise InvalidInput("На эту работу по телефону не записывают.")
    phone = parse(sent.get("phone", "").strip() or card.call.caller or "")
    if phone is None:
        raise InvalidInput("Назовите телефон: по нему позвонят перед выездом.")
    premise = next((one for one in known if one.id == sent.get("premise")), None)
    place = premise.address if premise is not None else printable(sent.get("place", "").strip(), at_most=LONGEST_PLACE)
    if not place:
        raise InvalidInput("Назовите адрес, куда приехать.")
    about = printable(sent.get("about", "").strip(), at_most=LONGEST_PLACE)
    if work is CallOutWork.HOME_VISIT and not about:
        raise InvalidInput("Впишите, с каким вопросом приехать. О болезни не пишите.")
    return CallOutAsked(
        company=card.company,
        work=work,
        place=place,
        premise_id=premise.id if premise is not None else None,
        slot=visits.slot_of(sent.get("slot", "")),
        actor=card.actor.signature,
        phone=phone.e164,
        key=f"call-out:{sent['key']}",
        branch=_branch(card, premise),
        call_id=card.call.id,
        about=about,
    )


def heading(company: Company) -> str:
    """What the section of the card is called."""
    both = company.call_outs is not None and company.home_visits is not None
    return "Выезды" if both else "Вызов мастера" if company.call_outs is not None else "Выезд на дом"


def _works(card: RequestedCall) -> tuple[CallOutWork, ...]:
    """What this company sends somebody for."""
    meter = card.company.call_outs.works if card.company.call_outs else ()
    return (*meter, CallOutWork.HOME_VISIT) if card.company.home_visits else meter


def _branch(card: RequestedCall, premise: Premise | None) -> str:
    return (premise.branch if premise is not None else "") or card.call.branch or card.actor.branch


async def _part(
    request: web.Request,
    session: AsyncSession,
    card: RequestedCall,
    *,
    made: CallOutBooked | None = None,
    told_by_message: bool = False,
) -> web.Response:
    if not wants_part(request):
        raise web.HTTPSeeOther(f"/card/{card.call.id}")
    known = await homes.of_caller(session, card)
    branch = _branch(card, known[0] if known else None)
    works = _works(card)
    forms = [
        (home, own, await visits.choices(card.console, card.company, branch, home=home))
        for home in (False, True)
        if (own := {work: WORKS[work] for work in works if (work is CallOutWork.HOME_VISIT) is home})
    ]
    return render(
        request,
        "parts/card_call_outs.html",
        block="call_outs",
        title=heading(card.company),
        heading=heading(card.company),
        call=card.call,
        of_company=card.company,
        zone=card.company.zone,
        made=made,
        made_number=numbering.written(made.number) if made else "",
        forms=forms,
        told_by_message=told_by_message,
        homes=known,
        phone=privacy.shown(card.actor, "phone", card.call.caller) or "",
        key=new_id(),
    )
