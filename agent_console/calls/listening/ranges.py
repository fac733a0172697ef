"""Pieces of a recording: what a request for a range is sent, and which seconds that is.

A browser asks for everything from a place on (`bytes=N-`) and reads as far ahead as it likes; it is sent a minute, and
asks again when it comes near its end. So what is written down as sent is near to what was heard, an hour opens as fast
as a minute, and no connection is held by a player that stands still.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.web_request import BaseRequest

from agent_console.web.stored import TYPES
from recordings.audio import SAMPLE_BYTES, SAMPLE_RATE
from recordings.models import Recording

PIECE_S: Final = 60
"""Seconds of sound in one answer: 2 MB of two channels, a fraction of a second over a poor line."""


Find = Callable[[web.Request], Awaitable[Recording]]
"""The recording that an address names, in the scope of whoever asks. Raises NotFound, OutOfScope."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What one request for the sound is sent."""

    header: str
    """The Range header to answer; empty: the whole file, or a refusal."""
    stretch: tuple[float, float] | None
    """The seconds that are sent; None: none, as the range lies outside."""

    @classmethod
    def asked(cls, request: web.Request, recording: Recording, size: int) -> Self:
        """The piece that a request asks for of a file of so many bytes; a range without an end is cut.

        The whole is sent, and so written down, for what is no single range and for one that hangs on the file being
        what it was (If-Range): versions of a file have no name here.
        Of a compressed file the seconds are about right: its bytes are not spread evenly over them.
        """
        whole = recording.seconds or 0.0
        header = "" if hdrs.IF_RANGE in request.headers else request.headers.get(hdrs.RANGE, "")
        try:
            wanted = request.http_range if header else slice(None)
        except ValueError:
            header, wanted = "", slice(None)
        first, end = wanted.start or 0, min(wanted.stop or size, size)
        if first < 0:
            first = max(0, size + first)
        elif header and wanted.stop is None:
            end = min(first + PIECE_S * _bytes_a_second(recording, size), size)
            header = f"bytes={first}-{end - 1}" if first < end else header
        per_byte = whole / size if size else 0.0
        stretch = (round(first * per_byte, 1), round(end * per_byte, 1)) if first < end else None
        return cls(header, stretch)

    def narrowed(self, request: BaseRequest) -> BaseRequest:
        """The request as if this range, or none, had been asked for: whatever answers reads it from there."""
        headers = request.headers.copy()
        for name in (hdrs.RANGE, hdrs.IF_RANGE):
            headers.popall(name, None)
        if self.header:
            headers[hdrs.RANGE] = self.header
        return request.clone(headers=headers)

    def response(self, file: Path) -> web.FileResponse:
        """The answer of a file."""
        return _Ranged(file, self)


class _Ranged(web.FileResponse):
    """A file's piece."""

    def __init__(self, file: Path, piece: Piece) -> None:
        super().__init__(file, headers={hdrs.CONTENT_TYPE: TYPES[file.suffix]})
        self._piece = piece

    async def prepare(self, request: BaseRequest) -> AbstractStreamWriter | None:
        """Send it."""
        return await super().prepare(self._piece.narrowed(request))


def _bytes_a_second(recording: Recording, size: int) -> int:
    """Exactly for samples as they are, in the mean for compressed ones."""
    if recording.file.endswith(".wav") or not recording.seconds:
        return SAMPLE_RATE * SAMPLE_BYTES * recording.channels
    return int(size / recording.seconds)
