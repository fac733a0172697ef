"""Style sheets, scripts and pictures: a closed list read at start, each under an address that changes with it."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aiohttp import web

FOLDER: Final = Path(__file__).parent.parent / "static"
FOREVER: Final = "public, max-age=31536000, immutable"


class Static:
    """The files below `folder` by their names; what is not in the list at start is not served (attack A11)."""

    def __init__(self, folder: Path = FOLDER) -> None:
        files = {file.relative_to(folder).as_posix(): file for file in sorted(folder.rglob("*")) if file.is_file()}
        self._files: Mapping[str, Path] = files
        self._versions = {name: hashlib.sha256(file.read_bytes()).hexdigest()[:12] for name, file in files.items()}

    def url(self, name: str) -> str:
        """The file's address. Unknown names get one too: a page without its script must still open."""
        return f"/static/{name}?v={self._versions.get(name, 'none')}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The file, kept by the browser for ever when asked for by its present version."""
        name = request.match_info["name"]
        if name not in self._files:
            raise web.HTTPNotFound
        now = request.query.get("v") == self._versions[name]
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        headers = {"Cache-Control": FOREVER if now else "no-cache", "Content-Type": kind}
        return web.FileResponse(self._files[name], headers=headers)
