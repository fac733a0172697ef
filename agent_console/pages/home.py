"""`/`: straight to the section a person works in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from agent_console.console import actor_of
from agent_console.people.models import Role
from agent_console.people.permissions import Access
from agent_console.web.render import entries_of, render
from agent_console.web.routes import add

OWN_WORK: Final[Mapping[Role, str]] = {
    Role.AGENT: "/desk",
    Role.SUPERVISOR: "/wallboard",
    Role.QA: "/judging",
    Role.QA_BRANCHES: "/judging",
    Role.QA_HEAD: "/judging",
    Role.DISPATCHER: "/wallboard",
    Role.MANAGER: "/menu",
    Role.CLERK: "/appeals",
    Role.SECURITY: "/appeals",
    Role.ADMIN: "/users",
}
"""Where each role begins its day."""


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "GET", "/", page, permission=Access.SIGNED_IN)


async def page(request: web.Request) -> web.Response:
    """The section of this person's own work, else the first one that is open to them; a word to those who have none."""
    actor = actor_of(request)
    entries = entries_of(request, actor)
    first = next((entry for entry in entries if entry.path == OWN_WORK[actor.role]), entries[0] if entries else None)
    if first is not None:
        raise web.HTTPSeeOther(first.path)
    return render(request, "home.html", title="Главная")
