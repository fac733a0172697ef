"""`/erasure`: people's requests to erase what is theirs: written down, looked at, carried out by a second person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.console import Console, actor_of, console_of
from agent_console.people import audit, people, privacy
from agent_console.people.erasing import requests
from agent_console.people.erasing.erasing import Erasing
from agent_console.people.erasing.models import ErasureRequest, RequestState
from agent_console.people.erasing.requests import Asked
from agent_console.people.models import AuditAction
from agent_console.people.permissions import Permission
from agent_console.web.company import companies_of, company_asked
from agent_console.web.render import render
from agent_console.web.routes import MenuEntry, add, add_entry
from agent_console.web.security import address

SHOWN: Final = 200
ID: Final = "{id:[0-9a-f]{32}}"
STATES: Final = {
    RequestState.FILED: "ждёт второго человека",
    RequestState.CARRIED_OUT: "исполнено",
    RequestState.REFUSED: "отказано",
}


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/erasure", page, permission=Permission.RECORDING_HOLD)
    add(app, "POST", "/erasure", file, permission=Permission.RECORDING_HOLD)
    add(app, "GET", f"/erasure/{ID}", look, permission=Permission.RECORDING_HOLD)
    add(app, "POST", f"/erasure/{ID}/carry-out", carry_out, permission=Permission.RECORDING_HOLD)
    add(app, "POST", f"/erasure/{ID}/refuse", refuse, permission=Permission.RECORDING_HOLD)
    add_entry(app, MenuEntry(56, "Удаление", "/erasure", "shield", Permission.RECORDING_HOLD, key="x"))


async def page(request: web.Request) -> web.Response:
    """The requests to a company, and the form of a new one."""
    console, actor = console_of(request), actor_of(request)
    company = company_asked(request)
    async with console.db.read() as session:
        found = await requests.of_company(session, company.id, visible_to=actor.scope, most=SHOWN)
        names = await people.names(session, _signatures(found))
    return render(
        request,
        "erasure.html",
        title="Удаление данных по требованию",
        found=found,
        states=STATES,
        spelled=lambda who: people.spelled(who, names),
        of_company=company,
        zone=company.zone,
        choices=companies_of(console, actor),
    )


async def file(request: web.Request) -> web.StreamResponse:
    """Write a request down; nothing is erased yet."""
    console, actor, sent = console_of(request), actor_of(request), await request.post()
    company = company_asked(request)
    asked = Asked(*(str(sent.get(name, "")).replace("\0", "") for name in Asked.__slots__))
    async with console.db.write() as session:
        row = requests.file(session, company.id, asked, of=actor.scope, actor=actor.signature, at=console.clock.now())
        _note(request, session, AuditAction.ERASURE_ASKED, row.id)
    raise web.HTTPSeeOther(f"/erasure/{row.id}")


async def look(request: web.Request) -> web.Response:
    """One request: what would go, what stays and why; or what became of it."""
    console, actor = console_of(request), actor_of(request)
    row, prospect = await _erasing(console).look(request.match_info["id"], visible_to=actor.scope)
    company = console.companies.by_id(row.company_id)
    async with console.db.read() as session:
        names = await people.names(session, _signatures([row]))
    return render(
        request,
        "erasure_request.html",
        title="Требование об удалении",
        asked=row,
        prospect=prospect,
        states=STATES,
        spelled=lambda who: people.spelled(who, names),
        number=lambda value: privacy.shown(actor, "phone", value),
        mail=lambda value: privacy.shown(actor, "email", value),
        zone=company.zone,
        company=company,
    )


async def carry_out(request: web.Request) -> web.StreamResponse:
    """Erase what may go, as the second person."""
    console, actor, id = console_of(request), actor_of(request), request.match_info["id"]
    done = await _erasing(console).carry_out(id, actor=actor.signature, visible_to=actor.scope)
    async with console.db.write() as session:
        _note(request, session, AuditAction.ERASURE_CARRIED_OUT, id, ", ".join(done))
    raise web.HTTPSeeOther(f"/erasure/{id}")


async def refuse(request: web.Request) -> web.StreamResponse:
    """Nothing is erased, and why is written down."""
    console, actor, id = console_of(request), actor_of(request), request.match_info["id"]
    reason = str((await request.post()).get("reason", "")).replace("\0", "")
    async with console.db.write() as session:
        row = await requests.find(session, id, visible_to=actor.scope, lock=True)
        requests.refuse(row, reason=reason, actor=actor.signature, at=console.clock.now())
        _note(request, session, AuditAction.ERASURE_REFUSED, id)
    raise web.HTTPSeeOther(f"/erasure/{id}")


def _erasing(console: Console) -> Erasing:
    return Erasing(console.db, console.clock, console.settings, console.store, console.incoming)


def _signatures(found: Sequence[ErasureRequest]) -> list[str]:
    return [who for one in found for who in (one.filed_by, one.decided_by) if who]


def _note(request: web.Request, session: AsyncSession, action: AuditAction, id: str, detail: str = "") -> None:
    audit.note(
        session,
        console_of(request).clock,
        user_id=actor_of(request).user_id,
        action=action,
        subject=f"erasure:{id}",
        detail=detail,
        address=address(request),
    )
