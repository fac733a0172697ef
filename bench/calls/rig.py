"""One Asterisk for a whole run of `gridline bench calls`, the controller beside it, and what each has used."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
from jinja2 import Environment, StrictUndefined

from asterisk_conf import asterisk
from asterisk_conf.packages import PackageRoot
from asterisk_conf.render import render
from asterisk_conf.runtime import AsteriskProcess
from bench.calls.peers import COMMANDS, SERVERS
from carrier.settings import free_port
from gridline import settings
from gridline.companies import Companies
from gridline.errors import Unavailable
from gridline.settings import HOUSE, Settings
from ivr.voice.voice import Voice

DIALPLAN = Path(__file__).parent / "dialplan"
PACKAGES = HOUSE / ".packages"
MODULES = ("app_read", "func_db")
"""What the pure dialplan needs beyond the product's own list of modules."""
START_LIMIT_S = 60.0


class Rig:
    """Asterisk with the product's own rendered files and dialplan; the bench's contexts stand behind them."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.ports = {name: free_port() for name in SERVERS}
        values: dict[str, object] = {
            "var": str(var),
            "dialplan": str(var / "dialplan"),
            "package_root": str(PACKAGES),
            "agi_port": free_port(),
            "http_port": free_port(),
            "ami_port": free_port(),
            "asterisk_http_port": free_port(),
            "sip_port": free_port(),
            "trunk_port": free_port(),
            "rtp_last_port": 13999,
            "calls_per_caller": 1000,
            "calls_at_once": 10_000,
            "log_format": "json",
        }
        var.mkdir(parents=True, exist_ok=True)
        shutil.copytree(DIALPLAN, var / "dialplan")
        self._file = var / "gridline.toml"
        self._file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items()))
        self.settings: Settings = settings.load(**values)
        self.packages = PackageRoot(PACKAGES)
        self.companies = Companies.load(var / "dialplan/companies")
        self.counted = var / "fork-commands"
        """One byte for each command that the forked scripts ran."""
        self._phone: AsteriskProcess | None = None

    @property
    def phone(self) -> AsteriskProcess:
        """The running Asterisk. Raises Unavailable before `start`."""
        if self._phone is None:
            raise Unavailable("Asterisk не запущен")
        return self._phone

    async def start(self, sounds: Mapping[str, Path]) -> None:
        """Render and start Asterisk; `sounds` are the menu's prompts, the same files for both sides.

        Raises Unavailable when it starts with an ERROR line.
        """
        own = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
        added = own.from_string((DIALPLAN / "extensions.conf.j2").read_text()).render(
            servers=self.ports, sounds=sounds, commands=COMMANDS
        )
        for template in (HOUSE / "dialplan").glob("*.j2"):
            shutil.copy(template, self.var / "dialplan")
        product = (HOUSE / "dialplan/extensions.conf.j2").read_text()
        (self.var / "dialplan/extensions.conf.j2").write_text(f"{product}{{% raw %}}{added}{{% endraw %}}")
        rendered = render(self.settings, asterisk.find(self.packages), list(self.companies))
        script = rendered.etc / "agi/bench-fork"
        peer = HOUSE / "bench/calls/fork.py"
        script.write_text(f"#!/bin/sh\nexec '{sys.executable}' -P '{peer}' '{self.counted}'\n")
        script.chmod(0o700)
        self.counted.touch()
        self._phone = AsteriskProcess(rendered)
        await self._phone.start()
        for module in MODULES:
            await self._phone.rx(f"module load {module}.so")
        if errors := self._phone.errors():
            raise Unavailable("Asterisk жалуется:\n" + "\n".join(errors[:5]))

    async def stop(self) -> None:
        """Stop Asterisk."""
        if self._phone is not None:
            await self._phone.stop()

    @asynccontextmanager
    async def controller(self) -> AsyncIterator[psutil.Process]:
        """The product's controller, a process as `gridline serve` starts it, up and connected inside the block."""
        with (self.var / "controller.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "service.controller"),
                env=os.environ | {"GRIDLINE_SETTINGS": str(self._file)},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            await self._serving(process)
            yield psutil.Process(process.pid)
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(START_LIMIT_S):
                await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _serving(self, process: asyncio.subprocess.Process) -> None:
        until = asyncio.get_running_loop().time() + START_LIMIT_S
        while process.returncode is None and asyncio.get_running_loop().time() < until:
            if await self._healthy():
                return
            await asyncio.sleep(0.05)
        raise Unavailable(f"Контроллер не поднялся:\n{(self.var / 'controller.log').read_text()[-2000:]}")

    async def _healthy(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection(self.settings.http_host, self.settings.http_port)
            writer.write(b"GET /healthz HTTP/1.0\r\n\r\n")
            status = await reader.readline()
            writer.close()
        except OSError:
            return False
        return b" 200 " in status

    def voice(self) -> Voice:
        """The voice as the controller has it: the same files by the same names."""
        return Voice.of(self.settings)


def cpu_s(process: psutil.Process) -> float:
    """Seconds of CPU a process has used, with those of its children that have ended (forked scripts)."""
    used = process.cpu_times()
    return float(used.user + used.system + used.children_user + used.children_system)


def resident_mb(process: psutil.Process) -> float:
    """Resident memory of a process."""
    return float(process.memory_info().rss) / 2**20
