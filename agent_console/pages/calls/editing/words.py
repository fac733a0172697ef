"""`/menu/edit/words`: every prompt in the company's words: read, heard, written anew, or replaced by a recording."""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import BodyPartReader, MultipartReader, StreamReader, web
from aiohttp.base_protocol import BaseProtocol

from agent_console.console import actor_of, console_of
from agent_console.pages.calls.editing import looked_at
from agent_console.people.permissions import Permission
from agent_console.web.render import render
from agent_console.web.routes import add
from gridline.errors import InvalidInput, NotFound
from ivr.menus.editions import files, forms, uploads
from ivr.menus.editions.drafts import DraftMoved
from ivr.menus.editions.view import short
from ivr.voice.prompts import CHARACTERS_PER_SECOND, PromptEntry

SHOWN: Final = 60
"""Prompts of a list; the search narrows it."""
KINDS: Final = {
    "notice": "уведомление",
    "menu": "меню",
    "question": "вопрос",
    "statement": "сообщение",
    "tone": "сигнал",
}


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/menu/edit/words", page, permission=Permission.LINE_EDIT)
    add(app, "GET", "/menu/edit/prompt", prompt, permission=Permission.LINE_EDIT)
    add(app, "POST", "/menu/edit/prompt", save, permission=Permission.LINE_EDIT)
    add(app, "POST", "/menu/edit/take", upload, permission=Permission.LINE_EDIT)
    add(app, "GET", "/menu/edit/prompt.wav", sound, permission=Permission.LINE_EDIT)


async def page(request: web.Request) -> web.Response:
    """The prompts that a search finds."""
    view, book = await looked_at(request), console_of(request).voice.book
    wanted = " ".join(request.query.get("q", "").lower().split())[:100]
    own = set(view.draft.content.words) | set(view.draft.content.takes)
    found = [
        id
        for id, entry in book.items()
        if entry.kind != "tone" and (wanted in id or wanted in view.book.get(id, entry.text).lower())
    ]
    return render(
        request,
        "editing/words.html",
        title="Слова",
        company=view.company,
        view=view,
        q=wanted,
        found=[(book[id], view.book.get(id, book[id].wording(view.company.id)), id in own) for id in found[:SHOWN]],
        more=max(0, len(found) - SHOWN),
        kinds=KINDS,
        short=short,
    )


async def prompt(request: web.Request) -> web.Response:
    """One prompt."""
    return await _page(request)


async def save(request: web.Request) -> web.StreamResponse:
    """Put its words into the draft; the common words again with `common`, the synthesiser again with `synthesis`."""
    view, sent, entry = await looked_at(request), await request.post(), _entry(request)
    content, id = view.draft.content, entry.id
    said = forms.text(sent, f"words-{id}")
    try:
        if "common" in sent:
            content, told = content.with_("words", id, ""), f"«{id}» — общие слова"
        elif "synthesis" in sent:
            content, told = content.with_("takes", id, ""), f"«{id}» — снова синтез"
        elif not said:
            raise InvalidInput("Впишите, что сказать, или верните общие слова.")
        else:
            content, told = content.with_("words", id, "" if said == entry.text else said), f"слова «{id}»"
        editions, actor = console_of(request).editions, actor_of(request)
        await editions.save(view.company, forms.revision(sent), content, told, actor.name)
    except (DraftMoved, InvalidInput) as refused:
        return await _page(request, said=said, problem=refused.message, moved=isinstance(refused, DraftMoved))
    raise web.HTTPSeeOther(f"/menu/edit/prompt?company={view.company.id}&id={id}")


async def upload(request: web.Request) -> web.StreamResponse:
    """Take a recording into the draft: it is played in place of the synthesised words."""
    view, sent, entry = await looked_at(request), await _parts(request), _entry(request)
    console = console_of(request)
    try:
        if not sent.get("take"):
            raise InvalidInput("Выберите файл: WAV, MP3 или OGG.")
        wav = await asyncio.to_thread(uploads.taken, sent["take"], entry)
        digest = await asyncio.to_thread(files.keep_take, console.editions.var, wav)
        content = view.draft.content.with_("takes", entry.id, digest)
        told = f"запись «{entry.id}»"
        revision = forms.revision({"revision": sent.get("revision", b"").decode(errors="replace")})
        await console.editions.save(view.company, revision, content, told, actor_of(request).name)
    except (DraftMoved, InvalidInput) as refused:
        return await _page(request, problem=refused.message, moved=isinstance(refused, DraftMoved))
    raise web.HTTPSeeOther(f"/menu/edit/prompt?company={view.company.id}&id={entry.id}")


async def sound(request: web.Request) -> web.Response:
    """The prompt as the draft says it."""
    view, entry = await looked_at(request), _entry(request)
    wav = await console_of(request).editions.hear(view.company, view.draft.content, entry.id)
    return web.Response(body=wav, content_type="audio/wav", headers={"Cache-Control": "no-store"})


async def _parts(request: web.Request) -> dict[str, bytes]:
    """The fields of a form with a file: the body was read whole before (`web.security`), so it is taken apart here."""
    if request.content_type != "multipart/form-data":
        return {}
    loop = asyncio.get_running_loop()
    body = await request.read()
    stream = StreamReader(BaseProtocol(loop), len(body) + 1, loop=loop)  # it takes all at once
    stream.feed_data(body)
    stream.feed_eof()
    found = dict[str, bytes]()
    try:
        async for part in MultipartReader(request.headers, stream):
            if isinstance(part, BodyPartReader) and part.name:
                found[part.name] = bytes(await part.read(decode=True))
    except ValueError as error:
        raise InvalidInput("Файл не дошёл целиком. Отправьте его ещё раз.") from error
    return found


def _entry(request: web.Request) -> PromptEntry:
    entry = console_of(request).voice.book.get(request.query.get("id", ""))
    if entry is None or entry.kind == "tone":
        raise NotFound("Такой подсказки нет.")
    return entry


async def _page(
    request: web.Request, *, said: str | None = None, problem: str = "", moved: bool = False
) -> web.Response:
    view, entry = await looked_at(request), _entry(request)
    content = view.draft.content
    now = content.words.get(entry.id) or entry.text
    places = [
        name
        for name, body in view.places.items()
        if isinstance(body, dict) and entry.id in ([say] if isinstance(say := body.get("say", []), str) else say)
    ]
    return render(
        request,
        "editing/prompt.html",
        status=422 if problem else 200,
        title=f"Слова «{entry.id}»",
        company=view.company,
        view=view,
        entry=entry,
        kind=KINDS[entry.kind],
        said=now if said is None else said,
        is_own=entry.id in content.words,
        is_taken=entry.id in content.takes,
        estimate=len(now) / CHARACTERS_PER_SECOND,
        places=places,
        problem=problem,
        moved=moved,
    )
