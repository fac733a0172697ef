"""`/worklist/ID`: one item: what happened to it, what was said, and what is done about it: taken, tried, ended."""

from __future__ import annotations

import json
from typing import Final

from aiohttp import web

from agent_console.calls import recordings
from agent_console.calls.listening import player
from agent_console.console import actor_of, console_of
from agent_console.people.permissions import Permission
from agent_console.web.failures import toast_header
from agent_console.web.render import render
from agent_console.web.routes import add
from agent_console.worklist import details, visits
from agent_console.worklist.audience import Audience
from agent_console.worklist.live import WORK
from gridline.errors import InvalidInput
from gridline.scope import OutOfScope
from recordings.models import PLAYABLE, Recording
from worklist.codes import ENDING_TITLES, RESULT_TITLES, AttemptResult, Ending

ITEM: Final = r"/worklist/{id:[0-9a-f]{32}}"
SOUND: Final = ITEM + r"/recordings/{recording:[0-9a-f]{32}}"
LONGEST_NOTE: Final = 300


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", ITEM, page, permission=Permission.WORK_READ)
    for name, deed in (("take", take), ("release", release), ("attempt", attempt), ("move", move), ("end", end)):
        add(app, "POST", f"{ITEM}/{name}", deed, permission=Permission.WORK_READ)
    # What was said, for whoever must act on it: the item lets them hear its own recordings and no others.
    player.hang(app, SOUND, _recording, Permission.WORK_READ)


async def page(request: web.Request) -> web.Response:
    """The item."""
    return await _show(request)


async def take(request: web.Request) -> web.StreamResponse:
    """It is this person's now; from another's hands too, and that is seen."""
    id = await _own(request)
    await console_of(request).worklist.take(id, actor_of(request).signature)
    return await _done(request, "Дело ваше.")


async def release(request: web.Request) -> web.StreamResponse:
    """It is nobody's again."""
    id = await _own(request)
    await console_of(request).worklist.release(id)
    return await _done(request, "Дело снова ничьё.")


async def attempt(request: web.Request) -> web.StreamResponse:
    """Somebody was tried in vain; the next attempt is due after the pause of the rule."""
    id, sent = await _own(request), await request.post()
    try:
        result = AttemptResult(str(sent.get("result", "")))
    except ValueError as error:
        raise InvalidInput("Отметьте, чем закончилась попытка.") from error
    await console_of(request).worklist.attempt(id, actor_of(request).signature, result, note=_note(sent.get("note")))
    return await _done(request, "Попытка записана.")


async def move(request: web.Request) -> web.StreamResponse:
    """A technician's visit is promised for another half-day."""
    console, id, sent = console_of(request), await _own(request), await request.post()
    async with console.db.read() as session:
        item = (await details.find(session, actor_of(request), id)).item
    company = console.companies.by_id(item.company_id)
    slot = visits.slot_of(str(sent.get("slot", "")))
    await console.call_outs.move(id, company, slot, actor_of(request).signature)
    return await _done(request, "Выезд перенесён.")


async def end(request: web.Request) -> web.StreamResponse:
    """It ends with one of its kind's endings, and the list is shown again."""
    console, actor = console_of(request), actor_of(request)
    id, sent = await _own(request), await request.post()
    async with console.db.read() as session:
        view = await details.load(session, actor, id)
    wanted = str(sent.get("ending", ""))
    if wanted not in view.endings:
        raise InvalidInput("Отметьте, чем закончилось дело.")
    await console.worklist.end(id, actor.signature, Ending(wanted), note=_note(sent.get("end_note")))
    told = f"{view.row.title}: {ENDING_TITLES[Ending(wanted)].lower()}"
    if "HX-Request" not in request.headers:
        raise web.HTTPSeeOther("/worklist")
    there = {"path": "/worklist", "target": "#main", "select": "#main", "swap": "outerHTML"}
    where = {"HX-Location": json.dumps(there | {"headers": {"HX-Boosted": "true"}})}
    return web.Response(status=204, headers=where | toast_header(told, "good"))


async def _recording(request: web.Request) -> Recording:
    console, actor, wanted = console_of(request), actor_of(request), request.match_info["recording"]
    async with console.db.read() as session:
        if wanted not in details.recorded(await details.find(session, actor, request.match_info["id"])):
            raise OutOfScope("Такой записи нет.")
        return await recordings.find_playable(session, wanted, visible_to=actor.scope)


async def _own(request: web.Request) -> str:
    """The id of the item, if it is this person's to act on. Raises NotFound, OutOfScope."""
    async with console_of(request).db.read() as session:
        return (await details.find(session, actor_of(request), request.match_info["id"])).item.id


def _note(value: object) -> str:
    return " ".join(str(value or "").split())[:LONGEST_NOTE]


async def _done(request: web.Request, words: str) -> web.StreamResponse:
    here = f"/worklist/{request.match_info['id']}"
    if "HX-Request" not in request.headers:
        raise web.HTTPSeeOther(here)
    answer = await _show(request)
    answer.headers.update({"HX-Push-Url": here} | toast_header(words, "good"))
    return answer


async def _show(request: web.Request) -> web.Response:
    console, actor = console_of(request), actor_of(request)
    async with console.db.read() as session:
        view = await details.load(session, actor, request.match_info["id"])
    audience = Audience.of(actor, view.item.company_id)
    return render(
        request,
        "work_item.html",
        title=view.row.title,
        view=view,
        row=view.row,
        topics=[audience.topic],
        playable=PLAYABLE,
        results=RESULT_TITLES,
        free_slots=await visits.free(console, view),
        visit_when=visits.when(console, view),
        **request.app[WORK].context(audience),
    )
