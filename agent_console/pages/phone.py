"""What the softphone asks of the server: SIP credentials, what to dial, and the word that its page goes or is back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from agent_console.console import Console, actor_of, console_of
from agent_console.people.permissions import Actor, Permission
from agent_console.phone import NoTelephone
from agent_console.web.routes import add
from gridline.errors import InvalidInput
from gridline.numbers import phones
from ivr.desk import devices
from ivr.live.view import AgentState, LiveAgent

PLACE = "place"
"""Topic: `place:101` is told of the shift and the telephones of agent 101."""
_SHORT = re.compile(r"[0-9]{2,6}", re.ASCII)
"""A colleague's number, or 112."""
_HOLDER = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Reachable:
    """Whose recording is paused."""

    agent: str
    user_id: str
    company_id: str


@dataclass(frozen=True, slots=True)
class Target:
    """To whom a caller can be sent on."""

    name: str
    """What the agent types or chooses."""
    detail: str
    dial: str


def add_to(app: web.Application) -> None:
    """Hang the routes on the application."""
    add(app, "POST", "/phone/credentials", credentials, permission=Permission.DESK_WORK)
    add(app, "POST", "/phone/number", number, permission=Permission.DESK_WORK)
    add(app, "GET", "/phone/targets", targets, permission=Permission.DESK_WORK)
    add(app, "GET", "/phone/ring-ended", ring_ended, permission=Permission.DESK_WORK)
    add(app, "POST", "/phone/revoke", revoke, permission=Permission.DESK_WORK)
    add(app, "POST", "/phone/leaving", leaving, permission=Permission.DESK_WORK)
    add(app, "POST", "/phone/back", back, permission=Permission.DESK_WORK)
    add(app, "GET", "/phone/state", shown_state, permission=Permission.DESK_WORK)
    add(app, "POST", "/phone/hang-up", hang_up, permission=Permission.DESK_WORK)
    add(app, "POST", "/desk/recording/pause", pause_recording, permission=Permission.DESK_WORK)
    add(app, "POST", "/desk/recording/resume", resume_recording, permission=Permission.DESK_WORK)


async def credentials(request: web.Request) -> web.Response:
    """A fresh secret for the telephone of whoever is signed in, and nobody else's.

    The page says which browser it is (`holder`), and whether to `take` the telephone from another one, which is told.
    """
    console, actor = console_of(request), actor_of(request)
    agent, sent = number_of(actor), await _json(request)
    holder = str(sent.get("holder", ""))
    if not _HOLDER.fullmatch(holder):
        raise InvalidInput("Страница телефона устарела: обновите её.")
    before = console.phones.holder(agent)
    issued = await console.phones.issue(
        agent,
        _shown(console, actor),
        holder=holder,
        take=sent.get("take") is True,
        talking=bool(console.board.partners(devices.browser(agent))),
    )
    if before != holder:
        tell(console, agent)
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


async def number(request: web.Request) -> web.Response:
    """What to dial for what was typed: a colleague, a queue, or a Russian number. Refuses the rest in words."""
    console, actor = console_of(request), actor_of(request)
    typed = str((await _json(request)).get("typed", "")).strip()
    return web.json_response({"dial": dialled(typed, list(_targets(console, actor)))})


def dialled(typed: str, known: list[Target]) -> str:
    """The number or queue that Asterisk is asked for. Raises InvalidInput; of a foreign number as of any other."""
    for target in known:
        if typed.casefold() in (target.name.casefold(), target.dial):
            return target.dial
    if _SHORT.fullmatch(typed):
        return typed
    return phones.read_home(typed).e164.removeprefix("+")


async def targets(request: web.Request) -> web.Response:
    """To whom a caller can be sent on: colleagues on shift and the queues of the company, by the names people use."""
    known = _targets(console_of(request), actor_of(request))
    return web.json_response([{"name": one.name, "detail": one.detail} for one in known])


async def ring_ended(request: web.Request) -> web.Response:
    """Why the telephone in the page rings no more: `caller`, `elsewhere`, `unanswered`, or "" for not known."""
    why = await console_of(request).desk.why_ring_ended(number_of(actor_of(request)))
    return web.json_response({"why": why or ""})


async def revoke(request: web.Request) -> web.Response:
    """The softphone is switched off: its secret is worth nothing from now on."""
    await console_of(request).phones.revoke(number_of(actor_of(request)))
    return web.json_response({})


async def leaving(request: web.Request) -> web.Response:
    """The page goes in mid-talk (a reload, most often): the callers wait for it."""
    parked = await console_of(request).reconnect.park_for_reload(number_of(actor_of(request)))
    return web.json_response({"parked": parked})


async def back(request: web.Request) -> web.Response:
    """The page is back and its telephone registered."""
    return web.json_response({"returns": await console_of(request).reconnect.resume(number_of(actor_of(request)))})


async def shown_state(request: web.Request) -> web.Response:
    """Which telephone the agent answers with, what the desk phone does, and whether the recording is paused."""
    return web.json_response(state(console_of(request), number_of(actor_of(request))))


async def hang_up(request: web.Request) -> web.Response:
    """End what the agent's desk phone talks with; a browser's telephone ends its calls itself."""
    await console_of(request).desk.hang_up(number_of(actor_of(request)))
    return web.json_response({})


async def pause_recording(request: web.Request) -> web.Response:
    """Identity papers are about to be dictated: silence is recorded, for a minute at the longest."""
    console, actor = console_of(request), actor_of(request)
    who = Reachable(number_of(actor), actor.user_id, actor.company_id or "")
    await console.recording_pause.pause(who, devices.interface(who.agent, _phone(console, who.agent)))
    return web.json_response(state(console, who.agent))


async def resume_recording(request: web.Request) -> web.Response:
    """The papers are dictated."""
    console, agent = console_of(request), number_of(actor_of(request))
    await console.recording_pause.resume(agent)
    return web.json_response(state(console, agent))


def tell(console: Console, agent: str) -> None:
    """Tell the agent's pages of their telephones."""
    console.push.publish(f"{PLACE}:{agent}", "phone", json.dumps(state(console, agent)))


def state(console: Console, agent: str) -> dict[str, Any]:
    """What the telephone's bar shows that the browser does not know by itself."""
    until = console.recording_pause.until(agent)
    phone, board = _phone(console, agent), console.board
    told: dict[str, Any] = {
        "phone": phone.value,
        "line": console.line_up(),
        "recording_back_at": until.isoformat() if until is not None else None,
        "holder": console.phones.holder(agent),
    }
    if phone is devices.DeviceKind.DESK:
        member = board.agent(devices.desk_phone(agent))
        call = board.call(member.call) if member is not None and member.call is not None else None
        told["desk"] = {
            "state": _desk_state(member),
            "number": call.caller if call is not None else "",
            "recorded": call is not None and call.recording,
        }
    return told


def number_of(actor: Actor) -> str:
    """The number of the telephone of whoever asks. Raises NoTelephone for somebody who has none."""
    if not actor.agent:
        raise NoTelephone("Вам не назначен номер телефона, поэтому на звонки вы не отвечаете. Скажите администратору.")
    return actor.agent


def _desk_state(member: LiveAgent | None) -> str:
    if member is None or member.state is AgentState.UNAVAILABLE:
        return "off"
    return {AgentState.RINGING: "ringing", AgentState.TALKING: "talking"}.get(member.state, "ready")


def _targets(console: Console, actor: Actor) -> Iterator[Target]:
    for shift in console.desk.shifts():
        if shift.agent != actor.agent and actor.sees(shift.company_id):
            yield Target(f"{shift.name}, {shift.agent}", "оператор на смене", shift.agent)
    for company in console.companies:
        if actor.sees(company.id):
            for queue in sorted(company.queues, key=lambda queue: (queue != company.hotline, queue)):
                yield Target(company.queue_name(queue), "очередь", queue)


def _phone(console: Console, agent: str) -> devices.DeviceKind:
    """Where the agent takes calls: chosen with the shift, else the telephone in the page they look at."""
    shift = console.desk.shift(agent)
    return shift.phone if shift is not None else devices.DeviceKind.BROWSER


def _shown(console: Console, actor: Actor) -> str:
    """The number an agent's calls show: the first of their company; of the first company, for those who serve all."""
    company = console.companies.by_id(actor.company_id) if actor.company_id else next(iter(console.companies))
    return company.dids[0]


async def _json(request: web.Request) -> dict[str, object]:
    try:
        sent = await request.json()
    except ValueError as error:
        raise InvalidInput("Страница телефона прислала не то, что нужно: обновите её.") from error
    return sent if isinstance(sent, dict) else {}
