"""`gridline serve`: Asterisk, the controller and its supervisor, until SIGTERM; then the calls are drained."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys

import structlog
import typer

from gridline import log as logging
from gridline import settings
from gridline.settings import Settings
from service.process import leftovers, lock
from service.process.supervisor import Supervisor, controller_argv
from service.process.telephone import Telephone

log = structlog.get_logger(__name__)


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("serve")(serve)


def serve() -> None:
    """Вести телефонную линию, пока не придёт SIGTERM."""
    config = settings.load()
    logging.configure(config.log_format, config.log_level)
    with lock.held(config.var):
        if config.asterisk == "embedded":
            config.var.chmod(0o700)  # what an earlier version left readable in there
        leftovers.end(config)
        code = asyncio.run(_serve(config))
    sys.exit(code)


async def _serve(config: Settings) -> int:
    supervisor = Supervisor(controller_argv(config.var), drain_s=config.drain_s)
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    phone = Telephone(config) if config.asterisk == "embedded" else None
    kept = asyncio.create_task(phone.keep()) if phone is not None else None
    if kept is not None:
        kept.add_done_callback(lambda _: stopping.set())  # it ends only by an unexpected error, told below
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


async def _stop(stopping: asyncio.Event, phone: Telephone | None, supervisor: Supervisor) -> None:
    """In order: no new calls, then the controller drains; Asterisk goes last, with whoever still talks."""
    await stopping.wait()
    if phone is not None:
        await phone.refuse_calls()
    supervisor.stop()
