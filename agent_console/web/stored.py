"""Sends a file of a store that has no folder here, or the range of it that is asked for, block by block."""

from __future__ import annotations

from typing import Final

import structlog
from aiohttp import hdrs, web
from aiohttp.web_request import BaseRequest

from recordings.store import Store

log = structlog.get_logger(__name__)

TYPES: Final = {".wav": "audio/wav", ".flac": "audio/flac"}


async def sent(request: BaseRequest, store: Store, name: str, size: int) -> web.StreamResponse:
    """Answer with the file of this name and size in bytes (RFC 9110: 200, 206, 416)."""
    try:
        asked = request.http_range
    except ValueError:
        asked = slice(None)  # not understood, so the whole
    start, end, _ = asked.indices(size)
    if asked.start is not None and asked.start >= size:
        return web.Response(status=416, headers={hdrs.CONTENT_RANGE: f"bytes */{size}"})
    is_part = (asked.start, asked.stop) != (None, None)  # of all its bytes too: a player then knows that it may ask so
    answer = web.StreamResponse(status=206 if is_part else 200)
    answer.content_type = TYPES[name[name.rindex(".") :]]
    answer.content_length = end - start
    answer.headers[hdrs.ACCEPT_RANGES] = "bytes"
    if is_part:
        answer.headers[hdrs.CONTENT_RANGE] = f"bytes {start}-{end - 1}/{size}"
    await answer.prepare(request)
    try:
        if request.method == hdrs.METH_GET:
            async for block in store.open_range(name, start, end):
                await answer.write(block)
        await answer.write_eof()
    except OSError as error:  # erased meanwhile, or the store is away: half of it must not pass for the whole
        log.warning("sending-cut", file=name, reason=str(error))
        if request.transport is not None:
            request.transport.abort()
    return answer
