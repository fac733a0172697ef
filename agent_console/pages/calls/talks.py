"""`/talks`: talks found by what was said in them, and by what was measured of them."""

from __future__ import annotations

from aiohttp import web

from agent_console.calls import talk_search
from agent_console.calls.talk_search import HOLDS, LENGTHS, OVERS, SILENCES
from agent_console.console import actor_of, console_of
from agent_console.people import audit, people, privacy
from agent_console.people.models import AuditAction
from agent_console.people.permissions import Permission
from agent_console.web.company import companies_of, company_asked
from agent_console.web.render import render
from agent_console.web.routes import MenuEntry, add, add_entry
from agent_console.web.security import address
from appeals.taxonomy import shipped
from gridline.calendar import days


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "GET", "/talks", page, permission=Permission.RECORDING_LISTEN)
    add_entry(app, MenuEntry(26, "Разговоры", "/talks", "search", Permission.RECORDING_LISTEN, key="s"))


async def page(request: web.Request) -> web.Response:
    """One page of what is found; whoever reads words so is written down (rule R29)."""
    console, actor = console_of(request), actor_of(request)
    company = company_asked(request)
    today = days.day_of(console.clock.now(), company.zone)
    topics = {code: row.title for code, row in shipped().topics.items()}
    async with console.db.read() as session:
        agents = await people.agents(session, company.id)
        asked = talk_search.read(request.query, company, agents, topics, today)
        rows, further = await talk_search.page(session, company, asked, privacy.spoken(actor), visible_to=actor.scope)
    if read := [row.found for row in rows if row.moments]:
        async with console.db.write() as session:
            for found in read:
                audit.note(
                    session,
                    console.clock,
                    user_id=actor.user_id,
                    action=AuditAction.TRANSCRIPT_READ,
                    subject=f"recording:{found.recording.id}",
                    detail=f"нашёл поиском, звонок {found.call.id}",
                    address=address(request),
                )
    return render(
        request,
        "talks.html",
        title="Поиск разговоров",
        zone=company.zone,
        company=company,
        choices=companies_of(console, actor),
        asked=asked,
        rows=rows,
        further=further,
        agents=agents,
        topics=topics,
        queues={queue: company.queue_name(queue) for queue in sorted(company.queues)},
        lengths={code: name for code, (name, _, _) in LENGTHS.items()},
        silences=SILENCES,
        overs=OVERS,
        holds=HOLDS,
        periods={
            "Сегодня": days.last(1, today),
            "7 дней": days.last(7, today),
            "30 дней": days.last(30, today),
        },
        says="" if console.ears.available else "Распознавание не настроено: новые разговоры по словам не находятся.",
        number=lambda value: privacy.shown(actor, "phone", value),
    )
