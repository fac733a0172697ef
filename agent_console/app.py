"""The HTTP application: health, figures, and the API of the register."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

Health = Callable[[], Awaitable[dict[str, bool]]]
"""The parts that must work, each with whether it does now."""

HEALTH: web.AppKey[Health] = web.AppKey("health")


def make_app(health: Health) -> web.Application:
    """The application; `health` is asked at every /healthz."""
    app = web.Application()
    app[HEALTH] = health
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/metrics", metrics)
    return app


async def healthz(request: web.Request) -> web.Response:
    """200 when every part works, else 503; the body names each."""
    parts = await request.app[HEALTH]()
    return web.json_response({"ok": all(parts.values()), "parts": parts}, status=200 if all(parts.values()) else 503)


async def metrics(_request: web.Request) -> web.Response:
    """Prometheus' text format."""
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
