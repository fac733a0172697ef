"""`/calls/{id}`: one call from its first word to its last, with what was recorded of it."""

from __future__ import annotations

from aiohttp import web

from agent_console.calls import calls, timeline
from agent_console.calls.call_list import rows_of
from agent_console.console import actor_of, console_of
from agent_console.people import people, privacy
from agent_console.people.permissions import Permission
from agent_console.web.render import render
from agent_console.web.routes import add
from recordings.models import PLAYABLE


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "GET", r"/calls/{id:[0-9a-f]{32}}", page, permission=Permission.CALL_READ)


async def page(request: web.Request) -> web.Response:
    """The call, to those whose it is."""
    console, actor = console_of(request), actor_of(request)
    async with console.db.read() as session:
        call = await calls.find(session, request.match_info["id"], visible_to=actor.scope)
        company = console.companies.by_id(call.company_id or "")
        agents = await people.agents(session, company.id)
        told = await timeline.of_call(session, company, call, agents, visible_to=actor.scope)
        (line,) = await rows_of(session, company.id, [call], visible_to=actor.scope)
    return render(
        request,
        "call.html",
        title="Звонок",
        zone=company.zone,
        company=company,
        way=told,
        line=line,
        agents=agents,
        branch=company.branch(call.branch) if call.branch else None,
        playable=PLAYABLE,
        kinds=timeline.KINDS,
        number=lambda value: privacy.shown(actor, "phone", value),
    )
