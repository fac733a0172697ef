"""`/quality/calibrations`: how far reviewers agree who judged one talk blind: both totals, and kappa of each point."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from aiohttp import web

from agent_console.console import actor_of, console_of
from agent_console.people import people
from agent_console.people.permissions import Permission
from agent_console.web.company import companies_of, company_asked
from agent_console.web.render import render
from agent_console.web.routes import add
from quality.reviews import calibrations
from quality.reviews.agreement import Agreement, agreement
from quality.reviews.seen import find

PATH: Final = "/quality/calibrations"
BACK: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class PointAgreement:
    """One line of the table."""

    card: str
    point: str
    agreement: Agreement


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", PATH, page, permission=Permission.QUALITY_LEAD)
    add(app, "POST", PATH, ask, permission=Permission.QUALITY_LEAD)


async def page(request: web.Request) -> web.Response:
    """The calibrations of the last ninety days."""
    console, company = console_of(request), company_asked(request)
    scope, now = actor_of(request).judging_scope, console.clock.now()
    async with console.db.read() as session:
        rows = await calibrations.listed(session, company.id, now - BACK, now, visible_to=scope)
        pairs = await calibrations.pairs(session, rows)
        agents = await people.agents(session, company.id)
    lines = [
        PointAgreement(card.title, point.text, agreement(pairs[card.code, point.code]))
        for card in console.judging.cards
        for point in card.points
        if (card.code, point.code) in pairs
    ]
    return render(
        request,
        "quality/calibrations.html",
        title="Калибровка",
        company=company,
        choices=companies_of(console, actor_of(request)),
        rows=rows,
        lines=lines,
        agents=agents,
        titles={card.code: card.title for card in console.judging.cards},
    )


async def ask(request: web.Request) -> web.StreamResponse:
    """A talk that was judged is to be judged by two others, by the same card."""
    console, actor, sent = console_of(request), actor_of(request), await request.post()
    scope = actor.judging_scope
    async with console.db.read() as session:
        found = await find(session, str(sent.get("review", "")), visible_to=scope)
    one = found.review
    await console.judging.calibrations.ask(one.call_id, one.agent, one.card, actor.signature, visible_to=scope)
    raise web.HTTPSeeOther(PATH)
