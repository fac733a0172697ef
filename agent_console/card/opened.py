"""The call that a request is about, looked up and allowed: every route of the card begins with it."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.card import facts
from agent_console.card.view import CallFacts
from agent_console.console import Console, actor_of, console_of
from agent_console.people.permissions import Actor
from gridline.companies import Company

CALL = "{id:[0-9a-f]{32}}"
"""The part of a path that names the call."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A call with whoever works on it."""

    console: Console
    actor: Actor
    company: Company
    call: CallFacts


async def opened(request: web.Request, session: AsyncSession) -> Opened:
    """The call of this request. Raises NotFound, also for a call of another company or branch."""
    console, actor = console_of(request), actor_of(request)
    call = await facts.find(session, console.board, request.match_info["id"])
    actor.must_see(call.company_id, call.branch)
    return Opened(console, actor, console.companies.by_id(call.company_id), call)
