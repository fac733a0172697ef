"""`/recordings/{id}`: a recording under its own address, as whoever may listen to recordings plays it.

A recording of another company, branch or of the trust line is not there for others (attack A12).
"""

from __future__ import annotations

from aiohttp import web

from agent_console.calls import recordings
from agent_console.calls.listening import player
from agent_console.calls.listening.noted import TOPIC
from agent_console.console import Console, actor_of, console_of
from agent_console.people.permissions import Actor, Permission
from agent_console.web.routes import add_topic
from gridline.errors import NotFound
from recordings.models import Recording

RECORDING = r"/recordings/{id:[0-9a-f]{32}}"


def add_to(app: web.Application) -> None:
    """Hang the routes, and let the page of a call follow what is noted on its recordings."""
    player.hang(app, RECORDING, _found, Permission.RECORDING_LISTEN)
    add_topic(app, TOPIC, _may_hear)


async def _found(request: web.Request) -> Recording:
    async with console_of(request).db.read() as session:
        return await recordings.find_playable(session, request.match_info["id"], visible_to=actor_of(request).scope)


async def _may_hear(console: Console, actor: Actor, id: str) -> bool:
    """Whether this person may hear the recording, and so follow what is noted on it."""
    if not actor.may(Permission.RECORDING_LISTEN):
        return False
    try:
        async with console.db.read() as session:
            await recordings.find(session, id, visible_to=actor.scope)
    except NotFound:
        return False
    return True
