"""Sends a file that was made for one request: piece by piece, with no trace of it left on the disk."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final
from urllib.parse import quote

from aiohttp import hdrs, web

PIECE: Final = 256 * 1024
"""Bytes read and sent at a time."""


def disposition(name: str) -> str:
    """The header that makes a browser keep the answer as a file of this name."""
    return f"attachment; filename=\"{name}\"; filename*=UTF-8''{quote(name)}"


async def send_made(request: web.Request, file: Path, content_type: str) -> web.StreamResponse:
    """Send the file under its own name and remove it. aiohttp's FileResponse would look for it once more at its end."""
    opened = await asyncio.to_thread(file.open, "rb")
    try:
        size = file.stat().st_size
        file.unlink()
        answer = web.StreamResponse(
            headers={hdrs.CONTENT_TYPE: content_type, hdrs.CONTENT_DISPOSITION: disposition(file.name)}
        )
        answer.content_length = size
        await answer.prepare(request)
        if request.method != hdrs.METH_HEAD:
            while piece := await asyncio.to_thread(opened.read, PIECE):
                await answer.write(piece)
        await answer.write_eof()
        return answer
    finally:
        await asyncio.to_thread(opened.close)
