"""`/appeals/26-000123-3/heard`: the words of an appeal that was told by voice, once a machine has heard them."""

from __future__ import annotations

from aiohttp import web

from agent_console.calls.listening import said
from agent_console.pages.register.appeal import view_of
from agent_console.people.permissions import Permission
from agent_console.register.appeal_page import PATH
from agent_console.web.render import render
from agent_console.web.routes import add


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "GET", f"{PATH}/heard", heard, permission=Permission.APPEAL_WRITE)


async def heard(request: web.Request) -> web.Response:
    """The words if they have come meanwhile: they are offered, and the form is left as it was typed."""
    told = (await view_of(request)).told
    if told is None:  # somebody has written it down
        return web.Response(text='<div id="heard"></div>', content_type="text/html")
    if told.recording is not None and told.sentences:
        await said.was_read(request, told.recording)
    return render(request, "parts/heard.html", block="heard", title="", told=told, again=request.path_qs, taken=False)
