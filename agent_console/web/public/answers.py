"""Answers that are made once and given to thousands: bytes, packed bytes, an ETag; nothing is asked of anybody."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from typing import Final

from aiohttp import hdrs, web

FRESH: Final = "public, max-age=15"


@dataclass(frozen=True, slots=True)
class ReadyAnswer:
    """One answer, ready to be sent."""

    body: bytes
    packed: bytes
    etag: str
    kind: str

    @classmethod
    def of(cls, body: bytes, kind: str) -> ReadyAnswer:
        """Made of its body and its media type."""
        etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        return cls(body, gzip.compress(body, 6, mtime=0), etag, kind)

    def to(self, request: web.Request) -> web.Response:
        """The answer to this request: 304 for whoever has it already."""
        headers = {hdrs.ETAG: self.etag, hdrs.CACHE_CONTROL: FRESH, hdrs.VARY: hdrs.ACCEPT_ENCODING}
        known = request.headers.get(hdrs.IF_NONE_MATCH, "")
        if known and (known.strip() == "*" or self.etag in known):
            return web.Response(status=304, headers=headers)
        headers[hdrs.CONTENT_TYPE] = self.kind
        if "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
            headers[hdrs.CONTENT_ENCODING] = "gzip"
            return web.Response(body=self.packed, headers=headers)
        return web.Response(body=self.body, headers=headers)
