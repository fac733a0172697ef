"""`/menu/edit/articles`: the articles of the knowledge base in the draft, by section: own, common, changed."""

from __future__ import annotations

import asyncio

from aiohttp import web

from agent_console.console import console_of
from agent_console.pages.calls.editing import looked_at_whole
from agent_console.people.permissions import Permission
from agent_console.web.render import render
from agent_console.web.routes import add
from grid.reference.sections import TITLES
from ivr.menus.editions import articles

UNHEARD = "Без раздела: звонящим не читают"


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "GET", "/menu/edit/articles", page, permission=Permission.LINE_EDIT)


async def page(request: web.Request) -> web.Response:
    """Every article that can be changed; a section without any is left out."""
    view, editions = await looked_at_whole(request), console_of(request).editions
    found = await asyncio.to_thread(
        articles.listed, editions.dialplan, view.company, view.draft.base, view.draft.content
    )
    titles = {**{str(code): title for code, title in TITLES.items()}, "": UNHEARD}
    sections = {title: [one for one in found if one.form.section == code] for code, title in titles.items()}
    return render(
        request,
        "editing/articles.html",
        title="Статьи",
        company=view.company,
        view=view,
        sections={title: rows for title, rows in sections.items() if rows},
    )
