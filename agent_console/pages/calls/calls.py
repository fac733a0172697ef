"""`/calls`: every call, newest first, narrowed by period, number, what became of it, queue and agent."""

from __future__ import annotations

from aiohttp import web

from agent_console.calls import call_list
from agent_console.calls.call_list import RESULTS
from agent_console.console import actor_of, console_of
from agent_console.people import people, privacy
from agent_console.people.permissions import Permission
from agent_console.web.company import companies_of, company_asked
from agent_console.web.render import render
from agent_console.web.routes import MenuEntry, add, add_entry
from gridline.calendar import days


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "GET", "/calls", page, permission=Permission.CALL_READ)
    add_entry(app, MenuEntry(25, "Звонки", "/calls", "phone-in", Permission.CALL_READ, key="c"))


async def page(request: web.Request) -> web.Response:
    """One page of the list."""
    console, actor = console_of(request), actor_of(request)
    company = company_asked(request)
    today = days.day_of(console.clock.now(), company.zone)
    async with console.db.read() as session:
        agents = await people.agents(session, company.id)
        asked = call_list.read(request.query, company, agents, today)
        lines, further = await call_list.page(session, company, asked, visible_to=actor.scope)
    return render(
        request,
        "calls.html",
        title="Звонки",
        zone=company.zone,
        company=company,
        choices=companies_of(console, actor),
        asked=asked,
        lines=lines,
        further=further,
        agents=agents,
        results=RESULTS,
        queues={queue: company.queue_name(queue) for queue in sorted(company.queues)},
        branches=[one for one in company.branches if not actor.branch or one.id == actor.branch],
        periods={
            "Сегодня": days.last(1, today),
            "Вчера": days.last(1, days.day_before(today)),
            "7 дней": days.last(7, today),
            "30 дней": days.last(30, today),
        },
        number=lambda value: privacy.shown(actor, "phone", value),
        origin=lambda value: privacy.origin(actor, console.numbering.find(value)),
    )
