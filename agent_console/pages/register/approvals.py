"""`/approvals`: refusals that wait for a second person (R13)."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from agent_console.console import actor_of, console_of
from agent_console.people import people
from agent_console.people.permissions import Permission
from agent_console.register import rows
from agent_console.register.rows import AppealRow
from agent_console.web.company import company_asked
from agent_console.web.render import render
from agent_console.web.routes import MenuEntry, add, add_entry
from appeals.finding import appeals
from appeals.models import Refusal
from appeals.taxonomy import shipped

SHOWN = 200


@dataclass(frozen=True, slots=True)
class WaitingRefusal:
    """One refusal that was proposed."""

    row: AppealRow
    refusal: Refusal
    ground: str
    by: str
    mine: bool


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "GET", "/approvals", page, permission=Permission.APPEAL_APPROVE)
    add_entry(app, MenuEntry(35, "На утверждение", "/approvals", "check", Permission.APPEAL_APPROVE, key="u"))


async def page(request: web.Request) -> web.Response:
    """The list, those first that have waited longest."""
    console, actor = console_of(request), actor_of(request)
    company = company_asked(request)
    async with console.db.read() as session:
        found = dict(await appeals.to_approve(session, company.id, visible_to=actor.scope, most=SHOWN))
        lines = await rows.shown(session, list(found), actor, company, console.clock.now())
        names = await people.names(session, [one.proposed_by for one in found.values()])
    waiting = [
        WaitingRefusal(
            row,
            refusal,
            shipped().refusal_grounds[refusal.ground].title,
            people.spelled(refusal.proposed_by, names),
            refusal.proposed_by == actor.signature,
        )
        for row in lines
        if (refusal := found[row.line.number])
    ]
    return render(
        request,
        "approvals.html",
        title="На утверждение",
        waiting=waiting,
        of_company=company,
        zone=company.zone,
        companies=list(console.companies) if actor.company_id is None else [],
    )
