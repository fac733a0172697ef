"""Puts the HTTP application on its address and takes it down again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from gridline.errors import Unavailable


@asynccontextmanager
async def served(app: web.Application, host: str, port: int) -> AsyncIterator[None]:
    """Requests are answered while the block runs. Raises Unavailable when the address is taken."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise Unavailable(f"HTTP {host}:{port} не открыть: {error.strerror}. Проверка: gridline doctor") from error
        yield
    finally:
        await runner.cleanup()
