"""Asterisk as the supervisor's child: kept up whatever the controller does, begun only where its ports are ours."""

from __future__ import annotations

import asyncio

import structlog

from asterisk_conf import asterisk
from asterisk_conf.packages import PackageRoot
from asterisk_conf.render import render
from asterisk_conf.runtime import AsteriskProcess
from gridline.companies import Companies
from gridline.errors import Unavailable
from gridline.settings import Settings
from service.process import ports

PAUSE_S = 1.0
QUIET_EVERY_S = 0.5

log = structlog.get_logger(__name__)


class Telephone:
    """One Asterisk of ours. Raises Misconfigured, Unavailable when its files cannot be rendered."""

    def __init__(self, config: Settings) -> None:
        self._ports = ports.of_asterisk(config)
        self._program = asterisk.find(PackageRoot(config.package_root.absolute()))
        companies = list(Companies.load(config.dialplan / "companies"))
        self._process = AsteriskProcess(render(config, self._program, companies), logs_mb=config.asterisk_logs_mb)

    async def keep(self) -> None:
        """Start it, and anew when it ends by itself or does not come up; stopped when this is cancelled."""
        try:
            while True:
                await self._ports_are_free()
                try:
                    await self._process.start()
                    log.info("asterisk-up", version=self._program.version, pid=self._process.pid)
                    code = await self._process.wait()
                    log.error("asterisk-ended", code=code, restart_in_s=PAUSE_S)
                except Unavailable as error:
                    log.error("asterisk-not-started", reason=error.message, restart_in_s=PAUSE_S)
                await asyncio.sleep(PAUSE_S)
        finally:
            pid = self._process.pid if self._process.alive else None
            await self._process.stop()
            log.info("asterisk-stopped", pid=pid)

    async def _ports_are_free(self) -> None:
        """Wait for it. Asterisk itself would come up without a taken SIP port, and no call would ever come."""
        told: list[str] = []
        while taken := await asyncio.to_thread(ports.taken, self._ports):
            if taken != told:
                log.error("ports-taken", taken="; ".join(taken))
                told = taken
            await asyncio.sleep(PAUSE_S)

    async def refuse_calls(self) -> None:
        """New calls are told 503: the carrier tries another way. Those that are here go on."""
        if await self._asked("dialplan set global GRIDLINE_STOPPING yes"):
            log.info("refusing-calls")

    async def quiet(self, within_s: float) -> None:
        """Wait until nobody talks any more, at most so long."""
        end = asyncio.get_running_loop().time() + within_s
        while asyncio.get_running_loop().time() < end:
            if "0 active channels" in await self._asked("core show channels count"):
                return
            await asyncio.sleep(QUIET_EVERY_S)

    async def _asked(self, command: str) -> str:
        """The console's answer; when there is none, nobody can be calling."""
        if not self._process.alive:
            return "0 active channels"
        try:
            return await self._process.rx(command)
        except (Unavailable, TimeoutError) as error:
            log.error("asterisk-not-asked", command=command, reason=str(error))
            return ""
