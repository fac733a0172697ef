"""`/talks/saved`: a search of talks kept under a name, and taken away again, by nobody but its author."""

from __future__ import annotations

from urllib.parse import parse_qsl

from aiohttp import web

from agent_console.calls import talk_search
from agent_console.console import actor_of, console_of
from agent_console.pages.calls.talks import choices_of
from agent_console.people.permissions import Permission
from agent_console.web.company import company_asked
from agent_console.web.routes import add
from gridline.calendar import days
from quality.search import saved


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "POST", "/talks/saved", save, permission=Permission.RECORDING_LISTEN)
    add(app, "POST", "/talks/saved/{id}/remove", remove, permission=Permission.RECORDING_LISTEN)


async def save(request: web.Request) -> web.StreamResponse:
    """Keep the search that is open, read again first: what it cannot be is not kept."""
    console, actor, sent = console_of(request), actor_of(request), await request.post()
    company, now = company_asked(request), console.clock.now()
    today = days.day_of(now, company.zone)
    async with console.db.write() as session:
        choices = await choices_of(console, session, company)
        asked = talk_search.read(dict(parse_qsl(str(sent.get("query", "")))), company, choices, today)
        await saved.save(
            session,
            user_id=actor.user_id,
            company_id=company.id,
            name=str(sent.get("name", "")),
            query=asked.to_save(today),
            now=now,
        )
    raise web.HTTPSeeOther(asked.url())


async def remove(request: web.Request) -> web.StreamResponse:
    """Take one of one's own away."""
    console, actor = console_of(request), actor_of(request)
    async with console.db.write() as session:
        company_id = await saved.remove(session, request.match_info["id"], user_id=actor.user_id)
    raise web.HTTPSeeOther(f"/talks?company={company_id}")
