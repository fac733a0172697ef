"""`/recordings/{id}`: the sound itself, as a player asks for it, and how loud it is; every listen is kept.

The file is found through the database alone and must lie in the recordings' folder with no symbolic link on its way
(attack A11); a recording of another company, branch or of the trust line is not there for others (attack A12).
"""

from __future__ import annotations

import asyncio
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls.call_log import PLAYABLE
from agent_console.calls.call_way import is_trust
from agent_console.console import Console, actor_of, console_of
from agent_console.people import audit
from agent_console.people.permissions import TRUST, Permission
from agent_console.web.routes import add
from agent_console.web.security import address
from agent_console.words import span
from appeals.models import Appeal
from gridline.errors import NotFound
from ivr.desk.models import QueueVisit
from ivr.journal.models import CallRecord
from recordings.audio import levels
from recordings.models import Recording

RECORDING = r"/recordings/{id:[0-9a-f]{32}}"
PARTS: Final = 400
"""Points of the drawn curve: more than a player is wide in pixels help nobody."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Whose recording it is."""

    company_id: str | None
    branch: str


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
                action="recording.listened",
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
        recording = await session.get(Recording, request.match_info["id"])
        if recording is None:
            raise NotFound("Такой записи нет.")
        place = await _place(session, recording)
        trust = await is_trust(session, recording.call_id)
    actor.must_see(place.company_id, place.branch, kind=TRUST if trust else "")
    if recording.state not in PLAYABLE:
        raise NotFound("Этой записи нет: она уничтожена или не удалась.")
    return recording, await asyncio.to_thread(_inside, console, recording.file)


async def _place(session: AsyncSession, recording: Recording) -> _Place:
    """Of its call; of a call that no controller met, by the queue it waited in or the appeal made of it."""
    call = await session.get(CallRecord, recording.call_id)
    if call is not None:
        return _Place(call.company_id, call.branch)
    visit = select(QueueVisit.company_id).where(QueueVisit.call_id == recording.call_id).limit(1)
    company = await session.scalar(visit)
    appeal = await session.get(Appeal, recording.appeal_id) if recording.appeal_id else None
    return _Place(appeal.company_id if appeal else company, (appeal.branch if appeal else None) or "")


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
