"""`/`: straight to the page a person works on, or the list of what is open to him."""

from __future__ import annotations

from aiohttp import web

from agent_console.console import actor_of, console_of
from agent_console.permissions import Access
from agent_console.render import TEMPLATES, render
from agent_console.routes import add


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "GET", "/", page, permission=Access.SIGNED_IN)


async def page(request: web.Request) -> web.Response:
    """The person's places."""
    zone = request.app[TEMPLATES].zone_of(actor_of(request))
    return render(
        request, "home.html", title="Главная", greeting=greeting(console_of(request).clock.now().astimezone(zone).hour)
    )


def greeting(hour: int) -> str:
    """How one greets at that hour of the day."""
    if 5 <= hour < 12:
        return "Доброе утро"
    if 12 <= hour < 18:
        return "Добрый день"
    return "Добрый вечер" if 18 <= hour < 23 else "Доброй ночи"
