"""The FastAGI servers that run 20 plain commands a call, each a process of its own that counts its work."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import psutil

from bench.calls.peers import COMMANDS, SERVERS
from bench.calls.rig import Rig
from gridline.errors import Unavailable

_ANSWER_LIMIT_S = 60.0


@dataclass(frozen=True)
class Counted:
    """What a server did since it was last asked."""

    calls: int
    commands: int
    p50_us: float
    p99_us: float


class Server:
    """One running server."""

    def __init__(self, name: str, port: int, process: asyncio.subprocess.Process) -> None:
        self.name, self.exten = name, str(port)
        self.process = psutil.Process(process.pid)
        self._process = process

    async def ready(self) -> None:
        """Wait until it listens."""
        await self._line()

    async def counted(self) -> Counted:
        """What it did since the last time."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        return Counted(**json.loads(await self._line()))

    async def proved(self, calls: int) -> Counted:
        """The same, when it is exactly the work of `calls` calls. Raises Unavailable: the figure is worth nothing."""
        counted = await self.counted()
        if (counted.calls, counted.commands) != (calls, calls * COMMANDS):
            raise Unavailable(f"Работа не доказана: {self.name} обслужил {counted}, а звонков было {calls}.")
        return counted

    async def _line(self) -> bytes:
        assert self._process.stdout is not None
        async with asyncio.timeout(_ANSWER_LIMIT_S):
            line = await self._process.stdout.readline()
        if not line:
            raise Unavailable(f"Сервер {self.name} завершился.")
        return line


@asynccontextmanager
async def running(rig: Rig, names: Sequence[str] = SERVERS) -> AsyncIterator[list[Server]]:
    """These servers, up inside the block."""
    async with AsyncExitStack() as ending:
        servers = []
        for name in names:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bench.calls.peers", name, str(rig.ports[name])),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            ending.push_async_callback(_end, process)
            server = Server(name, rig.ports[name], process)
            await server.ready()
            servers.append(server)
        yield servers


async def _end(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(5):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
