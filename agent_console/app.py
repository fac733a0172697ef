"""The console's HTTP application: its checks, its pages, the API of the register, health and figures."""

from __future__ import annotations

import asyncio
import importlib
import json
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from urllib.parse import urlsplit

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from agent_console import pages
from agent_console.api.appeals import AppealsApi
from agent_console.api.clients import Clients
from agent_console.api.tables import TablesApi
from agent_console.console import CONSOLE, Console
from agent_console.people.passwords import Passwords
from agent_console.people.permissions import Access
from agent_console.people.sessions import SESSIONS, Sessions
from agent_console.people.users import USERS, Users
from agent_console.push import MORPH
from agent_console.wallboard.live import LIVE, Live
from agent_console.web import failures, security
from agent_console.web.assets import Static
from agent_console.web.render import BAND, TEMPLATES, Templates
from agent_console.web.routes import add, unguarded
from agent_console.web.security import GATE, Gate
from agent_console.worklist.bell import BELL
from agent_console.worklist.call_bands import BANDS, CallBands
from agent_console.worklist.live import WORK, WorkLive

Health = Callable[[], Awaitable[dict[str, bool]]]
"""The parts that must work, each with whether it does now."""

HEALTH: web.AppKey[Health] = web.AppKey("health")
LINE_WATCH_S = 1.0
LARGEST_REQUEST = 2 * 1024 * 1024


def make_app(
    console: Console,
    health: Health,
    *,
    api_clients: Clients | None = None,
    passwords: Passwords | None = None,
) -> web.Application:
    """The application.

    `health` is asked at every /healthz. Raises RuntimeError when a route was hung on it past `routes.add`.
    """
    config = console.settings
    passwords = passwords or Passwords()
    sessions = Sessions(
        console.db,
        console.clock,
        passwords,
        idle=timedelta(minutes=config.console_idle_min),
        longest=timedelta(hours=config.console_session_h),
    )
    app = web.Application(middlewares=[failures.tell, security.check], client_max_size=LARGEST_REQUEST)
    static = Static()
    app[CONSOLE], app[HEALTH], app[SESSIONS] = console, health, sessions
    app[USERS] = Users(console.db, console.clock, console.companies, passwords)
    app[TEMPLATES] = Templates(console.clock, console.companies, static)
    app[LIVE] = Live(console, app[TEMPLATES])
    app[BANDS] = CallBands(console, app[TEMPLATES])
    app[BAND] = app[BANDS].of
    app[WORK] = WorkLive(console, app[TEMPLATES])
    app[BELL] = app[WORK].bell
    app[GATE] = Gate(
        sessions=sessions,
        origin=config.console_origin,
        proxies=frozenset(config.http_proxies),
        tls=config.http_tls_cert is not None,
        connect=(_origin(config.phone_url),),
    )
    add(app, "GET", "/healthz", healthz, permission=Access.LOCAL)
    add(app, "GET", "/metrics", metrics, permission=Access.LOCAL)
    add(app, "GET", "/static/{name:.+}", static.serve, permission=Access.PUBLIC)
    if api_clients is not None:
        AppealsApi(console.db, console.companies, console.register, api_clients).add_to(app)
        TablesApi(console.db, console.companies, api_clients, console.feeds).add_to(app)
    for module in pkgutil.walk_packages(pages.__path__, f"{pages.__name__}."):
        if not module.ispkg:
            importlib.import_module(module.name).add_to(app)
    if past := unguarded(app):
        raise RuntimeError(f"routes without a stated permission: {', '.join(past)}")
    app.on_response_prepare.append(security.add_headers)
    app.on_shutdown.append(_end_streams)
    app.cleanup_ctx.append(_watch_line)
    app.cleanup_ctx.append(app[LIVE].running)
    app.cleanup_ctx.append(app[BANDS].running)
    app.cleanup_ctx.append(app[WORK].running)
    return app


def _origin(url: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


async def healthz(request: web.Request) -> web.Response:
    """200 when every part works, else 503; the body names each."""
    parts = await request.app[HEALTH]()
    return web.json_response({"ok": all(parts.values()), "parts": parts}, status=200 if all(parts.values()) else 503)


async def metrics(_request: web.Request) -> web.Response:
    """Prometheus' text format."""
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _end_streams(app: web.Application) -> None:
    app[CONSOLE].push.close()


async def _watch_line(app: web.Application) -> AsyncIterator[None]:
    """Show and hide the banner «нет связи с АТС» on every open page."""
    console, templates = app[CONSOLE], app[TEMPLATES]

    async def watch() -> None:
        up = console.line_up()
        while True:
            await asyncio.sleep(LINE_WATCH_S)
            if console.line_up() != up:
                up = not up
                console.push.publish("line", MORPH, templates.part("base.html", "line_banner", line_up=up))
                console.push.publish("line", "line", json.dumps({"up": up}))

    task = asyncio.create_task(watch())
    yield
    task.cancel()
