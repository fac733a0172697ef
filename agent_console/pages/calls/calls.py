"""`/calls`: every call, newest first, narrowed by period, number, what became of it, queue and agent."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from agent_console.calls import call_log
from agent_console.calls.call_log import RESULTS
from agent_console.calls.history_table import agents_of
from agent_console.console import actor_of, console_of
from agent_console.pages.wallboard import chosen, companies_of
from agent_console.people.permissions import Permission
from agent_console.register import privacy
from agent_console.web.render import render
from agent_console.web.routes import Entry, add, add_entry


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "GET", "/calls", page, permission=Permission.CALL_READ)
    add_entry(app, Entry(25, "Звонки", "/calls", "phone-in", Permission.CALL_READ, key="c"))


async def page(request: web.Request) -> web.Response:
    """One page of the list."""
    console, actor = console_of(request), actor_of(request)
    choices = companies_of(console, actor)
    company = chosen(choices, request.query.get("company", ""))
    today = console.clock.now().astimezone(company.zone).date()
    async with console.db.read() as session:
        agents = await agents_of(session, company.id)
        asked = call_log.read(request.query, company, agents, today)
        lines, further = await call_log.page(session, actor, company, asked)
    periods = {
        "Сегодня": (today, today),
        "Вчера": (today - timedelta(days=1), today - timedelta(days=1)),
        "7 дней": (today - timedelta(days=6), today),
        "30 дней": (today - timedelta(days=29), today),
    }
    return render(
        request,
        "calls.html",
        title="Звонки",
        zone=company.zone,
        company=company,
        choices=choices,
        asked=asked,
        lines=lines,
        further=further,
        agents=agents,
        results=RESULTS,
        queues={queue: company.queue_name(queue) for queue in sorted(company.queues)},
        branches=[one for one in company.branches if not actor.branch or one.id == actor.branch],
        periods={name: (first.isoformat(), last.isoformat()) for name, (first, last) in periods.items()},
        number=lambda value: privacy.shown(actor, "phone", value),
    )
