"""Under a recording's address: `marks` reads and adds what listeners note, `marks/ID` changes or removes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from agent_console.calls import recordings
from agent_console.calls.listening.ranges import Find
from agent_console.console import actor_of, console_of
from agent_console.people import people
from agent_console.people.permissions import Permission
from agent_console.web.render import HOME_ZONE, render
from agent_console.web.routes import add
from gridline.errors import InvalidInput
from quality.marks import marks
from quality.reviews import calibrations
from recordings.models import Recording

TOPIC: Final = "marks"
"""With a recording's id behind it: told when something noted on it has changed, and read anew by who may."""

_Deed = Callable[[web.Request, Recording], Awaitable[None]]


def hang(app: web.Application, base: str, find: Find, permission: Permission) -> None:
    """Hang the routes under `base`."""

    async def read(request: web.Request) -> web.Response:
        return await _show(request, await find(request))

    def done(deed: _Deed) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def do(request: web.Request) -> web.Response:
            recording = await find(request)
            await deed(request, recording)
            console_of(request).push.publish(f"{TOPIC}:{recording.id}", TOPIC, "{}")
            return await _show(request, recording)

        return do

    one = f"{base}/marks/{{mark:[0-9a-f]{{32}}}}"
    add(app, "GET", f"{base}/marks", read, permission=permission)
    add(app, "POST", f"{base}/marks", done(_add), permission=permission)
    add(app, "POST", one, done(_change), permission=permission)
    add(app, "POST", f"{one}/remove", done(_remove), permission=permission)


async def _add(request: web.Request, recording: Recording) -> None:
    console, actor, sent = console_of(request), actor_of(request), await request.post()
    try:
        at_s = float(str(sent.get("at_s", "")))
    except ValueError as error:
        raise InvalidInput("Этой секунды в записи нет.") from error
    text = str(sent.get("text", ""))
    async with console.db.write() as session:
        await marks.add(session, recording, author=actor.signature, at_s=at_s, text=text, now=console.clock.now())


async def _change(request: web.Request, recording: Recording) -> None:
    console, actor, sent = console_of(request), actor_of(request), await request.post()
    id, text = request.match_info["mark"], str(sent.get("text", ""))
    async with console.db.write() as session:
        await marks.change(session, recording, id, author=actor.signature, text=text, now=console.clock.now())


async def _remove(request: web.Request, recording: Recording) -> None:
    id, author = request.match_info["mark"], actor_of(request).signature
    async with console_of(request).db.write() as session:
        await marks.remove(session, recording, id, author=author)


async def _show(request: web.Request, recording: Recording) -> web.Response:
    """The marks as the player shows them, with forms for one's own; while two judge blind, nobody sees another's."""
    console, reader = console_of(request), actor_of(request).signature
    async with console.db.read() as session:
        blind = await calibrations.is_open(session, recording.call_id)
        found = await marks.of_recording(session, recording, of=reader if blind else "")
        names = await people.names(session, [one.author for one in found])
        company_id = await recordings.company_of(session, recording)
    here = request.path.partition("/marks")[0]
    return render(
        request,
        "parts/player_marks.html",
        block="marks",
        title="Пометки",
        zone=console.companies.by_id(company_id).zone if company_id else HOME_ZONE,
        marks=found,
        names=names,
        sound=here,
        recording=recording,
        author=reader,
    )
