"""`/menu/edit/office`: one office of the draft as a form; a new one; none, while nobody is booked there."""

from __future__ import annotations

import asyncio

from aiohttp import web

from agent_console.console import console_of
from agent_console.pages.calls.editing import RefusedForm, looked_at_whole
from agent_console.pages.calls.editing.offices import save_text, text_of
from agent_console.people.permissions import Permission
from agent_console.web.render import render
from agent_console.web.routes import add
from grid.offices import closing
from grid.offices.closing import VisitsThere
from gridline.errors import InvalidInput, NotFound
from ivr.menus.editions import forms, hours, office_forms
from ivr.menus.editions.drafts import DraftMoved
from ivr.menus.editions.office_forms import OfficeForm
from ivr.menus.editions.view import DraftView

CATEGORIES = ("1", "2", "3")


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/menu/edit/office", page, permission=Permission.LINE_EDIT)
    add(app, "POST", "/menu/edit/office", save, permission=Permission.LINE_EDIT)


async def page(request: web.Request) -> web.Response:
    """The office that the address names; an empty form where it names none."""
    view = await looked_at_whole(request)
    return await _page(request, view, await asyncio.to_thread(_found, request, view))


async def save(request: web.Request) -> web.StreamResponse:
    """Put it into the draft, or take it out with `gone`. What somebody else has saved is told, and nothing is lost."""
    view, sent = await looked_at_whole(request), await request.post()
    had = await asyncio.to_thread(_found, request, view)
    id, form = request.query.get("id", ""), forms.office(sent, list(sent))
    to = f"/menu/edit/offices?company={view.company.id}"
    try:
        if had is not None and "gone" in sent:
            if (there := await _booked(request, view, id)) is not None:
                raise InvalidInput(
                    f"{there.said(had.name, view.company.zone)} Перенесите или отмените их, потом убирайте."
                )
            written, said = await asyncio.to_thread(office_forms.remove, text_of(view), id), f"убран офис «{had.name}»"
        elif had is None:
            id, written = await asyncio.to_thread(office_forms.add, text_of(view), form)
            to, said = f"{to}#office-{id}", f"новый офис «{form.name}»"
        else:
            written = await asyncio.to_thread(office_forms.write, text_of(view), id, form)
            to, said = f"{to}#office-{id}", f"офис «{form.name}»"
        await save_text(request, view, forms.revision(sent), written, said)
    except (DraftMoved, InvalidInput) as error:
        kept = had if had is not None and "gone" in sent else form
        return await _page(request, view, had, RefusedForm.of(error, kept))
    raise web.HTTPSeeOther(to)


def _found(request: web.Request, view: DraftView) -> OfficeForm | None:
    id = request.query.get("id", "")
    if not id:
        return None
    found = office_forms.listed(text_of(view)).get(id)
    if found is None:
        raise NotFound("Такого офиса в черновике нет: его могли убрать. Вернитесь к списку офисов.")
    return found


async def _booked(request: web.Request, view: DraftView, id: str) -> VisitsThere | None:
    console = console_of(request)
    async with console.db.read() as session:
        return (await closing.booked_there(session, view.company.id, [id], console.clock.now())).get(id)


async def _page(
    request: web.Request, view: DraftView, had: OfficeForm | None, refused: RefusedForm[OfficeForm] | None = None
) -> web.Response:
    id, company = request.query.get("id", ""), view.company
    schedules = await asyncio.to_thread(hours.schedules, text_of(view))
    form = refused.form if refused else had or OfficeForm()
    topics = {code: topic.name for code, topic in company.topics.items()}
    there = await _booked(request, view, id) if had else None
    return render(
        request,
        "editing/office.html",
        status=422 if refused else 200,
        title=f"Офис «{had.name}»" if had else "Новый офис",
        company=company,
        view=view,
        id=id,
        form=form,
        categories=[(one, one) for one in CATEGORIES],
        schedules=[(name, f"{name} — {one.spoken}") for name, one in schedules.items()],
        services=topics | {code: code for code in form.services if code not in topics},
        booked=there.said(had.name, company.zone) if had and there else "",
        problem=refused.problem if refused else "",
        moved=refused.moved if refused else False,
        apart=forms.apart(had, form) if refused and refused.moved and had else [],
    )
