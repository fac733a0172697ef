"""`/menu/edit/hours`: when agents answer on each topic: the schedules, their words, and which topic keeps which."""

from __future__ import annotations

import asyncio

from aiohttp import web

from agent_console.console import actor_of, console_of
from agent_console.pages.calls.editing import looked_at
from agent_console.people.permissions import Permission
from agent_console.web.render import render
from agent_console.web.routes import add
from gridline.companies import ALWAYS
from gridline.errors import InvalidInput
from ivr.menus.editions import files, forms, hours
from ivr.menus.editions.drafts import DraftMoved


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/menu/edit/hours", page, permission=Permission.LINE_EDIT)
    add(app, "POST", "/menu/edit/hours", save, permission=Permission.LINE_EDIT)


async def page(request: web.Request) -> web.Response:
    """The hours of the draft."""
    return await _page(request)


async def save(request: web.Request) -> web.StreamResponse:
    """Put one schedule into the draft, or which topic keeps which."""
    view, sent = await looked_at(request), await request.post()
    name, console = files.hours_of(view.company), console_of(request)
    text, schedule = view.draft.content.files[name], forms.text(sent, "schedule")
    try:
        if schedule:
            told = f"часы «{schedule}»"
            text = await asyncio.to_thread(hours.write, text, schedule, forms.schedule(sent))
        else:
            told = "часы тем"
            kept = {topic: forms.text(sent, f"topic-{topic}") for topic in view.company.topics}
            kept = {topic: "" if one == ALWAYS else one for topic, one in kept.items() if one}
            text = await asyncio.to_thread(hours.keep, text, kept)
        content = view.draft.content.with_("files", name, text)
        await console.editions.save(view.company, forms.revision(sent), content, told, actor_of(request).name)
    except (DraftMoved, InvalidInput) as refused:
        moved, wanted = isinstance(refused, DraftMoved), forms.schedule(sent)
        return await _page(request, problem=refused.message, moved=moved, wanted={schedule: wanted})
    raise web.HTTPSeeOther(f"/menu/edit/hours?company={view.company.id}")


async def _page(
    request: web.Request,
    *,
    problem: str = "",
    moved: bool = False,
    wanted: dict[str, hours.ScheduleForm] | None = None,
) -> web.Response:
    view = await looked_at(request)
    text = view.draft.content.files[files.hours_of(view.company)]
    schedules, topics = await asyncio.to_thread(lambda: (hours.schedules(text), hours.topics(text)))
    return render(
        request,
        "editing/hours.html",
        status=422 if problem else 200,
        title="Часы",
        company=view.company,
        view=view,
        schedules=schedules | {name: form for name, form in (wanted or {}).items() if name in schedules},
        answered=topics,
        choices=[(ALWAYS, "круглосуточно"), *((name, name) for name in schedules)],
        day_names=hours.DAYS,
        problem=problem,
        moved=moved,
    )
