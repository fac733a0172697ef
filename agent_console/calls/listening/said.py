"""Under a recording's address: `transcript`, what a recogniser heard in it, for the player beside the sound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from agent_console.calls.listening.ranges import Find
from agent_console.console import actor_of, console_of
from agent_console.people import audit, privacy
from agent_console.people.models import AuditAction
from agent_console.people.permissions import Permission
from agent_console.web.routes import add
from agent_console.web.security import address
from quality.masking.masking import Shown
from quality.transcripts import transcripts
from quality.transcripts.transcripts import SpokenChannel, SpokenWord
from recordings.models import Recording


def hang(app: web.Application, base: str, find: Find, permission: Permission) -> None:
    """Hang the route under `base`."""

    async def read(request: web.Request) -> web.Response:
        return await _show(request, await find(request))

    add(app, "GET", f"{base}/transcript", read, permission=permission)


async def was_read(request: web.Request, recording: Recording) -> None:
    """Whoever reads words is written down like whoever hears them (rule R29)."""
    console = console_of(request)
    async with console.db.write() as session:
        audit.note(
            session,
            console.clock,
            user_id=actor_of(request).user_id,
            action=AuditAction.TRANSCRIPT_READ,
            subject=f"recording:{recording.id}",
            detail=f"звонок {recording.call_id}",
            address=address(request),
        )


async def _show(request: web.Request, recording: Recording) -> web.Response:
    """What was said by whom, as this person may read it."""
    console = console_of(request)
    async with console.db.read() as session:
        rows = await transcripts.of_recording(session, recording)
    heard = transcripts.channels(recording, rows)
    if heard:
        await was_read(request, recording)
    shown = privacy.spoken(actor_of(request))
    says = transcripts.says(recording, rows, available=console.ears.available)
    return web.json_response({"machine": True, "says": says, "channels": [_told(one, shown) for one in heard]})


def _told(channel: SpokenChannel, shown: Shown) -> dict[str, Any]:
    """Masked before it is cut into utterances: a number is dictated with pauses."""
    return {"who": channel.who, "utterances": [_said(words) for words in transcripts.utterances(shown(channel.words))]}


def _said(words: Sequence[SpokenWord]) -> dict[str, Any]:
    return {
        "start": words[0].start,
        "end": words[-1].end,
        "text": " ".join(word.text for word in words),
        "words": [[word.text, word.start, word.end] for word in words],
    }
