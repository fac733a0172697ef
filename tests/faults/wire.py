"""A wire between Asterisk and the controller that a test can cut, mince and listen to."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct

_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on, zero seconds: closing sends RST instead of FIN."""


class Wire:
    """Listens where Asterisk calls, passes everything on to `target` (a port of the loopback address)."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.minced = False
        """Pass what the controller writes on in pieces of one byte."""
        self.written: list[bytes] = []
        """What the controller has written, a byte string for each connection, in the order they came."""
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """Where Asterisk is to call."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Begin to listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    def cut(self) -> None:
        """Reset every connection, at both ends, in the middle of whatever is said."""
        for end in self._ends:
            raw = end.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            end.transport.abort()

    async def stop(self) -> None:
        """Cut everything and stop listening."""
        self.cut()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, asterisk: asyncio.StreamReader, to_asterisk: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            controller, to_controller = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            to_asterisk.close()
            return
        ends = {to_asterisk, to_controller}
        self._ends |= ends
        index = len(self.written)
        self.written.append(b"")
        try:
            await asyncio.gather(self._pass(asterisk, to_controller, None), self._pass(controller, to_asterisk, index))
        finally:
            self._ends -= ends
            self._tasks.discard(task)
            for end in ends:
                end.close()

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, index: int | None) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                if index is not None:
                    self.written[index] += data
                pieces = [data[i : i + 1] for i in range(len(data))] if self.minced and index is not None else [data]
                for piece in pieces:
                    target.write(piece)
                    await target.drain()
                    if len(pieces) > 1:
                        await asyncio.sleep(0)
        with contextlib.suppress(OSError, RuntimeError):
            target.write_eof()
