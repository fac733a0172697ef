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
from gridline.settings import Settings
from gridline.supervisor import Supervisor, controller_argv

log = structlog.get_logger(__name__)
ASTERISK_PAUSE_S = 1.0


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
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, supervisor.stop)
    phone = asyncio.create_task(_phone(config)) if config.asterisk == "embedded" else None
    if phone is not None:
        phone.add_done_callback(lambda _: supervisor.stop())  # it ends only by an error, told below
    try:
        return await supervisor.run()
    finally:
        if phone is not None:
            phone.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await phone
        log.info("stopped")


async def _phone(config: Settings) -> None:
    """Keep Asterisk up, whatever the controller does; started anew when it ends by itself."""
    program = asterisk.find(PackageRoot(config.package_root.absolute()))
    process = AsteriskProcess(render(config, program, list(Companies.load(config.dialplan / "companies"))))
    try:
        while True:
            await process.start()
            log.info("asterisk-up", version=program.version, pid=process.pid)
            code = await process.wait()
            log.error("asterisk-ended", code=code, restart_in_s=ASTERISK_PAUSE_S)
            await asyncio.sleep(ASTERISK_PAUSE_S)
    finally:
        await process.stop()
        log.info("asterisk-stopped", pid=os.getpid())
