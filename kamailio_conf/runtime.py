"""Runs one Kamailio from its rendered files: start, ask which nodes it gives calls to, stop."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path
from typing import Final

from gridline.errors import Unavailable
from kamailio_conf.render import RenderedKamailio

SBIN: Final = "/usr/sbin"
"""Debian's place of it, which an ordinary user's PATH does not have."""
START_LIMIT_S: Final = 15.0
STOP_LIMIT_S: Final = 10.0
MEMORY: Final = ("-m", "64", "-M", "8")
"""Megabytes, shared and of each process."""


def program(name: str = "kamailio") -> str:
    """Its path. Raises Unavailable where it is not installed."""
    found = shutil.which(name) or shutil.which(name, path=SBIN)
    if found is None:
        raise Unavailable(f"{name} не установлен: apt-get install kamailio kamailio-tls-modules")
    return found


class KamailioProcess:
    """A running Kamailio of ours."""

    def __init__(self, rendered: RenderedKamailio) -> None:
        self.rendered = rendered
        self._process: asyncio.subprocess.Process | None = None

    @property
    def log(self) -> Path:
        """What it has said."""
        return self.rendered.etc / "kamailio.log"

    @property
    def pid(self) -> int:
        """The process id of its first process. Raises Unavailable when it is not running."""
        if self._process is None:
            raise Unavailable("Kamailio не запущен")
        return self._process.pid

    async def start(self) -> None:
        """Start it and wait until it can be asked. Raises Unavailable with its last words."""
        _, *arguments = self.rendered.argv
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                program(), *arguments, *MEMORY, stdout=log, stderr=log, start_new_session=True
            )
        try:
            async with asyncio.timeout(START_LIMIT_S):
                while not await self.active(1) and not (self.rendered.run / "ctl").exists():
                    if self._process.returncode is not None:
                        raise Unavailable(f"Kamailio не запустился:\n{self._last_words()}")
                    await asyncio.sleep(0.05)
        except TimeoutError:
            await self.stop()
            raise Unavailable(f"Kamailio не поднялся за {START_LIMIT_S:.0f} с:\n{self._last_words()}") from None

    async def active(self, group: int) -> set[str]:
        """Addresses (`host:port`) of a set of the dispatcher (1: those that serve, 2: an Asterisk) that get calls."""
        told = await self._asked("dispatcher.list")
        parts = re.split(r"(?m)^\s*ID: ", told)[1:]
        mine = next((part for part in parts if part.startswith(f"{group}\n")), "")
        found = re.findall(r"URI: sip:(?:\w+@)?(\S+)\s+FLAGS: A", mine)
        return set(found)

    async def stop(self) -> None:
        """End it; waits for it."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(STOP_LIMIT_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _asked(self, command: str) -> str:
        asking = await asyncio.create_subprocess_exec(
            *(program("kamcmd"), "-s", f"unix:{self.rendered.run / 'ctl'}", command),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        told, _ = await asking.communicate()
        return told.decode(errors="replace")

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])
