"""`/menu/edit/place`: one place of the draft as a form: its keys, what is said, where silence and mistakes lead."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from agent_console.console import actor_of, console_of
from agent_console.pages.calls.editing import looked_at
from agent_console.people.permissions import Permission
from agent_console.web.render import render
from agent_console.web.routes import add
from gridline.errors import InvalidInput, NotFound
from ivr.figures import menu_tree
from ivr.menus.editions import forms, places
from ivr.menus.editions.drafts import DraftMoved
from ivr.menus.editions.line_files import MENUS
from ivr.menus.editions.places import PlaceForm
from ivr.menus.editions.view import DraftView, short
from ivr.menus.load import TRIES, WAIT_S
from ivr.menus.written import COMMON_FILE


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/menu/edit/place", page, permission=Permission.LINE_EDIT)
    add(app, "POST", "/menu/edit/place", save, permission=Permission.LINE_EDIT)


async def page(request: web.Request) -> web.Response:
    """The place that the address names."""
    view = await looked_at(request)
    return _page(request, view, _name(request, view))


async def save(request: web.Request) -> web.StreamResponse:
    """Put it into the draft. What somebody else has saved meanwhile is told, and what was filled in stays."""
    view, sent = await looked_at(request), await request.post()
    name, console = _name(request, view), console_of(request)
    had = PlaceForm.of(view.places[name])
    form = forms.place(sent, had)
    try:
        content, words = forms.with_words(view.draft.content, console.voice.book, view, sent)
        written = content.files[view.menu_file]
        text = await asyncio.to_thread(_written, console.editions.dialplan, written, name, form)
        content = content.with_("files", view.menu_file, text)
        said = forms.place_changed(name, had, form, words)
        await console.editions.save(view.company, forms.revision(sent), content, said, actor_of(request).name)
    except (DraftMoved, InvalidInput) as refused:
        moved = isinstance(refused, DraftMoved)
        return _page(request, view, name, form=form, sent=sent, problem=refused.message, moved=moved)
    raise web.HTTPSeeOther(f"/menu/edit?company={view.company.id}#place-{name}")


def _written(dialplan: Path, text: str, name: str, form: PlaceForm) -> str:
    """The menu with this place; in a thread, as all YAML is. Raises InvalidInput."""
    common = (dialplan / MENUS / COMMON_FILE).read_text("utf-8")
    return places.write(text, common, name, form)


def _name(request: web.Request, view: DraftView) -> str:
    name = request.query.get("place", "")
    if name not in view.places:
        raise NotFound("Такого места в черновике нет: его могли убрать. Вернитесь к черновику.")
    return name


def _page(
    request: web.Request,
    view: DraftView,
    name: str,
    *,
    form: PlaceForm | None = None,
    sent: Mapping[str, object] | None = None,
    problem: str = "",
    moved: bool = False,
) -> web.Response:
    had = form or PlaceForm.of(view.places[name])
    filled = sent if sent is not None else {}
    words = {id: str(filled.get(f"words-{id}", view.book[id])) for id in had.say if id in view.book}
    return render(
        request,
        "editing/place.html",
        status=422 if problem else 200,
        title=f"Место {name}",
        company=view.company,
        view=view,
        place=name,
        form=had if not had.do else replace(had, say=()),
        is_menu=bool(had.press) or bool(had.otherwise),
        action=menu_tree.ACTIONS.get(had.do, had.do),
        exits=menu_tree.EXITS,
        about=[(code, f"{code} — {topic.name}") for code, topic in view.company.topics.items()],
        words=words,
        is_own=name in view.own,
        tries=TRIES,
        waits=WAIT_S,
        short=short,
        problem=problem,
        moved=moved,
    )
