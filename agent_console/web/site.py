"""Puts the HTTP application on its address and takes it down again."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from gridline.errors import Misconfigured, Unavailable
from gridline.settings import Settings

HEADERS_WITHIN_S = 20.0
"""A connection that has sent no whole request for so long is closed: whoever opens hundreds and sends a letter a minute
keeps no place of ours. An idle browser opens another."""
SHUTDOWN_S = 5.0
"""Time for requests under way; live streams are ended before."""


@asynccontextmanager
async def served(app: web.Application, config: Settings) -> AsyncIterator[None]:
    """Requests are answered while the block runs, over TLS where the settings name a certificate.

    Raises Unavailable when the address is taken, Misconfigured when the certificate is not usable.
    """
    host, port = config.http_host, config.http_port
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S, keepalive_timeout=HEADERS_WITHIN_S)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port, ssl_context=_tls(config)).start()
        except OSError as error:
            raise Unavailable(f"HTTP {host}:{port} не открыть: {error.strerror}. Проверка: gridline doctor") from error
        yield
    finally:
        await runner.cleanup()


def _tls(config: Settings) -> ssl.SSLContext | None:
    if config.http_tls_cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(config.http_tls_cert, config.http_tls_key)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(f"http_tls_cert, http_tls_key: сертификат консоли не читается ({error}).") from error
    return context
