"""Ends what a supervisor that was killed left running: its Asterisk and its controller, known by their arguments.

To be called with the lock of `var` held: then nobody else owns them. Children go with their supervisor by themselves
(`asterisk_conf.runtime`, `service.process.supervisor.heartbeat`); this is for one that hangs, or that was not told.
"""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import structlog

from gridline.settings import Settings
from service.process.supervisor import controller_argv

PATIENCE_S = 15.0

log = structlog.get_logger(__name__)


def end(config: Settings) -> int:
    """End them, by force where they do not go by themselves; how many there were. Takes `PATIENCE_S` at most.

    An external Asterisk is a service of its own, whoever rendered its files: it is left alone.
    """
    ours = is_controller if config.asterisk == "external" else is_ours
    others = (process for process in psutil.process_iter() if process.pid != os.getpid())
    found = [process for process in others if ours(process, config.var)]
    for process in found:
        log.warning("left-over", pid=process.pid, program=process.name())
        process.terminate()
    _, stubborn = psutil.wait_procs(found, timeout=PATIENCE_S)
    for process in stubborn:
        log.error("left-over-killed", pid=process.pid)
        process.kill()
    psutil.wait_procs(stubborn, timeout=PATIENCE_S)
    return len(found)


def is_ours(process: psutil.Process, var: Path) -> bool:
    """Whether this is an Asterisk that runs from this `var`, or a controller that was started for it."""
    return str(var.absolute() / "asterisk/etc/asterisk.conf") in _arguments(process) or is_controller(process, var)


def is_controller(process: psutil.Process, var: Path) -> bool:
    """Whether this is a controller that was started for this `var`."""
    return _arguments(process) == controller_argv(var)


def _arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # another user's, or gone
        return []
