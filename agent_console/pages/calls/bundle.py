"""`/calls/{id}/bundle`: the evidence of any call as a signed ZIP; that it was taken out stays in the audit."""

from __future__ import annotations

import tempfile
from pathlib import Path

from aiohttp import web

from agent_console.calls import call_bundle, calls
from agent_console.calls.evidence import signing_key
from agent_console.console import actor_of, console_of
from agent_console.people import audit
from agent_console.people.models import AuditAction
from agent_console.people.permissions import Permission
from agent_console.web.downloads import send_made
from agent_console.web.routes import add
from agent_console.web.security import address
from gridline.errors import NotFound, Unavailable


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "POST", r"/calls/{id:[0-9a-f]{32}}/bundle", bundle, permission=Permission.APPEAL_EXPORT)


async def bundle(request: web.Request) -> web.StreamResponse:
    """Make the bundle of the call that the address names, note it, and send it."""
    console, actor = console_of(request), actor_of(request)
    async with console.db.read() as session:
        call = await calls.find(session, request.match_info["id"], visible_to=actor.scope)
        texts, rows = await call_bundle.texts_of(session, call, visible_to=actor.scope)
    with tempfile.TemporaryDirectory(prefix="bundle-", dir=console.settings.var) as folder:
        file = Path(folder).absolute() / f"call-{call.id}.zip"
        at, key = console.clock.now(), signing_key(console.settings)
        try:
            total = await call_bundle.pack(
                file, call, texts, rows, console.store, actor=actor.signature, at=at, key=key
            )
        except FileNotFoundError as error:
            raise NotFound("Файла одной из записей нет в хранилище: пакет был бы неполным.") from error
        except OSError as error:
            raise Unavailable(f"Хранилище записей не отвечает: {error}") from error
        async with console.db.write() as session:
            audit.note(
                session,
                console.clock,
                user_id=actor.user_id,
                action=AuditAction.CALL_EXPORTED,
                subject=f"call:{call.id}",
                detail=total,
                address=address(request),
            )
        return await send_made(request, file, "application/zip")
