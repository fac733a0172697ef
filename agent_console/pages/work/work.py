"""`/worklist`: «Дела», live: what somebody outside was told will be seen to, for those who may see to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from aiohttp import web

from agent_console.console import Console, actor_of, console_of
from agent_console.people.models import Role
from agent_console.people.permissions import Actor, Permission
from agent_console.web.company import companies_of, company_asked
from agent_console.web.render import render
from agent_console.web.routes import MenuEntry, add, add_entry, add_topic
from agent_console.worklist import rows
from agent_console.worklist.audience import TOPIC, Audience
from agent_console.worklist.live import WORK, WorkShown

ENDED: Final = timedelta(days=1)
"""How far back the ended ones are listed."""


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "GET", "/worklist", page, permission=Permission.WORK_READ)
    add_entry(app, MenuEntry(20, "Дела", "/worklist", "callback", Permission.WORK_READ, key="l"))
    add_topic(app, TOPIC, _own_audience)


async def page(request: web.Request) -> web.Response:
    """The open items of one company; `?ended` for those of the last day that ended."""
    console, actor = console_of(request), actor_of(request)
    company = company_asked(request)
    audience, ended = Audience.of(actor, company.id), "ended" in request.query
    live = request.app[WORK]
    if ended:
        async with console.db.read() as session:
            shown = WorkShown(await rows.ended_rows(session, audience, console.clock.now() - ENDED))
    else:
        shown = await live.look(audience)
    return render(
        request,
        "work.html",
        title="Дела",
        topics=[] if ended else [audience.topic],
        choices=companies_of(console, actor),
        rows=shown.rows,
        counts=shown.counts(),
        **live.context(audience) | {"ended": ended},
    )


async def _own_audience(console: Console, actor: Actor, name: str) -> bool:
    company_id, _, rest = name.partition(".")
    role, _, branch = rest.partition(".")
    if not actor.may(Permission.WORK_READ) or role not in set(Role):
        return False
    return any(one.id == company_id for one in companies_of(console, actor)) and Audience(
        company_id, Role(role), branch
    ) == Audience.of(actor, company_id)
