"""`/appeals`: the register as a worklist — what is late, what is mine, what was looked for."""

from __future__ import annotations

from aiohttp import web

from agent_console.console import actor_of, console_of
from agent_console.people import people
from agent_console.people.permissions import Permission
from agent_console.register import list_query, rows
from agent_console.web.company import company_asked
from agent_console.web.render import render
from agent_console.web.routes import MenuEntry, add, add_entry
from appeals.states import TITLES
from appeals.taxonomy import shipped
from gridline.errors import InvalidInput


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "GET", "/appeals", page, permission=Permission.APPEAL_READ)
    add_entry(app, MenuEntry(30, "Обращения", "/appeals", "register", Permission.APPEAL_READ, key="a"))


async def page(request: web.Request) -> web.StreamResponse:
    """One page of the list; a number that is looked for opens at once."""
    console, actor = console_of(request), actor_of(request)
    company = company_asked(request)
    now = console.clock.now()
    async with console.db.read() as session:
        owners = await people.owners(session, company.id, actor.branch or None, visible_to=actor.scope)
        asked = list_query.read(request.query, actor, company, [one.removeprefix("user:") for one, _ in owners])
        try:
            found, wrong = await rows.find(session, asked, actor, company, now), ""
        except InvalidInput as error:
            if not asked.q:
                raise
            found, wrong = rows.Found((), None), error.message
        counts = await rows.counts(session, actor, company, now)
    if found.one is not None:
        raise web.HTTPSeeOther(found.one)
    return render(
        request,
        "appeals.html",
        title="Обращения",
        asked=asked,
        found=found,
        wrong=wrong,
        counts=counts,
        views=list_query.VIEWS,
        states=TITLES,
        codes=shipped(),
        owners=owners,
        of_company=company,
        zone=company.zone,
        companies=list(console.companies) if actor.company_id is None else [],
        kinds=list_query.kinds(actor),
        searching=bool(asked.q) and list_query.phone_in(asked.q) is None,
    )
