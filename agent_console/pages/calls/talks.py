"""`/talks`: talks found by what was said in them, and by what was measured of them."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls import journey, talk_search
from agent_console.calls.talk_search import HOLDS, LENGTHS, MARKED, OVERS, SILENCES, TalkChoices
from agent_console.console import Console, actor_of, console_of
from agent_console.people import audit, people, privacy
from agent_console.people.models import AuditAction
from agent_console.people.permissions import Permission
from agent_console.web.company import companies_of, company_asked
from agent_console.web.render import render
from agent_console.web.routes import MenuEntry, add, add_entry
from agent_console.web.security import address
from appeals.taxonomy import shipped
from gridline.calendar import days
from gridline.companies import Company
from quality.search import saved


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "GET", "/talks", page, permission=Permission.RECORDING_LISTEN)
    add_entry(app, MenuEntry(26, "Разговоры", "/talks", "search", Permission.RECORDING_LISTEN, key="s"))


async def page(request: web.Request) -> web.Response:
    """One page of what is found; whoever reads words so is written down (rule R29)."""
    console, actor = console_of(request), actor_of(request)
    company = company_asked(request)
    today = days.day_of(console.clock.now(), company.zone)
    async with console.db.read() as session:
        choices = await choices_of(console, session, company)
        asked = talk_search.read(request.query, company, choices, today)
        rows, further = await talk_search.page(
            session, company, asked, privacy.spoken(actor), reader=actor.signature, visible_to=actor.scope
        )
        kept = await saved.of_person(session, actor.user_id, company.id)
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
        agents=choices.agents,
        about=choices.topics,
        places=choices.places,
        queues={queue: company.queue_name(queue) for queue in sorted(company.queues)},
        lengths={code: name for code, (name, _, _) in LENGTHS.items()},
        silences=SILENCES,
        overs=OVERS,
        holds=HOLDS,
        marked=MARKED,
        saved=kept,
        to_save="" if asked.number else asked.to_save(today),
        periods={
            "Сегодня": days.last(1, today),
            "7 дней": days.last(7, today),
            "30 дней": days.last(30, today),
        },
        says="" if console.ears.available else "Распознавание не настроено: новые разговоры по словам не находятся.",
        number=lambda value: privacy.shown(actor, "phone", value),
    )


async def choices_of(console: Console, session: AsyncSession, company: Company) -> TalkChoices:
    """The company's agents, its menu as it is now, in a storm too, and the topics of the register."""

    def words(prompt: str) -> str:
        return console.voice.book.text(prompt, company.id).replace("+", "")  # before a stressed vowel

    usual, short = (journey.places(console.flows.of(company, storm=storm), words) for storm in (False, True))
    places = usual | {name: told for name, told in short.items() if name not in usual}
    topics = {code: row.title for code, row in shipped().topics.items()}
    return TalkChoices(await people.agents(session, company.id), topics, places)
