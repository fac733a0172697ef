"""A bare AMI socket in a process of its own: every event with the moment its last byte was read.

A process, because whoever has other work to do stamps late, and then delays look short.
`python wire.py HOST PORT USER` takes the secret on its standard input.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from gridline.errors import Unavailable

_WAIT_S = 10.0
_LINE_LIMIT = 1 << 20
_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Seen:
    """One event on the wire."""

    at: float
    """`time.monotonic()`."""
    headers: dict[str, str]

    def is_(self, name: str) -> bool:
        """Whether it is the event of this name."""
        return self.headers.get("Event") == name


class Wire:
    """What the process has read so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.seen: list[Seen] = []
        """Grows at its end only; whoever reads it remembers how far he was."""
        self._process = process
        self._news = asyncio.Event()
        self.reading = asyncio.create_task(self._read())

    async def until(self, wanted: Callable[[Seen], bool], since: int, within_s: float = 30) -> Seen:
        """The first wanted event from index `since` on. Raises Unavailable when it does not come."""
        try:
            async with asyncio.timeout(within_s):
                while True:
                    self._news.clear()
                    while since < len(self.seen):
                        if wanted(self.seen[since]):
                            return self.seen[since]
                        since += 1
                    await self._news.wait()
        except TimeoutError:
            raise Unavailable(f"За {within_s:.0f} с Asterisk не сообщил ожидаемого события.") from None

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            at, headers = json.loads(line)
            self.seen.append(Seen(at, headers))
            self._news.set()


@asynccontextmanager
async def bare_ami(host: str, port: int, user: str, secret: str) -> AsyncIterator[Wire]:
    """Read inside the block. Raises Unavailable when Asterisk does not let us in."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", __file__, host, str(port), user),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LINE_LIMIT,
    )
    assert process.stdin is not None
    process.stdin.write(f"{secret}\n".encode())
    wire = Wire(process)
    try:
        await wire.until(lambda seen: seen.is_("FullyBooted"), 0)
        yield wire
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await wire.reading


def _watch(host: str, port: int, user: str, secret: str) -> None:
    with socket.create_connection((host, port), timeout=_WAIT_S) as ami:
        ami.sendall(f"Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\nEvents: on\r\n\r\n".encode())
        ami.settimeout(None)
        rest = b""
        while chunk := ami.recv(65536):
            at = time.monotonic()
            *whole, rest = (rest + chunk).split(_END)
            for headers in map(_headers, whole):
                if "Event" in headers:
                    sys.stdout.write(json.dumps([at, headers]) + "\n")
            sys.stdout.flush()


def _headers(block: bytes) -> dict[str, str]:
    parts = (line.partition(": ") for line in block.decode(errors="replace").split("\r\n"))
    return {name: value for name, colon, value in parts if colon}


if __name__ == "__main__":
    _watch(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.stdin.readline().strip())
