"""`/card/ID/heard`: what the caller told the robot, in words, once a machine has heard it; what is kept beside."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls.listening import said
from agent_console.card.form import HEARD
from agent_console.card.requested import CALL, RequestedCall, requested_call
from agent_console.console import console_of
from agent_console.people.permissions import Permission
from agent_console.web.render import render
from agent_console.web.routes import add
from appeals.casework import voiced
from appeals.register import Registered
from quality.transcripts import spoken_text
from quality.transcripts.spoken_text import SpokenText
from worklist import unregistered
from worklist.models import WorkItem


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "GET", f"/card/{CALL}/heard", heard, permission=Permission.CARD_WRITE)


async def heard(request: web.Request) -> web.Response:
    """The words if they have come meanwhile: they are offered, and the form is left as it was typed."""
    async with console_of(request).db.read() as session:
        card = await requested_call(request, session)
        half_told = await unregistered.of_call(session, card.company.id, card.call.id)
        told = await told_in(session, card, half_told)
    if told is None:  # registered meanwhile, or ended
        return web.Response(text='<div id="heard"></div>', content_type="text/html")
    if told.recording is not None and told.sentences:
        await said.was_read(request, told.recording)
    return render(request, "parts/heard.html", block="heard", title="", told=told, again=again(card), taken=False)


def again(card: RequestedCall) -> str:
    """Where the form asks for words that have not come yet."""
    return f"/card/{card.call.id}/heard"


async def told_in(session: AsyncSession, card: RequestedCall, half_told: WorkItem | None) -> SpokenText | None:
    """What an appeal can be made of here, in words; None when nothing of this call waits to be registered."""
    if half_told is None or half_told.recording_id is None:
        return None
    available = card.console.ears.available
    return await spoken_text.of_recording(session, half_told.recording_id, available=available)


async def keep(
    session: AsyncSession, card: RequestedCall, values: Mapping[str, str], told: SpokenText | None, made: Registered
) -> None:
    """Beside an appeal whose form began with what a machine had heard, that is kept."""
    if told is not None and told.sentences and values.get(HEARD) == told.recording_id:
        at = card.console.clock.now()
        await voiced.keep(session, made.appeal_id, told.text, card.actor.signature, at)
