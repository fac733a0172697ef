"""The call that a request of the card is about, found for whoever asks: every route of the card begins with it."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls import calls
from agent_console.calls.calls import FoundCall
from agent_console.console import Console, actor_of, console_of
from agent_console.people.permissions import Actor
from gridline.companies import Company

CALL = "{id:[0-9a-f]{32}}"
"""The part of a path that names the call."""


@dataclass(frozen=True, slots=True)
class RequestedCall:
    """A call with whoever works on it."""

    console: Console
    actor: Actor
    company: Company
    call: FoundCall


async def requested_call(request: web.Request, session: AsyncSession) -> RequestedCall:
    """The call of this request. Raises NotFound, and OutOfScope for one that is not the person's to see."""
    console, actor = console_of(request), actor_of(request)
    call = await calls.find_anywhere(session, console.board, request.match_info["id"], visible_to=actor.scope)
    return RequestedCall(console, actor, console.companies.by_id(call.company_id), call)
