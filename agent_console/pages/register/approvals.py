"""`/approvals`: refusals that wait for a second person (R13)."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import select

from agent_console.console import actor_of, console_of
from agent_console.pages.register.appeals import company_asked
from agent_console.people.permissions import Permission
from agent_console.register import people, rows
from agent_console.register.rows import Row
from agent_console.web.render import render
from agent_console.web.routes import Entry, add, add_entry
from appeals.models import Appeal, Refusal
from appeals.states import OPEN
from appeals.taxonomy import shipped

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """One refusal that was proposed."""

    row: Row
    refusal: Refusal
    ground: str
    by: str
    mine: bool


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "GET", "/approvals", page, permission=Permission.APPEAL_APPROVE)
    add_entry(app, Entry(35, "На утверждение", "/approvals", "check", Permission.APPEAL_APPROVE, key="u"))


async def page(request: web.Request) -> web.Response:
    """The list, those first that have waited longest."""
    console, actor = console_of(request), actor_of(request)
    company = company_asked(request, console, actor)
    async with console.db.read() as session:
        query = (
            select(Refusal, Appeal.number)
            .join(Appeal, Appeal.id == Refusal.appeal_id)
            .where(Appeal.company_id == company.id, Appeal.state.in_(OPEN), Refusal.approved_by.is_(None))
            .order_by(Refusal.proposed_at)
            .limit(SHOWN)
        )
        found = {number: refusal for refusal, number in (await session.execute(query)).all()}
        lines = await rows.shown(session, list(found), actor, company, console.clock.now())
        names = await people.names(session, [one.proposed_by for one in found.values()])
    waiting = [
        Waiting(
            row, refusal, shipped().refusal_grounds[refusal.ground].title, people.spelled(refusal.proposed_by, names),
            refusal.proposed_by == actor.signature,
        )
        for row in lines
        if (refusal := found[row.line.number])
    ]  # fmt: skip
    return render(
        request, "approvals.html", title="На утверждение", waiting=waiting, of_company=company, zone=company.zone,
        companies=list(console.companies) if actor.company_id is None else [],
    )  # fmt: skip
