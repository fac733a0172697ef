"""`/menu/edit/offices`: the company's offices in the draft, the schedules they keep, the rules of booking to read."""

from __future__ import annotations

import asyncio

from aiohttp import web

from agent_console.console import actor_of, console_of
from agent_console.pages.calls.editing import looked_at_whole
from agent_console.people.permissions import Permission
from agent_console.web.render import render
from agent_console.web.routes import add
from grid.offices.offices import BookingRules
from gridline.errors import InvalidInput
from ivr.menus.editions import files, forms, hours, office_forms
from ivr.menus.editions.drafts import DraftMoved
from ivr.menus.editions.hours import ScheduleForm
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


async def page(request: web.Request) -> web.Response:
    """The list, and the schedules that offices keep."""
    return await _list(request, await looked_at_whole(request))


async def save_schedule(request: web.Request) -> web.StreamResponse:
    """Put one schedule into the draft."""
    view, sent = await looked_at_whole(request), await request.post()
    text, name, form = text_of(view), forms.text(sent, "schedule"), forms.schedule(sent)
    try:
        written = await asyncio.to_thread(hours.write, text, name, form)
        await save_text(request, view, forms.revision(sent), written, f"часы офисов «{name}»")
    except (DraftMoved, InvalidInput) as error:
        return await _list(request, view, error.message, isinstance(error, DraftMoved), {name: form})
    raise web.HTTPSeeOther(f"/menu/edit/offices?company={view.company.id}")


async def save_text(request: web.Request, view: DraftView, revision: int, written: str, said: str) -> None:
    """Put the file's text into the draft. Raises InvalidInput for what the file's own loader refuses, DraftMoved."""
    await asyncio.to_thread(office_forms.must_load, written, view.company)
    content = view.draft.content.with_("files", files.offices_of(view.company), written)
    await console_of(request).editions.save(view.company, revision, content, said, actor_of(request).name)


def text_of(view: DraftView) -> str:
    """The file of offices as the draft has it; empty where there is none."""
    return view.draft.content.files.get(files.offices_of(view.company), "")


async def _list(
    request: web.Request,
    view: DraftView,
    problem: str = "",
    moved: bool = False,
    wanted: dict[str, ScheduleForm] | None = None,
) -> web.Response:
    text = text_of(view)
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
