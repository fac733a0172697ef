"""From the card: tell the dispatcher of an outage, and promise to call back within the hours of the rule."""

from __future__ import annotations

from aiohttp import web

from agent_console.card import cards
from agent_console.card.requested import CALL, requested_call
from agent_console.console import console_of
from agent_console.pages.card.card import context_of, part
from agent_console.people.permissions import Permission
from agent_console.wallboard.dispatch.board import known_words
from agent_console.web.failures import toast_header
from agent_console.web.routes import add
from appeals.finding import appeals
from grid import outages, premises
from grid.outages import listing, tellings
from grid.outages.models import ReportChannel, Service, TellingWay
from grid.outages.reports import OutageContact
from gridline.errors import InvalidInput
from gridline.numbers import phones
from worklist import outage_reports
from worklist.callbacks import CallbackAsked


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "POST", f"/card/{CALL}/outage", report_outage, permission=Permission.CARD_WRITE)
    add(app, "POST", f"/card/{CALL}/told/{{outage:[0-9a-f]{{32}}}}", told_caller, permission=Permission.CARD_WRITE)
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
        told = OutageContact(
            card.company.id,
            service,
            now,
            channel=ReportChannel.CARD,
            call_id=card.call.id,
            phone=card.call.caller,
            premise=premise,
        )
        taken = await outage_reports.take(session, console.worklist, told, known[0] if known else None)
    for changed in taken.news:
        console.worklist.tell(changed)
    words = "Об отключении уже известно, сообщение добавлено" if known else "Передано диспетчеру"
    return web.Response(status=204, headers=toast_header(f"{words}: {premise.address}", "good"))


async def told_caller(request: web.Request) -> web.Response:
    """The agent has told this caller of an outage: kept with what was known then."""
    console = console_of(request)
    async with console.db.write() as session:
        card = await requested_call(request, session)
        outage = await listing.find(session, request.match_info["outage"], visible_to=card.actor.scope)
        words = known_words(outage, card.company.zone)
        at = console.clock.now()
        await tellings.told(session, outage.id, at, TellingWay.AGENT, words, card.call.id, card.call.caller)
    return web.Response(status=204, headers=toast_header(f"Записано: сказали об отключении {outage.code}", "good"))


async def promise_callback(request: web.Request) -> web.Response:
    """Promise to call back, about the appeal of this call where there is one; a second promise is the first one.

    Who withholds their number names one. Raises InvalidInput without any.
    """
    console = console_of(request)
    typed = str((await request.post()).get("phone", "")).strip()
    async with console.db.read() as session:
        card = await requested_call(request, session)
        call, scope = card.call, card.actor.scope
        made = await appeals.numbers_of_calls(session, card.company.id, [call.id], visible_to=scope)
        chosen = await cards.choice(session, call.id)
    asked = CallbackAsked(
        card.company.id,
        phones.read_home(typed).e164 if typed else call.caller or "",
        card.actor.signature,
        branch=call.branch,
        place=chosen.address if chosen else "",
        premise_id=chosen.premise_id if chosen else None,
        call_id=call.id,
        appeal_id=made[call.id][-1][0] if made[call.id] else None,
    )
    await console.callbacks.promise(asked)
    async with console.db.read() as session:
        context = await context_of(session, card)
    return part(request, card, "callbacks", context)
