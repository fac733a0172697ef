"""`/recordings/{id}`: the sound itself, as a player asks for it, and how loud it is; every listen is kept.

The file is found through the database alone and must lie in the recordings' folder with no symbolic link on its way
(attack A11); a recording of another company, branch or of the trust line is not there for others (attack A12).
"""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

from agent_console.calls import recordings
from agent_console.console import Console, actor_of, console_of
from agent_console.people import audit
from agent_console.people.models import AuditAction
from agent_console.people.permissions import Permission
from agent_console.web.routes import add
from agent_console.web.security import address
from agent_console.words import span
from gridline.errors import NotFound
from recordings.audio import levels
from recordings.models import Recording

RECORDING = r"/recordings/{id:[0-9a-f]{32}}"
PARTS: Final = 400
"""Points of the drawn curve: more than a player is wide in pixels help nobody."""


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", RECORDING, sound, permission=Permission.RECORDING_LISTEN)
    add(app, "GET", f"{RECORDING}/levels", curve, permission=Permission.RECORDING_LISTEN)


async def sound(request: web.Request) -> web.StreamResponse:
    """The WAV file or the range of it that is asked for; who heard which seconds is written down first (rule R29)."""
    console = console_of(request)
    recording, file = await _found(request)
    if request.method == hdrs.METH_GET:
        async with console.db.write() as session:
            audit.note(
                session,
                console.clock,
                user_id=actor_of(request).user_id,
                action=AuditAction.RECORDING_LISTENED,
                subject=f"recording:{recording.id}",
                detail=_heard(request, recording),
                address=address(request),
            )
    return web.FileResponse(file, headers={hdrs.CONTENT_TYPE: "audio/wav"})


async def curve(request: web.Request) -> web.Response:
    """How loud it is from its start to its end, per channel: `{"channels": [[0..100, ...], ...]}`."""
    _, file = await _found(request)
    try:
        found = await asyncio.to_thread(levels, file, PARTS)
    except (OSError, wave.Error) as error:
        raise NotFound("Файл записи не читается.") from error
    return web.json_response({"channels": found})


async def _found(request: web.Request) -> tuple[Recording, Path]:
    console, actor = console_of(request), actor_of(request)
    async with console.db.read() as session:
        recording = await recordings.find_playable(session, request.match_info["id"], visible_to=actor.scope)
    return recording, await asyncio.to_thread(_inside, console, recording.file)


def _inside(console: Console, file: str) -> Path:
    """The file's path. Raises NotFound for one that is missing, no plain file, outside, or behind a link."""
    root = console.recordings.resolve()
    path = root / file
    if path.suffix != ".wav" or path.resolve() != path or not path.is_relative_to(root) or not path.is_file():
        raise NotFound("Файла этой записи нет в хранилище.")
    return path


def _heard(request: web.Request, recording: Recording) -> str:
    """Which seconds the answer holds: «0:00–3:12, звонок ...»."""
    whole, size = recording.seconds or 0.0, recording.bytes or 0
    try:
        asked = request.http_range
    except ValueError:
        asked = slice(0, None, 1)
    first, last = asked.start or 0, asked.stop if asked.stop is not None else size
    if first < 0:
        first = max(0, size + first)
    per_byte = whole / size if size else 0.0
    return f"{span(first * per_byte)}–{span(min(last, size) * per_byte)}, звонок {recording.call_id}"
