"""`/surveys`: whom the robot may ask about their visits, a campaign that asks them, and what they answered."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.console import actor_of, console_of
from agent_console.pages.campaigns import RESULTS, STATES, phone_of
from agent_console.people import audit, people
from agent_console.people.models import AuditAction
from agent_console.people.permissions import Permission
from agent_console.web.company import companies_of, company_asked
from agent_console.web.query_string import QueryString
from agent_console.web.render import render
from agent_console.web.routes import MenuEntry, add, add_entry
from agent_console.web.security import address
from gridline.companies import Company
from gridline.errors import InvalidInput
from outreach import campaigns
from outreach.campaigns.models import CampaignState
from outreach.surveys import asking, figures
from outreach.surveys.asking import VisitDays

SHOWN: Final = 50
USUAL_DAYS: Final = timedelta(days=7)
SURVEY: Final = "/surveys/{campaign:[0-9a-f]{32}}"


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/surveys", page, permission=Permission.SURVEY_READ)
    add(app, "POST", "/surveys", start, permission=Permission.SURVEY_RUN)
    add(app, "GET", SURVEY, one, permission=Permission.SURVEY_READ)
    add(app, "POST", f"{SURVEY}/stop", stop, permission=Permission.SURVEY_RUN)
    add(app, "POST", f"{SURVEY}/go-on", go_on, permission=Permission.SURVEY_RUN)
    add_entry(app, MenuEntry(48, "Опросы", "/surveys", "check", Permission.SURVEY_READ, key="y"))


async def page(request: web.Request) -> web.Response:
    """The surveys of a company, the latest first, and how many may be asked about the days that are looked at."""
    console, actor, company = console_of(request), actor_of(request), company_asked(request)
    now = console.clock.now()
    today = now.astimezone(company.zone).date()
    given = QueryString(request.query)
    days = VisitDays(given.day("first") or today - USUAL_DAYS, given.day("last") or today)
    refused = _problem(days, today)
    async with console.db.read() as session:
        found = await figures.latest(session, company.id, visible_to=actor.scope, most=SHOWN)
        free = {} if refused else await asking.may_be_asked(session, company, days, now, visible_to=actor.scope)
    return render(
        request,
        "surveys.html",
        title="Опросы",
        surveys=console.shelf.now().surveys.of(company.id),
        days=days,
        earliest=today - asking.REMEMBERED,
        today=today,
        free=len(free),
        refused=refused,
        found=found,
        states=STATES,
        of_company=company,
        zone=company.zone,
        choices=companies_of(console, actor),
    )


def _problem(days: VisitDays, today: date) -> str:
    try:
        days.check(today)
    except InvalidInput as error:
        return error.message
    return ""


async def start(request: web.Request) -> web.StreamResponse:
    """Begin to ask: the robot calls from its next round on, in the hours that are quiet for nobody."""
    console, actor, company = console_of(request), actor_of(request), company_asked(request)
    form = await request.post()
    days = _days({name: str(value) for name, value in form.items()}, company)
    survey = console.shelf.now().surveys.find(company.id, str(form.get("survey", "")))
    async with console.db.write() as session:
        made = await asking.start(
            session, company, survey, days, console.clock.now(), actor=actor.signature, visible_to=actor.scope
        )
        _note(request, session, AuditAction.SURVEY_STARTED, made.id)
    raise web.HTTPSeeOther(f"/surveys/{made.id}")


def _days(given: dict[str, str], company: Company) -> VisitDays:
    fields = QueryString(given)
    first, last = fields.day("first"), fields.day("last")
    if first is None or last is None:
        raise InvalidInput(f"Укажите оба дня приёма: о каких днях спросить посетителей «{company.name}».")
    return VisitDays(first, last)


async def one(request: web.Request) -> web.Response:
    """What one came to: each question, and who was not asked."""
    console, actor, id = console_of(request), actor_of(request), request.match_info["campaign"]
    async with console.db.read() as session:
        found = await figures.find(session, id, visible_to=actor.scope)
        missed = await figures.unreached(session, id)
        names = await people.names(session, [found.asks.started_by, found.campaign.changed_by])
    changed_by = found.campaign.changed_by
    return render(
        request,
        "survey.html",
        title=found.survey.title,
        found=found,
        missed=[(call, phone_of(actor, call.phone)) for call in missed],
        started_by=people.spelled(found.asks.started_by, names),
        by=people.spelled(changed_by, names) if changed_by else "",
        states=STATES,
        results=RESULTS,
        zone=console.companies.by_id(found.campaign.company_id).zone,
    )


async def stop(request: web.Request) -> web.StreamResponse:
    """Nobody further is called; a call under way goes on."""
    return await _set(request, CampaignState.STOPPED, AuditAction.CAMPAIGN_STOPPED)


async def go_on(request: web.Request) -> web.StreamResponse:
    """Call the rest."""
    return await _set(request, CampaignState.RUNNING, AuditAction.CAMPAIGN_RESUMED)


async def _set(request: web.Request, state: CampaignState, action: AuditAction) -> web.StreamResponse:
    console, actor, id = console_of(request), actor_of(request), request.match_info["campaign"]
    async with console.db.write() as session:
        now = console.clock.now()
        await campaigns.set_state(session, id, state, actor.signature, now, visible_to=actor.scope, surveys=True)
        _note(request, session, action, id)
    raise web.HTTPSeeOther(f"/surveys/{id}")


def _note(request: web.Request, session: AsyncSession, action: AuditAction, id: str) -> None:
    audit.note(
        session,
        console_of(request).clock,
        user_id=actor_of(request).user_id,
        action=action,
        subject=f"campaign:{id}",
        detail="",
        address=address(request),
    )
