"""`/menu/edit`: the draft of a company's menu as a tree with what callers pressed: begun, undone, published."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls import journey
from agent_console.console import actor_of, console_of
from agent_console.pages.calls.editing import editable, looked_at
from agent_console.people import audit
from agent_console.people.models import AuditAction
from agent_console.people.permissions import Permission
from agent_console.web.company import companies_of
from agent_console.web.failures import toast_header
from agent_console.web.render import render
from agent_console.web.routes import add
from agent_console.web.security import address
from grid.offices import closing
from gridline.calendar import days
from gridline.companies import Company
from gridline.errors import InvalidInput
from ivr.figures import menu, menu_tree
from ivr.figures.figures import Period
from ivr.figures.menu import MenuQuestion
from ivr.menus.editions import files, forms, office_forms
from ivr.menus.editions.edition import EditionChange
from ivr.menus.editions.editions import FilesMoved
from ivr.menus.editions.models import EditionVersion
from ivr.menus.editions.view import change_named, short, told

DAYS = 7
"""Whose presses stand at the keys: yesterday's and those of the days before."""


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/menu/edit", page, permission=Permission.LINE_EDIT)
    add(app, "POST", "/menu/edit", begin, permission=Permission.LINE_EDIT)
    add(app, "POST", "/menu/edit/undo", undo, permission=Permission.LINE_EDIT)
    add(app, "POST", "/menu/edit/drop", drop, permission=Permission.LINE_EDIT)
    add(app, "POST", "/menu/edit/publish", publish, permission=Permission.LINE_EDIT)


async def page(request: web.Request) -> web.Response:
    """The draft, or the offer to begin one."""
    return await _page(request)


async def begin(request: web.Request) -> web.StreamResponse:
    """Begin a draft of what the files hold, or go on with the one that is there; at an `article` where one is named."""
    company, sent = editable(request), await request.post()
    await console_of(request).editions.begin(company, actor_of(request).name)
    if article := forms.text(sent, "article"):
        raise web.HTTPSeeOther(f"/menu/edit/article?company={company.id}&id={quote(article)}")
    raise web.HTTPSeeOther(f"/menu/edit?company={company.id}")


async def undo(request: web.Request) -> web.StreamResponse:
    """Take the last save back."""
    company, sent = editable(request), await request.post()
    await console_of(request).editions.undo(company, forms.revision(sent), actor_of(request).name)
    raise web.HTTPSeeOther(f"/menu/edit?company={company.id}")


async def drop(request: web.Request) -> web.StreamResponse:
    """Forget the draft."""
    company = editable(request)
    await console_of(request).editions.drop(company)
    raise web.HTTPSeeOther(f"/menu?company={company.id}")


async def publish(request: web.Request) -> web.StreamResponse:
    """Let callers meet it from the next call on; the page says what is in the way."""
    company, sent = editable(request), await request.post()
    console, actor = console_of(request), actor_of(request)

    def noted(session: AsyncSession, version: EditionVersion, changed: list[EditionChange]) -> None:
        audit.note(
            session,
            console.clock,
            user_id=actor.user_id,
            action=AuditAction.EDITION_PUBLISHED,
            subject=f"edition:{company.id}/{version.number}",
            detail=told(company, changed),
            address=address(request),
        )

    note = forms.text(sent, "note", at_most=300)
    try:
        await _must_be_free(request, company)
        await console.editions.publish(company, forms.revision(sent), note, actor.name, noted)
        await console.shelf.look()  # whoever reads next, or calls, meets what was published
        await console.offices.look()
    except FilesMoved as refused:
        return await _page(request, status=422, problem=refused.message, in_the_way=refused.in_the_way)
    except InvalidInput as refused:
        return await _page(request, status=422, problem=refused.message)
    raise web.HTTPSeeOther(f"/menu/versions?company={company.id}&published=1")


async def _must_be_free(request: web.Request, company: Company) -> None:
    """Raises InvalidInput where the draft closes an office that somebody is booked at, however it came to do so."""
    console = console_of(request)
    draft, now, name = await console.editions.draft(company), console.clock.now(), files.offices_of(company)
    if draft is None:
        return
    before = (await console.editions.now(company)).files.get(name, "")
    gone = await asyncio.to_thread(office_forms.gone, before, draft.content.files.get(name, ""))
    async with console.db.read() as session:
        there = await closing.booked_there(session, company.id, gone, now)
    if there:
        told = " ".join(one.said(gone[id], company.zone) for id, one in there.items())
        raise InvalidInput(
            f"Черновик убирает офис, куда записаны люди. {told} Перенесите или отмените их, потом публикуйте."
        )


async def _page(
    request: web.Request, *, status: int = 200, problem: str = "", in_the_way: list[EditionChange] | None = None
) -> web.Response:
    console, actor, company = console_of(request), actor_of(request), editable(request)
    choices = companies_of(console, actor)
    if await console.editions.draft(company) is None:
        title = "Черновика нет"
        return render(request, "editing/none.html", title=title, company=company, choices=choices)
    view = await looked_at(request)
    yesterday = days.day_before(days.day_of(console.clock.now(), company.zone))
    since, until = days.last(DAYS, yesterday)
    asked = MenuQuestion(company.id, Period(days.begins(since, company.zone), days.ends(until, company.zone)))
    async with console.db.read() as session:
        found = await menu.figures(session, asked, visible_to=actor.scope)
    answer = render(
        request,
        "editing/draft.html",
        status=status,
        title="Правка меню",
        zone=company.zone,
        company=company,
        choices=choices,
        view=view,
        tree=menu_tree.tree(view.flow, found.places) if view.flow else None,
        exits=menu_tree.EXITS,
        offered=lambda place, key: journey.offered(view.heard(place), key),
        short=short,
        named=lambda one: change_named(one, company),
        problem=problem,
        in_the_way=in_the_way or [],
        days=DAYS,
    )
    if problem:
        answer.headers.update(toast_header(problem))
    return answer
