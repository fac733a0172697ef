"""`/`: straight to the first section that is open to a person."""

from __future__ import annotations

from aiohttp import web

from agent_console.console import actor_of
from agent_console.people.permissions import Access
from agent_console.web.render import entries_of, render
from agent_console.web.routes import add


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "GET", "/", page, permission=Access.SIGNED_IN)


async def page(request: web.Request) -> web.Response:
    """The place where this person works; a word to those who have none."""
    entries = entries_of(request, actor_of(request))
    if entries:
        raise web.HTTPSeeOther(entries[0].path)
    return render(request, "home.html", title="Главная")
