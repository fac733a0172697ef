"""What every request of the API has in common: one JSON object in, one JSON object out, refusals with a code."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

from agent_console.web.security import BODY_WITHIN_S
from gridline.errors import GridlineError, InvalidInput

LARGEST_BODY = 1024 * 1024


async def read_object(request: web.Request) -> dict[str, Any]:
    """The body. Raises InvalidInput for one that is too large, too slow, or no JSON object."""
    if request.content_length is not None and request.content_length > LARGEST_BODY:
        raise InvalidInput(f"Запрос больше {LARGEST_BODY // 1024} кБ.")
    raw = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            async for chunk in request.content.iter_chunked(64 * 1024):
                raw += chunk
                if len(raw) > LARGEST_BODY:
                    raise InvalidInput(f"Запрос больше {LARGEST_BODY // 1024} кБ.")
    except TimeoutError as error:
        raise InvalidInput(f"Запрос не пришёл целиком за {BODY_WITHIN_S:.0f} с.") from error
    try:
        given = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("Тело запроса — не JSON в UTF-8.") from error
    if not isinstance(given, dict):
        raise InvalidInput("Тело запроса — не объект JSON.")
    return given


def refused(error: GridlineError) -> web.Response:
    """An expected failure as the API tells it."""
    return web.json_response({"code": error.code, "message": error.message}, status=error.status)


def unknown_client() -> web.Response:
    """No token, or a wrong one."""
    told = {"code": "unauthorized", "message": "Система не допущена: нет верного ключа в заголовке Authorization."}
    return web.json_response(told, status=401, headers={"WWW-Authenticate": "Bearer"})
