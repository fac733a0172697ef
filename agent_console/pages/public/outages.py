"""`/outages`, `/outages.json`, `/outages.ics`: what is off and what will be, from memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from agent_console.console import CONSOLE, console_of
from agent_console.people.permissions import Access
from agent_console.web.public.board import BOARD, HTML, ICS, JSON, PublicBoard
from agent_console.web.render import TEMPLATES
from agent_console.web.routes import add
from gridline.errors import NotFound

LONGEST = 100


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    app[BOARD] = PublicBoard(app[CONSOLE], app[TEMPLATES])
    app.cleanup_ctx.append(app[BOARD].running)
    for path, kind in (("/outages", HTML), ("/outages.json", JSON), ("/outages.ics", ICS)):
        add(app, "GET", path, _serving(kind), permission=Access.OPEN)


def _serving(kind: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def serve(request: web.Request) -> web.Response:
        company_id = request.query.get("company", "")
        board = request.app[BOARD]
        if not company_id:
            if kind == HTML:
                return board.front.to(request)
            raise NotFound("Назовите компанию: ?company=…")
        company = console_of(request).companies.by_id(company_id)
        return board.answer(company, kind, request.query.get("place", "")[:LONGEST]).to(request)

    return serve
