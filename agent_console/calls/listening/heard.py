"""Under a recording's address: `listenings` begins one with its reason, `heard` reports which seconds were played.

One way for the log: whatever sound is sent belongs to a listening. A request that names none (a link opened by hand)
begins one without a reason, which is seen as such.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from agent_console.calls.listening import listenings, stretches
from agent_console.calls.listening.models import ListeningReason
from agent_console.calls.listening.ranges import Find
from agent_console.console import actor_of, console_of
from agent_console.people.permissions import Permission
from agent_console.web.routes import add
from agent_console.web.security import address
from gridline.errors import InvalidInput
from recordings.models import Recording


def hang(app: web.Application, base: str, find: Find, permission: Permission) -> None:
    """Hang the routes under `base`."""

    async def begin(request: web.Request) -> web.Response:
        return await _begin(request, await find(request))

    async def heard(request: web.Request) -> web.Response:
        return await _heard(request, await find(request))

    add(app, "POST", f"{base}/listenings", begin, permission=permission)
    add(app, "POST", f"{base}/heard", heard, permission=permission)


async def sent(request: web.Request, recording: Recording, stretch: tuple[float, float]) -> None:
    """Write down what is about to be sent. Raises NotFound when the address names another's listening."""
    console, user_id, named = console_of(request), actor_of(request).user_id, request.query.get("listening", "")
    async with console.db.write() as session:
        if named:
            listening = await listenings.own(session, recording, named, user_id=user_id)
        else:
            listening = await listenings.begin(
                session, console.clock, recording, user_id=user_id, reason=None, address=address(request)
            )
        listenings.add_sent(listening, [list(stretch)])


async def _begin(request: web.Request, recording: Recording) -> web.Response:
    console, sent = console_of(request), await _json(request)
    try:
        reason = ListeningReason(str(sent.get("reason", "")))
    except ValueError as error:
        raise InvalidInput("Отметьте, зачем слушаете запись.") from error
    async with console.db.write() as session:
        listening = await listenings.begin(
            session,
            console.clock,
            recording,
            user_id=actor_of(request).user_id,
            reason=reason,
            address=address(request),
        )
    return web.json_response({"id": listening.id}, status=201)


async def _heard(request: web.Request, recording: Recording) -> web.Response:
    console, sent = console_of(request), await _json(request)
    played = stretches.read(sent.get("stretches"), recording.seconds or 0.0)
    async with console.db.write() as session:
        listening = await listenings.own(
            session, recording, str(sent.get("listening", "")), user_id=actor_of(request).user_id
        )
        listenings.add_heard(listening, played)
    return web.Response(status=204)


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        sent = await request.json()
    except ValueError as error:
        raise InvalidInput("Страница прислала не то, что нужно: обновите её.") from error
    return sent if isinstance(sent, dict) else {}
