"""`/events?topics=a,b`: the live updates of a page as server-sent events."""

from __future__ import annotations

import asyncio
import random
from typing import Final

from aiohttp import hdrs, web

from agent_console.console import Console, actor_of, console_of
from agent_console.people.permissions import Access, Actor
from agent_console.push import message
from agent_console.web.routes import TOPICS, add, add_topic
from agent_console.web.security import GATE, own_token
from gridline.errors import InvalidInput
from gridline.scope import OutOfScope

HEARTBEAT_S: Final = 15.0
"""Proxies cut a silent stream after 30-60 s; it is also how often the session is looked at."""
LONGEST_S: Final = 600.0
"""Then the browser comes back by itself: no stream lives for days on an old version."""
SLOWEST_WRITE_S: Final = 10.0
MOST_TOPICS: Final = 40


def add_to(app: web.Application) -> None:
    """Hang the route, and the topics that belong to no page: the line itself, and the person."""
    add(app, "GET", "/events", events, permission=Access.SIGNED_IN)
    add_topic(app, "line", _everybody)
    add_topic(app, "user", _himself)


async def events(request: web.Request) -> web.StreamResponse:
    """Stream until the browser leaves, lags too far behind, is signed out, or ten minutes are over."""
    console, gate, token = console_of(request), request.app[GATE], own_token(request)
    topics = await _topics(request)
    answer = web.StreamResponse(
        headers={hdrs.CONTENT_TYPE: "text/event-stream", hdrs.CACHE_CONTROL: "no-store", "X-Accel-Buffering": "no"}
    )
    loop = asyncio.get_running_loop()
    until = loop.time() + LONGEST_S
    # Streams that were opened together (after a restart, all of them) must not look at their sessions together.
    look = loop.time() + HEARTBEAT_S * random.random()
    with console.push.listen(topics, _last_id(request)) as listener:
        await answer.prepare(request)
        try:
            while not listener.ended and loop.time() < until:
                news = await listener.take(within_s=HEARTBEAT_S)
                async with asyncio.timeout(SLOWEST_WRITE_S):
                    # A beat has the last id: a quiet topic's listener comes back to the present, not to long ago.
                    await answer.write(news or message(console.push.last_id, "beat"))
                if loop.time() >= look:
                    look = loop.time() + HEARTBEAT_S
                    if await gate.sessions.of_token(token, active=False) is None:
                        listener.end()
                        async with asyncio.timeout(SLOWEST_WRITE_S):
                            await answer.write(message(console.push.last_id, "signed-out"))
        except (TimeoutError, ConnectionError):  # too slow, or gone: it comes back with its last id
            if request.transport is not None:
                request.transport.abort()
    return answer


def _last_id(request: web.Request) -> int | None:
    """The browser's own header on a reconnect, else what the page was made with."""
    given = request.headers.get("Last-Event-ID") or request.query.get("last", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 20 else None


async def _topics(request: web.Request) -> frozenset[str]:
    """The topics asked for. Raises InvalidInput, OutOfScope for one that is not theirs to follow."""
    topics = frozenset(request.query.get("topics", "").split(",")) - {""}
    if not 0 < len(topics) <= MOST_TOPICS:
        raise InvalidInput(f"Тем должно быть от 1 до {MOST_TOPICS}.")
    rules, console, actor = request.app[TOPICS], console_of(request), actor_of(request)
    for topic in topics:
        prefix, _, name = topic.partition(":")
        if prefix not in rules or not await rules[prefix](console, actor, name):
            raise OutOfScope("Такой темы нет.")
    return topics


async def _everybody(_console: Console, _actor: Actor, name: str) -> bool:
    return name == ""


async def _himself(_console: Console, actor: Actor, name: str) -> bool:
    return name == actor.user_id
