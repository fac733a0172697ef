"""`/audit`: who did what, newest first."""

from __future__ import annotations

from aiohttp import web

from agent_console.console import actor_of, console_of
from agent_console.people import audit_log, people
from agent_console.people.audit_log import ACTIONS
from agent_console.people.permissions import Permission
from agent_console.web.render import TEMPLATES, render
from agent_console.web.routes import MenuEntry, add, add_entry


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "GET", "/audit", page, permission=Permission.AUDIT_READ)
    add_entry(app, MenuEntry(95, "Журнал", "/audit", "shield", Permission.AUDIT_READ, key="j"))


async def page(request: web.Request) -> web.Response:
    """One page of the audit."""
    actor, asked = actor_of(request), audit_log.read(request.query)
    zone = request.app[TEMPLATES].zone_of(actor)
    async with console_of(request).db.read() as session:
        lines, further = await audit_log.page(session, asked, zone, visible_to=actor.scope)
        logins = await people.logins(session, visible_to=actor.scope)
    return render(
        request,
        "audit.html",
        title="Журнал действий",
        asked=asked,
        lines=lines,
        further=further,
        people=logins,
        actions=ACTIONS,
    )
