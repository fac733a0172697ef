"""`/campaigns`: whom the robot calls after a restoration and before planned works, and a hand on the switch."""

from __future__ import annotations

from typing import Final

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.console import actor_of, console_of
from agent_console.people import audit, people
from agent_console.people.models import AuditAction
from agent_console.people.permissions import Actor, Permission
from agent_console.people.privacy import shown
from agent_console.register.messages import STATES as MESSAGE_STATES
from agent_console.web.company import companies_of, company_asked
from agent_console.web.render import render
from agent_console.web.routes import MenuEntry, add, add_entry
from agent_console.web.security import address
from outreach import campaigns, stored
from outreach.campaigns import progress
from outreach.campaigns.models import CampaignState, Said
from outreach.models import Purpose
from worklist.codes import AttemptResult

SHOWN: Final = 50
CAMPAIGN: Final = "/campaigns/{campaign:[0-9a-f]{32}}"
AGAIN: Final = "/messages/{message:[0-9a-f]{32}}/again"
STATES: Final = {
    CampaignState.RUNNING: ("идёт", "good"),
    CampaignState.STOPPED: ("остановлен", "soon"),
    CampaignState.DONE: ("закончен", ""),
    CampaignState.LAPSED: ("прерван: отключили снова", ""),
}
MOVED: Final = ("прерван: перенесли или отменили", "")
"""The state of a campaign before planned works that lapsed."""
TITLES: Final = {Purpose.RESTORED: "Обзвон по отключению", Purpose.PLANNED: "Обзвон перед отключением"}
SAID: Final = {Said.YES: "есть", Said.NO: "нет", Said.TOLD: "предупредили", Said.STOP: "просил не звонить"}
RESULTS: Final = {
    AttemptResult.TALKED: "поговорили",
    AttemptResult.NO_ANSWER: "не отвечает",
    AttemptResult.BUSY: "занято",
    AttemptResult.MACHINE: "автоответчик",
    AttemptResult.SILENT: "ответил и молчит",
    AttemptResult.FAILED: "не дозвонились",
}


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/campaigns", page, permission=Permission.CAMPAIGN_READ)
    add(app, "GET", CAMPAIGN, one, permission=Permission.CAMPAIGN_READ)
    add(app, "POST", f"{CAMPAIGN}/stop", stop, permission=Permission.CAMPAIGN_MANAGE)
    add(app, "POST", f"{CAMPAIGN}/go-on", go_on, permission=Permission.CAMPAIGN_MANAGE)
    add(app, "POST", f"{CAMPAIGN}{AGAIN}", again, permission=Permission.CAMPAIGN_MANAGE)
    add_entry(app, MenuEntry(47, "Обзвон", "/campaigns", "phone", Permission.CAMPAIGN_READ, key="o"))


async def page(request: web.Request) -> web.Response:
    """The campaigns of a company, the latest first."""
    console, actor = console_of(request), actor_of(request)
    company = company_asked(request)
    async with console.db.read() as session:
        found = {
            purpose: await progress.latest(session, company.id, purpose, visible_to=actor.scope, most=SHOWN)
            for purpose in TITLES
        }
    return render(
        request,
        "campaigns.html",
        title="Обзвон",
        restored=found[Purpose.RESTORED],
        planned=found[Purpose.PLANNED],
        states=STATES,
        moved=MOVED,
        said=Said,
        of_company=company,
        zone=company.zone,
        choices=companies_of(console, actor),
    )


async def one(request: web.Request) -> web.Response:
    """One campaign and everybody it calls, those who said «no» first."""
    console, actor = console_of(request), actor_of(request)
    async with console.db.read() as session:
        found, calls = await progress.find(session, request.match_info["campaign"], visible_to=actor.scope)
        campaign = found.campaign
        names = await people.names(session, [campaign.changed_by])
        written = await stored.of_subject(session, campaign.company_id, found.outage.id)
    return render(
        request,
        "campaign.html",
        title=f"{TITLES[campaign.purpose]} {found.outage.code}",
        progress=found,
        planned=campaign.purpose is Purpose.PLANNED,
        calls=[(call, phone_of(actor, call.phone)) for call in calls],
        messages={one.id: one for one in written},
        message_states=MESSAGE_STATES,
        by=people.spelled(campaign.changed_by, names) if campaign.changed_by else "",
        states=STATES,
        moved=MOVED,
        words=SAID,
        results=RESULTS,
        said=Said,
        zone=console.companies.by_id(campaign.company_id).zone,
    )


def phone_of(actor: Actor, phone: str) -> str:
    """A number as this person may see it."""
    return "не хранится" if phone.startswith(campaigns.NOBODY) else shown(actor, "phone", phone) or ""


async def stop(request: web.Request) -> web.StreamResponse:
    """Nobody further is called; a call under way goes on."""
    return await _set(request, CampaignState.STOPPED, AuditAction.CAMPAIGN_STOPPED)


async def go_on(request: web.Request) -> web.StreamResponse:
    """Call the rest."""
    return await _set(request, CampaignState.RUNNING, AuditAction.CAMPAIGN_RESUMED)


async def again(request: web.Request) -> web.StreamResponse:
    """Send a message again of which nobody knows whether it left."""
    console, actor, id = console_of(request), actor_of(request), request.match_info["campaign"]
    async with console.db.write() as session:
        found, _ = await progress.find(session, id, visible_to=actor.scope)
        await stored.send_again(session, request.match_info["message"], found.outage.id, console.clock.now())
        _note(request, session, AuditAction.MESSAGE_SENT_AGAIN)
    raise web.HTTPSeeOther(f"/campaigns/{id}")


async def _set(request: web.Request, state: CampaignState, action: AuditAction) -> web.StreamResponse:
    console, actor, id = console_of(request), actor_of(request), request.match_info["campaign"]
    async with console.db.write() as session:
        await campaigns.set_state(session, id, state, actor.signature, console.clock.now(), visible_to=actor.scope)
        _note(request, session, action)
    raise web.HTTPSeeOther(f"/campaigns/{id}")


def _note(request: web.Request, session: AsyncSession, action: AuditAction) -> None:
    audit.note(
        session,
        console_of(request).clock,
        user_id=actor_of(request).user_id,
        action=action,
        subject=f"campaign:{request.match_info['campaign']}",
        detail=request.match_info.get("message", ""),
        address=address(request),
    )
