"""`/appeals/…/messages/…/again`: a message that may have left or not goes again when a person says so."""

from __future__ import annotations

from aiohttp import web

from agent_console.console import actor_of, console_of
from agent_console.pages.campaigns import AGAIN
from agent_console.people import audit
from agent_console.people.models import AuditAction
from agent_console.people.permissions import Permission
from agent_console.register.appeal_page import PATH
from agent_console.web.routes import add
from agent_console.web.security import address
from appeals.finding import appeals
from outreach import stored


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "POST", f"{PATH}{AGAIN}", again, permission=Permission.APPEAL_WRITE)


async def again(request: web.Request) -> web.StreamResponse:
    """Send it again; who decided so stays in the audit."""
    console, actor = console_of(request), actor_of(request)
    wanted, id = request.match_info["number"], request.match_info["message"]
    async with console.db.write() as session:
        company = request.query.get("company", "")
        appeal = await appeals.find(session, wanted, console.companies, visible_to=actor.scope, company=company)
        await stored.send_again(session, id, appeal.id, console.clock.now())
        audit.note(
            session,
            console.clock,
            user_id=actor.user_id,
            action=AuditAction.MESSAGE_SENT_AGAIN,
            subject=f"appeal:{appeal.id}",
            detail=id,
            address=address(request),
        )
    raise web.HTTPSeeOther(f"/appeals/{appeal.id}#messages")
