"""From the card: a technician called out to the caller's meter, on a half-day that is free; the number to read out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.card import homes
from agent_console.card.requested import CALL, RequestedCall, requested_call
from agent_console.console import console_of
from agent_console.people import privacy
from agent_console.people.permissions import Permission
from agent_console.web.render import render, wants_part
from agent_console.web.routes import add
from agent_console.worklist import visits
from appeals import numbering
from grid.models import Premise
from gridline.calendar.call_outs import CallOutWork
from gridline.db import new_id
from gridline.errors import InvalidInput
from gridline.numbers.phones import parse, printable
from worklist.steps.called_out import WORKS, CallOutAsked, CallOutBooked

LONGEST_PLACE: Final = 200
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
    async with console.db.read() as session:
        return await _part(request, session, card, made=made)


def _asked(card: RequestedCall, known: Sequence[Premise], sent: Mapping[str, str]) -> CallOutAsked:
    """What the form asks for. Raises InvalidInput."""
    if not _KEY.fullmatch(sent.get("key", "")):
        raise InvalidInput("Форма устарела. Откройте вызов мастера снова.")
    try:
        work = CallOutWork(sent.get("work", ""))
    except ValueError:
        raise InvalidInput("Выберите, зачем вызывают мастера.") from None
    if card.company.call_outs is None or work not in card.company.call_outs.works:
        raise InvalidInput("На эту работу мастера по телефону не записывают.")
    phone = parse(sent.get("phone", "").strip() or card.call.caller or "")
    if phone is None:
        raise InvalidInput("Назовите телефон: мастер позвонит по нему перед выездом.")
    premise = next((one for one in known if one.id == sent.get("premise")), None)
    place = premise.address if premise is not None else printable(sent.get("place", "").strip(), at_most=LONGEST_PLACE)
    if not place:
        raise InvalidInput("Назовите адрес, куда приехать мастеру.")
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
    )


def _branch(card: RequestedCall, premise: Premise | None) -> str:
    return (premise.branch if premise is not None else "") or card.call.branch or card.actor.branch


async def _part(
    request: web.Request, session: AsyncSession, card: RequestedCall, *, made: CallOutBooked | None = None
) -> web.Response:
    if not wants_part(request):
        raise web.HTTPSeeOther(f"/card/{card.call.id}")
    known = await homes.of_caller(session, card)
    branch = _branch(card, known[0] if known else None)
    rule = card.company.call_outs
    return render(
        request,
        "parts/card_call_outs.html",
        block="call_outs",
        title="Вызов мастера",
        call=card.call,
        of_company=card.company,
        zone=card.company.zone,
        made=made,
        made_number=numbering.written(made.number) if made else "",
        works={work: WORKS[work] for work in rule.works} if rule else {},
        free_slots=await visits.choices(card.console, card.company, branch) if rule else [],
        homes=known,
        phone=privacy.shown(card.actor, "phone", card.call.caller) or "",
        key=new_id(),
    )
