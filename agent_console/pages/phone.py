"""What the softphone asks of the server: its SIP credentials, and the word that its page goes or is back."""

from __future__ import annotations

from aiohttp import web

from agent_console.console import Console, actor_of, console_of
from agent_console.permissions import Actor, Permission
from agent_console.routes import add
from gridline.errors import Conflict


def add_to(app: web.Application) -> None:
    """Hang the routes on the application."""
    add(app, "POST", "/phone/credentials", credentials, permission=Permission.DESK_WORK)
    add(app, "GET", "/phone/targets", targets, permission=Permission.DESK_WORK)
    add(app, "POST", "/phone/revoke", revoke, permission=Permission.DESK_WORK)
    add(app, "POST", "/phone/leaving", leaving, permission=Permission.DESK_WORK)
    add(app, "POST", "/phone/back", back, permission=Permission.DESK_WORK)


async def credentials(request: web.Request) -> web.Response:
    """A fresh secret for the telephone of whoever is signed in, and nobody else's."""
    console, actor = console_of(request), actor_of(request)
    issued = await console.phones.issue(_number(actor), _shown(console, actor))
    lifetime = issued.expires_at - console.clock.now()
    return web.json_response(
        {
            "uri": issued.uri,
            "user": issued.user,
            "password": issued.password,
            "ws": issued.ws_url,
            "expires_in_s": int(lifetime.total_seconds()),
        }
    )


async def targets(request: web.Request) -> web.Response:
    """To whom a caller can be sent on: colleagues on shift and the queues of the company, each with its name."""
    console, actor = console_of(request), actor_of(request)
    people = [
        {"to": shift.agent, "name": shift.name}
        for shift in console.desk.shifts()
        if shift.agent != actor.agent and actor.sees(shift.company_id)
    ]
    queues = {
        topic.queue: topic.name
        for company in console.companies
        if actor.sees(company.id)
        for topic in reversed(company.topics.values())
    }
    return web.json_response(people + [{"to": queue, "name": name} for queue, name in queues.items()])


async def revoke(request: web.Request) -> web.Response:
    """The softphone is switched off: its secret is worth nothing from now on."""
    await console_of(request).phones.revoke(_number(actor_of(request)))
    return web.json_response({})


async def leaving(request: web.Request) -> web.Response:
    """The page goes in mid-talk (a reload, most often): the callers wait for it."""
    parked = await console_of(request).reconnect.park_for_reload(_number(actor_of(request)))
    return web.json_response({"parked": parked})


async def back(request: web.Request) -> web.Response:
    """The page is back and its telephone registered."""
    return web.json_response({"returns": await console_of(request).reconnect.resume(_number(actor_of(request)))})


def _number(actor: Actor) -> str:
    """Raises Conflict for somebody who has no telephone number."""
    if not actor.agent:
        raise Conflict("Вам не назначен номер телефона. Скажите администратору.")
    return actor.agent


def _shown(console: Console, actor: Actor) -> str:
    """The number an agent's calls show: his company's first; of the first company, for those who serve them all."""
    company = console.companies.by_id(actor.company_id) if actor.company_id else next(iter(console.companies))
    return company.dids[0]
