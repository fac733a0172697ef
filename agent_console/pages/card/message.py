"""From the card: the number of an appeal sent by message, when the caller says in the talk that they want it."""

from __future__ import annotations

from aiohttp import web

from agent_console.card.agreed import agreed
from agent_console.card.requested import CALL, requested_call
from agent_console.console import console_of
from agent_console.pages.card.appeal import talk_of
from agent_console.people.permissions import Permission
from agent_console.web.failures import toast_header
from agent_console.web.routes import add
from appeals import numbering
from appeals.finding import appeals
from gridline.errors import InvalidInput
from gridline.numbers.phones import takes_messages
from outreach import texts
from outreach.models import Purpose

ASKED = "Прислать номер обращения сообщением? (спросил оператор)"


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "POST", f"/card/{CALL}/message", send_number, permission=Permission.CARD_WRITE)


async def send_number(request: web.Request) -> web.Response:
    """Send the number of an appeal made in this call; the talk's recording holds that the caller agreed."""
    console, sent = console_of(request), await request.post()
    async with console.db.write() as session:
        card = await requested_call(request, session)
        number = numbering.read(str(sent.get("number", ""))).digits
        appeal = await appeals.find(
            session, number, console.companies, visible_to=card.actor.scope, company=card.company.id
        )
        phone = (await appeals.contents(session, [appeal.id]))[appeal.id].phone
        if appeal.call_id != card.call.id:
            raise InvalidInput("Это обращение не из этого звонка: согласия на сообщение в нём не давали.")
        if not phone or not takes_messages(phone):
            raise InvalidInput("В обращении нет мобильного номера: отправить сообщение некуда.")
        talk_id = await talk_of(session, card)
        consent = await agreed(session, card, phone, Purpose.APPEAL, appeal.id, ASKED, talk_id=talk_id)
        await session.flush()
        text = texts.registered(card.company, numbering.written(appeal.number), appeal.deadline)
        await console.messages.queue(
            session,
            card.company.id,
            phone,
            text,
            Purpose.APPEAL,
            f"number:{appeal.id}:{phone}",
            consent.id,
            subject_id=appeal.id,
            call_id=card.call.id,
        )
    return web.Response(status=204, headers=toast_header("Номер обращения отправляем сообщением", "good"))
