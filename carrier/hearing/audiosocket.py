"""The sound of every call of the carrier, live: Asterisk's AudioSocket application on the one side, legs on the other.

A message is one byte of kind, two of length, then the body; the first carries the call's id. Asterisk 22 drops a call
with no activity for 2 s, so the mouth always sends, even silence, as a telephone does.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping
from typing import Protocol

from carrier.hearing.ear import FRAME
from ivr.voice.audio import RATE

_HANGUP, _ID, _SOUND = 0x00, 0x01, 0x10
_FRAME_HEAD = bytes((_SOUND,)) + (2 * FRAME).to_bytes(2, "big")
_FRAME_S = FRAME / RATE
_MOST_LATE = 10
"""Most frames sent at once to catch up; any more are dropped, as on a bad line."""


class SoundSink(Protocol):
    """The leg a connection's sound belongs to."""

    def sound_begins(self, now: float) -> None:
        """The call was answered, its sound is connected."""

    def hear(self, sound: bytes, now: float) -> None:
        """What came into the ear."""

    def frame(self) -> bytes:
        """The next 20 ms of the mouth."""

    def sound_ends(self, now: float) -> None:
        """The call is over."""


class SoundServer:
    """Accepts Asterisk's AudioSocket connections on a port of its own and keeps 50 frames a second going."""

    def __init__(self, legs: Mapping[str, SoundSink]) -> None:
        self._legs = legs
        self._connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None
        self._pace: asyncio.Task[None] | None = None
        self.port = 0

    async def start(self, host: str) -> None:
        """Listen; `port` is known afterwards."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self._legs, self._connections), host, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self._pace = asyncio.create_task(self._keep_pace(), name="carrier-mouths")

    async def stop(self) -> None:
        """Close every connection and the port."""
        if self._server is None or self._pace is None:
            return
        self._pace.cancel()
        await asyncio.wait([self._pace])
        for connection in list(self._connections):
            connection.close()
        self._server.close()
        await self._server.wait_closed()

    async def _keep_pace(self) -> None:
        due = time.monotonic()
        while True:
            due = max(due + _FRAME_S, time.monotonic() - _MOST_LATE * _FRAME_S)
            await asyncio.sleep(max(due - time.monotonic(), 0))
            for connection in list(self._connections):
                connection.speak()


class _Connection(asyncio.Protocol):
    def __init__(self, legs: Mapping[str, SoundSink], connections: set[_Connection]) -> None:
        self._legs = legs
        self._connections = connections
        self._leg: SoundSink | None = None
        self._rest = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        at, sounds = 0, []
        while len(data) >= at + 3 and len(data) >= (end := at + 3 + int.from_bytes(data[at + 1 : at + 3], "big")):
            kind, body = data[at], data[at + 3 : end]
            at = end
            if kind == _SOUND:
                sounds.append(body)
            elif kind == _ID:
                self._begin(str(uuid.UUID(bytes=body)))
            elif kind == _HANGUP:
                self._transport.close()
        self._rest = data[at:]
        if sounds and self._leg is not None:
            self._leg.hear(b"".join(sounds), time.monotonic())

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        if self._leg is not None:
            self._leg.sound_ends(time.monotonic())

    def speak(self) -> None:
        """Send one frame."""
        if self._leg is not None:
            self._transport.write(_FRAME_HEAD + self._leg.frame())

    def close(self) -> None:
        """Hang up from this side."""
        self._transport.close()

    def _begin(self, call_id: str) -> None:
        self._leg = self._legs.get(call_id)
        if self._leg is None:  # the caller has already hung up
            self._transport.close()
            return
        self._connections.add(self)
        self._leg.sound_begins(time.monotonic())
