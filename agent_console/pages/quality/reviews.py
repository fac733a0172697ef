"""`/quality/reviews`: the finished reviews of a period, of an agent or of a queue: what stands behind a figure."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from aiohttp import web

from agent_console.console import actor_of, console_of
from agent_console.people import people
from agent_console.people.permissions import Permission
from agent_console.web.company import company_asked
from agent_console.web.query_string import QueryString
from agent_console.web.render import render
from agent_console.web.routes import add
from gridline.calendar import days
from gridline.companies import Company
from quality.reviews import seen
from quality.reviews.codes import ANSWER_TITLES, CALLED_OUT

MOST: Final = 200
USUAL: Final = timedelta(days=27)


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "GET", "/quality/reviews", page, permission=Permission.QUALITY_READ)


async def page(request: web.Request) -> web.Response:
    """The latest first."""
    console, company = console_of(request), company_asked(request)
    given = QueryString(request.query)
    until = given.day("until") or days.day_of(console.clock.now(), company.zone)
    since = min(given.day("since") or until - USUAL, until)
    queue = given.code("queue", (*company.queues, CALLED_OUT), "Очередь")
    async with console.db.read() as session:
        agents = await people.agents(session, company.id)
        agent = given.code("agent", agents, "Оператор")
        found = await seen.finished(
            session,
            company.id,
            days.begins(since, company.zone),
            days.ends(until, company.zone),
            visible_to=actor_of(request).judging_scope,
            agent=agent,
            queue=queue,
            most=MOST,
        )
        names = await people.names(session, [one.reviewer for one in found])
    return render(
        request,
        "quality/reviews.html",
        title="Оценки",
        company=company,
        zone=company.zone,
        of=agents.get(agent, "") or _named(company, queue),
        period=(since, until),
        back=f"/quality?since={since}&until={until}&company={company.id}&by={'queue' if queue else 'agent'}",
        reviews=found,
        most=MOST,
        agents=agents,
        names=names,
        titles={card.code: card.title for card in console.judging.cards},
        answers=ANSWER_TITLES,
    )


def _named(company: Company, queue: str) -> str:
    if queue == CALLED_OUT:
        return "исходящие звонки"
    return company.queue_name(queue) if queue else ""
