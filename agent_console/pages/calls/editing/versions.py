"""`/menu/versions`: what callers met and when: who published it, what it changed, and the way back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from aiohttp import web

from agent_console.console import actor_of, console_of
from agent_console.pages.calls.editing import editable
from agent_console.people.permissions import Permission
from agent_console.web.company import companies_of
from agent_console.web.render import render
from agent_console.web.routes import add
from gridline.errors import NotFound
from ivr.menus.editions.edition import Edition, EditionChange, changes
from ivr.menus.editions.models import EditionVersion
from ivr.menus.editions.view import change_named

SHOWN: Final = 30


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/menu/versions", page, permission=Permission.LINE_EDIT)
    add(app, "POST", "/menu/versions/back", back, permission=Permission.LINE_EDIT)


async def page(request: web.Request) -> web.Response:
    """The newest versions, each with what it changed."""
    console, company = console_of(request), editable(request)
    versions = await console.editions.versions(company, most=SHOWN + 1)
    rows = await asyncio.to_thread(_rows, versions)
    return render(
        request,
        "editing/versions.html",
        title="Версии",
        zone=company.zone,
        company=company,
        choices=companies_of(console, actor_of(request)),
        rows=rows[:SHOWN],
        shown=SHOWN if len(rows) > SHOWN else 0,
        draft=await console.editions.draft(company),
        published="published" in request.query,
        named=lambda one: change_named(one, company),
    )


def _rows(versions: Sequence[EditionVersion]) -> list[tuple[EditionVersion, list[EditionChange]]]:
    contents = [Edition.of(one.content) for one in versions]
    before = [*contents[1:], *contents[-1:]]
    return [(one, changes(old, new)) for one, old, new in zip(versions, before, contents, strict=True)]


async def back(request: web.Request) -> web.StreamResponse:
    """Begin a draft of an earlier version: it is looked at, checked and published like every other."""
    company, sent = editable(request), await request.post()
    number = str(sent.get("number", ""))
    if not number.isdecimal() or len(number) > 9:
        raise NotFound("Такой версии нет.")
    editions = console_of(request).editions
    version = await editions.version(company, int(number))
    await editions.begin(company, actor_of(request).name, Edition.of(version.content))
    raise web.HTTPSeeOther(f"/menu/edit?company={company.id}")
