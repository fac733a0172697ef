"""`/appeals`: the register as a worklist — what is late, what is mine, what was looked for."""

from __future__ import annotations

from aiohttp import web

from agent_console.console import Console, actor_of, console_of
from agent_console.people.permissions import Actor, Permission
from agent_console.register import asked as question
from agent_console.register import people, rows
from agent_console.web.render import render
from agent_console.web.routes import Entry, add, add_entry
from appeals.states import TITLES
from appeals.taxonomy import shipped
from gridline.companies import Company
from gridline.errors import InvalidInput


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "GET", "/appeals", page, permission=Permission.APPEAL_READ)
    add_entry(app, Entry(30, "Обращения", "/appeals", "register", Permission.APPEAL_READ, key="a"))


async def page(request: web.Request) -> web.StreamResponse:
    """One page of the list; a number that is looked for opens at once."""
    console, actor = console_of(request), actor_of(request)
    company = company_asked(request, console, actor)
    now = console.clock.now()
    async with console.db.read() as session:
        owners = await people.owners(session, actor, company.id, actor.branch or None)
        asked = question.read(request.query, actor, company, [one.removeprefix("user:") for one, _ in owners])
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
        request, "appeals.html", title="Обращения", asked=asked, found=found, wrong=wrong, counts=counts,
        views=question.VIEWS, states=TITLES, codes=shipped(), owners=owners, of_company=company, zone=company.zone,
        companies=list(console.companies) if actor.company_id is None else [],
        kinds=question.kinds(actor), searching=bool(asked.q) and question.phone_in(asked.q) is None,
    )  # fmt: skip


def company_asked(request: web.Request, console: Console, actor: Actor) -> Company:
    """Whose register: a person's own company, or the one named by whoever sees them all (the first by default).

    Raises NotHis for another company's.
    """
    wanted = request.query.get("company", "") or actor.company_id or next(iter(console.companies)).id
    actor.must_see(wanted)
    return console.companies.by_id(wanted)
