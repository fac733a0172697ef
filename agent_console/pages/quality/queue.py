"""`/judging`: talks that wait to be judged, by risk and by lot, and the reviewer's own day at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from agent_console.console import actor_of, console_of
from agent_console.people import people
from agent_console.people.permissions import Actor, Permission
from agent_console.web.company import companies_of, company_asked
from agent_console.web.render import render
from agent_console.web.routes import MenuEntry, add, add_entry
from gridline.calendar import days
from quality.reviews import calibrations, candidates, seen
from quality.reviews.codes import RISK_TITLES
from quality.reviews.models import Review
from quality.reviews.reviews import Reviewer

MOST: Final = 25
"""Talks in each of the two lists: nobody hears more in a day."""


@dataclass(frozen=True, slots=True)
class ReviewDay:
    """What a reviewer did today and has in hand."""

    in_hands: Sequence[Review]
    finished: Sequence[Review]

    @property
    def average(self) -> float | None:
        """The mean total of today's reviews; None before the first."""
        totals = [one.total for one in self.finished if one.total is not None]
        return sum(totals) / len(totals) if totals else None


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/judging", page, permission=Permission.QUALITY_JUDGE)
    add(app, "POST", "/judging", claim, permission=Permission.QUALITY_JUDGE)
    add_entry(app, MenuEntry(27, "Оценка", "/judging", "recording", Permission.QUALITY_JUDGE, key="q"))


async def page(request: web.Request) -> web.Response:
    """The two lists of one company."""
    console, actor, company = console_of(request), actor_of(request), company_asked(request)
    now, scope = console.clock.now(), actor.judging_scope
    midnight = days.begins(days.day_of(now, company.zone), company.zone)
    async with console.db.read() as session:
        risky = await candidates.risky(session, company.id, now, visible_to=scope, most=MOST)
        asked = await calibrations.waiting(session, company.id, actor.signature, now, visible_to=scope, most=MOST)
        drawn = await candidates.by_lot(session, company.id, now, visible_to=scope, most=MOST)
        mine = await seen.in_hands(session, actor.signature, visible_to=scope)
        done = await seen.finished_by(session, actor.signature, midnight, visible_to=scope)
        agents = await people.agents(session, company.id)
    known = {(one.call_id, one.agent) for one in risky}
    lot = {(one.call_id, one.agent): one for one in (*asked, *drawn)}
    return render(
        request,
        "quality/queue.html",
        title="Оценка разговоров",
        zone=company.zone,
        company=company,
        choices=companies_of(console, actor),
        day=ReviewDay(mine, done),
        lists={
            "По риску": risky,
            "По жребию": [one for key, one in sorted(lot.items()) if key not in known],
        },
        agents=agents,
        branches={branch.id: branch.name for branch in company.branches},
        cards=list(console.judging.cards),
        risks=RISK_TITLES,
    )


async def claim(request: web.Request) -> web.StreamResponse:
    """Take a talk and open its card."""
    console, actor, sent = console_of(request), actor_of(request), await request.post()
    call, agent, card = (str(sent.get(name, "")) for name in ("call", "agent", "card"))
    review = await console.judging.reviews.claim(call, agent, card, reviewer_of(actor), visible_to=actor.judging_scope)
    raise web.HTTPSeeOther(f"/judging/{review}")


def reviewer_of(actor: Actor) -> Reviewer:
    """Whoever is signed in, as reviews name them."""
    return Reviewer(actor.signature, actor.user_id)
