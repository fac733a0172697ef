"""What the softphone asks of the server: its SIP credentials, and the word that its page goes or is back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from agent_console.console import Console, actor_of, console_of
from agent_console.people.permissions import Actor, Permission
from agent_console.web.routes import add
from gridline.errors import Conflict
from ivr.desk import devices
from ivr.live.view import AgentState, LiveAgent


@dataclass(frozen=True, slots=True)
class Person:
    """Whose recording is paused."""

    agent: str
    user_id: str
    company_id: str


def add_to(app: web.Application) -> None:
    """Hang the routes on the application."""
    add(app, "POST", "/phone/credentials", credentials, permission=Permission.DESK_WORK)
    add(app, "GET", "/phone/targets", targets, permission=Permission.DESK_WORK)
    add(app, "POST", "/phone/revoke", revoke, permission=Permission.DESK_WORK)
    add(app, "POST", "/phone/leaving", leaving, permission=Permission.DESK_WORK)
    add(app, "POST", "/phone/back", back, permission=Permission.DESK_WORK)
    add(app, "GET", "/phone/state", shown_state, permission=Permission.DESK_WORK)
    add(app, "POST", "/phone/hang-up", hang_up, permission=Permission.DESK_WORK)
    add(app, "POST", "/desk/recording/pause", pause_recording, permission=Permission.DESK_WORK)
    add(app, "POST", "/desk/recording/resume", resume_recording, permission=Permission.DESK_WORK)


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


async def shown_state(request: web.Request) -> web.Response:
    """Which telephone the agent answers with, what his desk phone does, and whether the recording is paused."""
    return web.json_response(state(console_of(request), _number(actor_of(request))))


async def hang_up(request: web.Request) -> web.Response:
    """End what the agent's desk phone talks with; a browser's telephone ends its calls itself."""
    await console_of(request).desk.hang_up(_number(actor_of(request)))
    return web.json_response({})


async def pause_recording(request: web.Request) -> web.Response:
    """Identity papers are about to be dictated: silence is recorded, for a minute at the longest."""
    console, actor = console_of(request), actor_of(request)
    who = Person(_number(actor), actor.user_id, actor.company_id or "")
    await console.recording_pause.pause(who, devices.interface(who.agent, _phone(console, who.agent)))
    return web.json_response(state(console, who.agent))


async def resume_recording(request: web.Request) -> web.Response:
    """The papers are dictated."""
    console, agent = console_of(request), _number(actor_of(request))
    await console.recording_pause.resume(agent)
    return web.json_response(state(console, agent))


def state(console: Console, agent: str) -> dict[str, Any]:
    """What the telephone's bar shows that the browser does not know by itself."""
    until = console.recording_pause.until(agent)
    phone, board = _phone(console, agent), console.board
    told: dict[str, Any] = {
        "phone": phone.value,
        "line": console.line_up(),
        "recording_back_at": until.isoformat() if until is not None else None,
    }
    if phone is devices.Phone.DESK:
        member = board.agent(devices.desk_phone(agent))
        call = board.call(member.call) if member is not None and member.call is not None else None
        told["desk"] = {
            "state": _desk_state(member),
            "number": call.caller if call is not None else "",
            "recorded": call is not None and call.recording,
        }
    return told


def _desk_state(member: LiveAgent | None) -> str:
    if member is None or member.state is AgentState.UNAVAILABLE:
        return "off"
    return {AgentState.RINGING: "ringing", AgentState.TALKING: "talking"}.get(member.state, "ready")


def _phone(console: Console, agent: str) -> devices.Phone:
    """Where he takes calls: chosen with the shift, else the one in the page he looks at."""
    shift = console.desk.shift(agent)
    return shift.phone if shift is not None else devices.Phone.BROWSER


def _number(actor: Actor) -> str:
    """Raises Conflict for somebody who has no telephone number."""
    if not actor.agent:
        raise Conflict("Вам не назначен номер телефона. Скажите администратору.")
    return actor.agent


def _shown(console: Console, actor: Actor) -> str:
    """The number an agent's calls show: his company's first; of the first company, for those who serve them all."""
    company = console.companies.by_id(actor.company_id) if actor.company_id else next(iter(console.companies))
    return company.dids[0]
