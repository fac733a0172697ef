"""`/judging/{id}/decide`: a dispute ended by the second person: the grades stand or are changed, and why is said."""

from __future__ import annotations

from aiohttp import web

from agent_console.console import actor_of, console_of
from agent_console.pages.quality.judge import LONGEST_COMMENT, REVIEW, read, show
from agent_console.pages.quality.queue import reviewer_of
from agent_console.people.permissions import Permission
from agent_console.web.routes import add
from gridline.errors import InvalidInput
from quality.reviews import seen


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "POST", f"{REVIEW}/decide", decide, permission=Permission.QUALITY_DECIDE)


async def decide(request: web.Request) -> web.StreamResponse:
    """The decision, and the worklist again; what is missing is said on the page."""
    console, actor, sent = console_of(request), actor_of(request), await request.post()
    id, scope = request.match_info["id"], actor.judging_scope
    note = str(sent.get("note") or "").replace("\0", "").strip()[:LONGEST_COMMENT]
    grades = {code: given.grade for code, given in read(sent).grades.items()}
    try:
        await console.judging.disputes.decide(id, grades, note, reviewer_of(actor), visible_to=scope)
    except InvalidInput as error:
        async with console.db.read() as session:
            found = await seen.find(session, id, visible_to=scope)
        return await show(request, found, error=error)
    raise web.HTTPSeeOther(f"/judging/{id}")
