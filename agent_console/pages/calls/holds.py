"""`/holds`: calls whose recordings may not be destroyed, and why; one person sets a hold, another lifts it."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from agent_console.calls import calls, holds
from agent_console.calls.holds import HeldCall
from agent_console.console import actor_of, console_of
from agent_console.people import audit, people, privacy
from agent_console.people.models import AuditAction
from agent_console.people.permissions import Permission
from agent_console.web.company import companies_of, company_asked
from agent_console.web.render import render
from agent_console.web.routes import MenuEntry, add, add_entry
from agent_console.web.security import address
from recordings.holds import hold, lift

SHOWN: Final = 200
ID: Final = "{id:[0-9a-f]{32}}"


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/holds", page, permission=Permission.RECORDING_HOLD)
    add(app, "POST", f"/calls/{ID}/hold", set_hold, permission=Permission.RECORDING_HOLD)
    add(app, "POST", f"/holds/{ID}/lift", lift_hold, permission=Permission.RECORDING_HOLD)
    add_entry(app, MenuEntry(55, "Запреты", "/holds", "lock", Permission.RECORDING_HOLD, key="z"))


async def page(request: web.Request) -> web.Response:
    """The holds of a company, those in force first."""
    console, actor = console_of(request), actor_of(request)
    company = company_asked(request)
    async with console.db.read() as session:
        found = await holds.of_company(session, company.id, visible_to=actor.scope, most=SHOWN)
        names = await people.names(session, [one.hold.set_by for one in found] + _lifters(found))
    return render(
        request,
        "holds.html",
        title="Запреты на уничтожение",
        found=found,
        spelled=lambda who: people.spelled(who, names),
        number=lambda value: privacy.shown(actor, "phone", value),
        of_company=company,
        zone=company.zone,
        choices=companies_of(console, actor),
    )


async def set_hold(request: web.Request) -> web.StreamResponse:
    """Keep the recordings of the call that the address names."""
    console, actor, id = console_of(request), actor_of(request), request.match_info["id"]
    reason = str((await request.post()).get("reason", ""))
    async with console.db.write() as session:
        call = await calls.find(session, id, visible_to=actor.scope)
        await hold(session, call.id, reason=reason, actor=actor.signature, at=console.clock.now())
        audit.note(
            session,
            console.clock,
            user_id=actor.user_id,
            action=AuditAction.HOLD_SET,
            subject=f"call:{call.id}",
            address=address(request),
        )
    raise web.HTTPSeeOther(f"/calls/{id}")


async def lift_hold(request: web.Request) -> web.StreamResponse:
    """Lift the hold that the address names, as the second person."""
    console, actor, id = console_of(request), actor_of(request), request.match_info["id"]
    async with console.db.write() as session:
        held = await holds.to_lift(session, id, visible_to=actor.scope)
        await lift(session, held, actor=actor.signature, at=console.clock.now())
        audit.note(
            session,
            console.clock,
            user_id=actor.user_id,
            action=AuditAction.HOLD_LIFTED,
            subject=f"call:{held.call_id}",
            address=address(request),
        )
    raise web.HTTPSeeOther("/holds")


def _lifters(found: list[HeldCall]) -> list[str]:
    return [one.hold.lifted_by for one in found if one.hold.lifted_by]
