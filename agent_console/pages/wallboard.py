"""`/wallboard`: who waits, who is free, how well the line answers; and a supervisor's word to those on shift."""

from __future__ import annotations

import json

from aiohttp import web

from agent_console.console import Console, actor_of, console_of
from agent_console.people import audit
from agent_console.people.models import AuditAction
from agent_console.people.permissions import Actor, Permission
from agent_console.wallboard.live import LIVE, QUEUE, WALLBOARD
from agent_console.web.company import companies_of, company_asked
from agent_console.web.render import render, wants_part
from agent_console.web.routes import MenuEntry, add, add_entry, add_topic
from agent_console.web.security import address
from gridline.errors import NotFound
from ivr.desk.shift import REASONS, Shift

AGENT = "/wallboard/agents/{agent:[0-9]{2,15}}"


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/wallboard", page, permission=Permission.WALLBOARD_READ)
    add(app, "GET", AGENT, agent_dialog, permission=Permission.AGENTS_MANAGE)
    add(app, "POST", f"{AGENT}/ready", ready, permission=Permission.AGENTS_MANAGE)
    add(app, "POST", f"{AGENT}/pause", pause, permission=Permission.AGENTS_MANAGE)
    add(app, "POST", f"{AGENT}/sign-off", sign_off, permission=Permission.AGENTS_MANAGE)
    add_entry(app, MenuEntry(50, "Табло", "/wallboard", "wallboard", Permission.WALLBOARD_READ, key="w"))
    add_topic(app, WALLBOARD, _own_company)
    add_topic(app, QUEUE, _own_queue)


async def page(request: web.Request) -> web.Response:
    """The board of one company; those who see several choose. `?big` is for the wall."""
    actor, live = actor_of(request), request.app[LIVE]
    company = company_asked(request)
    told = await live.look(company)
    return render(
        request,
        "wallboard.html",
        title="Табло",
        topics=[f"{WALLBOARD}:{company.id}"],
        choices=companies_of(console_of(request), actor),
        big="big" in request.query,
        wall=told.wall,
        today=told.today,
        **live.context(company),
    )


async def agent_dialog(request: web.Request) -> web.Response:
    """What a supervisor may do with this agent now."""
    shift = _shift(request)
    company = console_of(request).companies.by_id(shift.company_id)
    queues = [company.queue_name(queue) for queue in shift.queues]
    return render(
        request, "wallboard_agent.html", title=shift.name, block="dialog", shift=shift, queues=queues, reasons=REASONS
    )


async def ready(request: web.Request) -> web.StreamResponse:
    """End his pause."""
    shift = await _noted(request, AuditAction.AGENT_READIED)
    await console_of(request).desk.ready(shift.agent)
    return _done(request, f"{shift.name}: на линии")


async def pause(request: web.Request) -> web.StreamResponse:
    """No calls for him."""
    reason = str((await request.post()).get("reason", ""))
    shift = _shift(request)
    shift.pause(reason, console_of(request).clock.now())  # a reason that is not on the list is refused before the audit
    await _noted(request, AuditAction.AGENT_PAUSED, reason)
    await console_of(request).desk.pause(shift.agent, reason)
    return _done(request, f"{shift.name}: пауза «{reason}»")


async def sign_off(request: web.Request) -> web.StreamResponse:
    """End his shift; a talk goes on."""
    shift = await _noted(request, AuditAction.AGENT_SIGNED_OFF)
    await console_of(request).desk.sign_off(shift.agent)
    return _done(request, f"{shift.name}: смена закончена")


def _shift(request: web.Request) -> Shift:
    """Raises NotFound for nobody, OutOfScope for an agent of another company."""
    shift = console_of(request).desk.shift(request.match_info["agent"])
    if shift is None:
        raise NotFound("Этого оператора на смене нет.")
    actor_of(request).must_see(shift.company_id)
    return shift


async def _noted(request: web.Request, action: AuditAction, detail: str = "") -> Shift:
    """The shift, with the deed in the audit before it is done: Asterisk may be away and told later."""
    shift, console = _shift(request), console_of(request)
    async with console.db.write() as session:
        audit.note(
            session,
            console.clock,
            user_id=actor_of(request).user_id,
            action=action,
            subject=f"agent:{shift.agent}",
            detail=f"{shift.name}: {detail}" if detail else shift.name,
            address=address(request),
        )
    return shift


def _done(request: web.Request, text: str) -> web.StreamResponse:
    if not wants_part(request):
        raise web.HTTPSeeOther("/wallboard")
    told = {"toast": {"text": text, "level": "good"}, "close-dialog": {}}
    return web.Response(status=204, headers={"HX-Trigger": json.dumps(told)})


async def _own_company(console: Console, actor: Actor, name: str) -> bool:
    return actor.may(Permission.WALLBOARD_READ) and any(one.id == name for one in companies_of(console, actor))


async def _own_queue(console: Console, actor: Actor, name: str) -> bool:
    return any(name in one.queues for one in companies_of(console, actor))
