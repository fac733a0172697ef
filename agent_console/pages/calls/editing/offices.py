"""`/menu/edit/offices`: the company's offices in the draft, their schedules, and the rules of booking to read."""

from __future__ import annotations

import asyncio

from aiohttp import web

from agent_console.console import actor_of, console_of
from agent_console.pages.calls.editing import RefusedForm, looked_at_whole
from agent_console.people.permissions import Permission
from agent_console.web.render import render
from agent_console.web.routes import add
from grid.offices.offices import BookingRules
from gridline.errors import InvalidInput, NotFound
from ivr.menus.editions import files, forms, hours, office_forms
from ivr.menus.editions.drafts import DraftMoved
from ivr.menus.editions.hours import ScheduleForm
from ivr.menus.editions.office_forms import OfficeForm
from ivr.menus.editions.view import DraftView

RULES = {
    "norm_min": "сколько минут посетитель ждёт и обслуживается, вместе",
    "soonest_min": "не раньше чем за столько минут до приёма",
    "days": "на сколько дней вперёд записывают",
    "at_once": "сколько записей вперёд на один телефон",
    "keep_days": "сколько дней хранятся телефон и имя после приёма",
}


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/menu/edit/offices", page, permission=Permission.LINE_EDIT)
    add(app, "POST", "/menu/edit/offices", save_schedule, permission=Permission.LINE_EDIT)
    add(app, "GET", "/menu/edit/office", office, permission=Permission.LINE_EDIT)
    add(app, "POST", "/menu/edit/office", save, permission=Permission.LINE_EDIT)


async def page(request: web.Request) -> web.Response:
    """The list, and the schedules that offices keep."""
    return await _list(request, await looked_at_whole(request))


async def save_schedule(request: web.Request) -> web.StreamResponse:
    """Put one schedule into the draft."""
    view, sent = await looked_at_whole(request), await request.post()
    text, name, form = _text(view), forms.text(sent, "schedule"), forms.schedule(sent)
    try:
        written = await asyncio.to_thread(hours.write, text, name, form)
        await _save(request, view, forms.revision(sent), written, f"часы офисов «{name}»")
    except (DraftMoved, InvalidInput) as error:
        return await _list(request, view, error.message, isinstance(error, DraftMoved), {name: form})
    raise web.HTTPSeeOther(f"/menu/edit/offices?company={view.company.id}")


async def office(request: web.Request) -> web.Response:
    """One office."""
    view = await looked_at_whole(request)
    return await _page(request, view)


async def save(request: web.Request) -> web.StreamResponse:
    """Put it into the draft. What somebody else has saved meanwhile is told, and what was filled in stays."""
    view, sent = await looked_at_whole(request), await request.post()
    id, form = request.query.get("id", ""), forms.office(sent, list(sent))
    try:
        await asyncio.to_thread(_known, view, id)
        written = await asyncio.to_thread(office_forms.write, _text(view), id, form)
        await _save(request, view, forms.revision(sent), written, f"офис «{form.name}»")
    except (DraftMoved, InvalidInput) as error:
        return await _page(request, view, RefusedForm.of(error, form))
    raise web.HTTPSeeOther(f"/menu/edit/offices?company={view.company.id}#office-{id}")


async def _save(request: web.Request, view: DraftView, revision: int, written: str, said: str) -> None:
    """Nothing that the file's own loader would refuse. Raises InvalidInput, DraftMoved."""
    await asyncio.to_thread(office_forms.must_load, written, view.company)
    content = view.draft.content.with_("files", files.offices_of(view.company), written)
    await console_of(request).editions.save(view.company, revision, content, said, actor_of(request).name)


def _text(view: DraftView) -> str:
    return view.draft.content.files.get(files.offices_of(view.company), "")


def _known(view: DraftView, id: str) -> OfficeForm:
    found = office_forms.listed(_text(view)).get(id)
    if found is None:
        raise NotFound("Такого офиса в черновике нет: его могли убрать. Вернитесь к списку офисов.")
    return found


async def _list(
    request: web.Request,
    view: DraftView,
    problem: str = "",
    moved: bool = False,
    wanted: dict[str, ScheduleForm] | None = None,
) -> web.Response:
    text = _text(view)
    try:
        rows, schedules, rules = await asyncio.to_thread(
            lambda: (office_forms.listed(text), hours.schedules(text), office_forms.booking(text))
        )
    except InvalidInput as error:
        rows, schedules, rules, problem = {}, {}, {}, problem or error.message
    usual = BookingRules()
    return render(
        request,
        "editing/offices.html",
        status=422 if problem else 200,
        title="Офисы",
        company=view.company,
        view=view,
        file=files.offices_of(view.company),
        offices=rows,
        schedules=schedules | {name: form for name, form in (wanted or {}).items() if name in schedules},
        rules=[(said, rules.get(name) or str(getattr(usual, name))) for name, said in RULES.items()],
        day_names=hours.DAYS,
        problem=problem,
        moved=moved,
    )


async def _page(request: web.Request, view: DraftView, refused: RefusedForm[OfficeForm] | None = None) -> web.Response:
    id = request.query.get("id", "")
    had = await asyncio.to_thread(_known, view, id)
    schedules = await asyncio.to_thread(hours.schedules, _text(view))
    form = refused.form if refused else had
    topics = {code: topic.name for code, topic in view.company.topics.items()}
    return render(
        request,
        "editing/office.html",
        status=422 if refused else 200,
        title=f"Офис «{had.name}»",
        company=view.company,
        view=view,
        id=id,
        form=form,
        schedules=[(name, f"{name} — {one.spoken}") for name, one in schedules.items()],
        services=topics | {code: code for code in form.services if code not in topics},
        problem=refused.problem if refused else "",
        moved=refused.moved if refused else False,
        apart=forms.apart(had, form) if refused and refused.moved else [],
    )
