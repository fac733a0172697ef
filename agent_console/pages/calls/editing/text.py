"""`/menu/edit/text`: the files of the draft as they are written, for whoever would rather write them."""

from __future__ import annotations

import asyncio

from aiohttp import web

from agent_console.console import actor_of, console_of
from agent_console.pages.calls.editing import looked_at
from agent_console.people.permissions import Permission
from agent_console.web.render import render
from agent_console.web.routes import add
from gridline.errors import InvalidInput, NotFound
from gridline.yaml import edit
from ivr.menus.editions import forms
from ivr.menus.editions.drafts import DraftMoved
from ivr.menus.editions.view import DraftView


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/menu/edit/text", page, permission=Permission.LINE_EDIT)
    add(app, "POST", "/menu/edit/text", save, permission=Permission.LINE_EDIT)


async def page(request: web.Request) -> web.Response:
    """One file of the draft; its menu where none is named."""
    view = await looked_at(request)
    return _page(request, view, _file(request, view))


async def save(request: web.Request) -> web.StreamResponse:
    """Put it into the draft. A text that is no YAML is refused with its line; what it means, the check tells."""
    view, sent = await looked_at(request), await request.post()
    file, text, editions = _file(request, view), forms.whole(sent, "text"), console_of(request).editions
    try:
        if not isinstance(await asyncio.to_thread(edit.tree_of, text), dict):
            raise InvalidInput("Файл пуст. Верните его текст или отмените правку.")
        content = view.draft.content.with_("files", file, text)
        await editions.save(view.company, forms.revision(sent), content, f"текст {file}", actor_of(request).name)
    except (DraftMoved, InvalidInput) as refused:
        moved = isinstance(refused, DraftMoved)
        return _page(request, view, file, text=text, problem=refused.message, moved=moved)
    raise web.HTTPSeeOther(f"/menu/edit/text?company={view.company.id}&file={file}")


def _file(request: web.Request, view: DraftView) -> str:
    file = request.query.get("file", "") or view.menu_file
    if file not in view.draft.content.files:
        raise NotFound("Такого файла в черновике нет.")
    return file


def _page(
    request: web.Request, view: DraftView, file: str, *, text: str = "", problem: str = "", moved: bool = False
) -> web.Response:
    line = request.query.get("line", "")
    return render(
        request,
        "editing/text.html",
        status=422 if problem else 200,
        title="Текст файла",
        company=view.company,
        view=view,
        file=file,
        files=sorted(view.draft.content.files),
        text=text or view.draft.content.files[file],
        line=line if line.isdecimal() else "",
        problem=problem,
        moved=moved,
    )
