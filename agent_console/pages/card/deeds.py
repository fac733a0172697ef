"""From the card: tell the dispatcher of an outage, and promise to call back within the hours of the rule."""

from __future__ import annotations

from aiohttp import web

from agent_console.card.requested import CALL, requested_call
from agent_console.console import console_of
from agent_console.pages.card.card import context_of, part
from agent_console.people.permissions import Permission
from agent_console.web.failures import toast_header
from agent_console.web.routes import add
from appeals.casework import promises
from appeals.deadlines import rules
from grid import outages, premises
from grid.models import Service
from gridline.errors import InvalidInput


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "POST", f"/card/{CALL}/outage", report_outage, permission=Permission.CARD_WRITE)
    add(app, "POST", f"/card/{CALL}/callback", promise_callback, permission=Permission.CARD_WRITE)


async def report_outage(request: web.Request) -> web.Response:
    """The caller has no supply at this premise: stored for the dispatcher, joined to what is known already."""
    sent, console = await request.post(), console_of(request)
    try:
        service = Service(str(sent.get("service", Service.ELECTRICITY)))
    except ValueError as error:
        raise InvalidInput("Что отключено: электричество или вода?") from error
    async with console.db.write() as session:
        card = await requested_call(request, session)
        wanted, scope = str(sent.get("premise", "")), card.actor.scope
        premise = await premises.find(session, wanted, company_id=card.company.id, visible_to=scope)
        now = console.clock.now()
        known = await outages.current_for(session, premise, now, service=service)
        await outages.report(
            session, company_id=card.company.id, call_id=card.call.id, service=service, at=now, premise=premise
        )
    words = "Об отключении уже известно, сообщение добавлено" if known else "Передано диспетчеру"
    return web.Response(status=204, headers=toast_header(f"{words}: {premise.address}", "good"))


async def promise_callback(request: web.Request) -> web.Response:
    """Promise to call back; a call has at most one such promise open."""
    console = console_of(request)
    async with console.db.read() as session:
        card = await requested_call(request, session)
        owed = await promises.callbacks(session, [card.call.id])
    if not owed:
        await console.promises.callback(
            card.company,
            rules.of_installation(console.settings.dialplan),
            channel="phone",
            kind="appeal",
            owner=card.actor.signature,
            call_id=card.call.id,
        )
    async with console.db.read() as session:
        context = await context_of(session, card)
    return part(request, card, "callbacks", context)
