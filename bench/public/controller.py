"""The controller alone, as a process of its own, for `gridline bench public`: no Asterisk is needed to read a page."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from gridline.errors import Unavailable

COMES_UP_S: Final = 60.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Served:
    """A controller that answers HTTP."""

    port: int
    pid: int

    def cpu_s(self) -> float:
        """Processor time it has used so far: all its threads, in the program and in the kernel."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    async def comes_up(self, path: str, outages: int) -> None:
        """Wait until the page holds that many outages. Raises Unavailable."""
        try:
            async with asyncio.timeout(COMES_UP_S), aiohttp.ClientSession() as session:
                while await self._outages(session, path) != outages:  # noqa: ASYNC110 - another process
                    await asyncio.sleep(0.1)
        except TimeoutError as error:
            raise Unavailable(f"Работа не доказана: на странице нет {outages} отключений.") from error

    async def _outages(self, session: aiohttp.ClientSession, path: str) -> int:
        try:
            async with session.get(f"http://127.0.0.1:{self.port}{path}") as answer:
                return len(json.loads(await answer.text()).get("outages", ()))
        except (aiohttp.ClientError, ValueError):
            return -1


@asynccontextmanager
async def served(var: Path) -> AsyncIterator[Served]:
    """A controller with its data in `var`, ended at the block's end; its log goes to `var/log`."""
    http, agi = _free_port(), _free_port()
    own = {"GRIDLINE_VAR": str(var), "GRIDLINE_HTTP_PORT": str(http), "GRIDLINE_AGI_PORT": str(agi)}
    own |= {"GRIDLINE_AMI_PORT": "1", "GRIDLINE_DRAIN_S": "0", "GRIDLINE_ASTERISK": "external"}
    with (var / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "service.controller"), env={**os.environ, **own}, stdout=log, stderr=log
        )
        try:
            yield Served(http, process.pid)
        finally:
            process.terminate()
            await process.wait()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
