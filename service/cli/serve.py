"""`gridline serve`: Asterisk, the controller and its supervisor, until SIGTERM; then the calls are drained."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys

import structlog
import typer

from asterisk_conf import asterisk
from asterisk_conf.packages import PackageRoot
from asterisk_conf.render import render
from asterisk_conf.runtime import AsteriskProcess
from gridline import log as logging
from gridline import settings
from gridline.companies import Companies
from gridline.errors import Unavailable
from gridline.settings import Settings
from service.supervisor import Supervisor, controller_argv

log = structlog.get_logger(__name__)
ASTERISK_PAUSE_S = 1.0
QUIET_EVERY_S = 0.5


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("serve")(serve)


def serve() -> None:
    """Вести телефонную линию, пока не придёт SIGTERM."""
    config = settings.load()
    logging.configure(config.log_format, config.log_level)
    sys.exit(asyncio.run(_serve(config)))


async def _serve(config: Settings) -> int:
    supervisor = Supervisor(controller_argv(), drain_s=config.drain_s)
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    phone = _Phone(config) if config.asterisk == "embedded" else None
    kept = asyncio.create_task(phone.keep()) if phone is not None else None
    if kept is not None:
        kept.add_done_callback(lambda _: stopping.set())  # it ends only by an error, told below
    stop = asyncio.create_task(_stop(stopping, phone, supervisor))
    try:
        code = await supervisor.run()
        if phone is not None and stopping.is_set():
            await phone.quiet(config.drain_s)
        return code
    finally:
        stop.cancel()
        if kept is not None:
            kept.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await kept
        log.info("stopped")


async def _stop(stopping: asyncio.Event, phone: _Phone | None, supervisor: Supervisor) -> None:
    """In order: no new calls, then the controller drains; Asterisk goes last, with whoever still talks."""
    await stopping.wait()
    if phone is not None:
        await phone.refuse_calls()
    supervisor.stop()


class _Phone:
    """Asterisk as our child: kept up, whatever the controller does."""

    def __init__(self, config: Settings) -> None:
        self._program = asterisk.find(PackageRoot(config.package_root.absolute()))
        companies = list(Companies.load(config.dialplan / "companies"))
        self._process = AsteriskProcess(render(config, self._program, companies), logs_mb=config.asterisk_logs_mb)

    async def keep(self) -> None:
        """Start it, and anew when it ends by itself; stopped when this is cancelled."""
        try:
            while True:
                await self._process.start()
                log.info("asterisk-up", version=self._program.version, pid=self._process.pid)
                code = await self._process.wait()
                log.error("asterisk-ended", code=code, restart_in_s=ASTERISK_PAUSE_S)
                await asyncio.sleep(ASTERISK_PAUSE_S)
        finally:
            await self._process.stop()
            log.info("asterisk-stopped", pid=os.getpid())

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
