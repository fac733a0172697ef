"""`/calls/{id}`: one call from its first word to its last, with what was recorded of it."""

from __future__ import annotations

from aiohttp import web

from agent_console.calls import call_way
from agent_console.calls.call_log import PLAYABLE, lines_of
from agent_console.calls.history_table import agents_of
from agent_console.console import actor_of, console_of
from agent_console.people.permissions import TRUST, NotHis, Permission
from agent_console.register import privacy
from agent_console.web.render import render
from agent_console.web.routes import add
from gridline.errors import NotFound
from ivr.journal.models import CallRecord


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "GET", r"/calls/{id:[0-9a-f]{32}}", page, permission=Permission.CALL_READ)


async def page(request: web.Request) -> web.Response:
    """The call, to those whose it is."""
    console, actor = console_of(request), actor_of(request)
    async with console.db.read() as session:
        call = await session.get(CallRecord, request.match_info["id"])
        if call is None:
            raise NotFound("Такого звонка нет.")
        trust = await call_way.is_trust(session, call.id)
        actor.must_see(call.company_id, call.branch, kind=TRUST if trust else "")
        if call.company_id is None:
            raise NotHis("Этот номер не принадлежит ни одной компании.")
        company = console.companies.by_id(call.company_id)
        agents = await agents_of(session, company.id)
        way = await call_way.way(session, actor, company, call, agents)
        (line,) = await lines_of(session, actor, [call])
    return render(
        request,
        "call.html",
        title="Звонок",
        zone=company.zone,
        company=company,
        way=way,
        line=line,
        agents=agents,
        branch=company.branch(call.branch) if call.branch else None,
        playable=PLAYABLE,
        kinds=call_way.KINDS,
        number=lambda value: privacy.shown(actor, "phone", value),
    )
