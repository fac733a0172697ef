"""Keeps the controller alive from outside: starts it, listens to its heart, ends and restarts it when it hangs.

A process of its own, because a process that hangs cannot watch itself. It also owns Asterisk, so that a controller
that dies or is replaced leaves every call where it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

import structlog

HEARTBEAT_S = 1.0
HUNG_AFTER_S = 8.0
"""Without a beat this long, the controller is killed: within the 10 s of fault F5."""
START_LIMIT_S = 60.0
"""The first beat comes only when everything is up."""
LOOK_EVERY_S = 0.25
STOP_MARGIN_S = 15.0
"""After the calls were drained: time to write everything down."""
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0
LONG_LIFE_S = 10.0
"""Whoever lived longer did not fail at its start: the next one need not wait."""

log = structlog.get_logger(__name__)


class Patience:
    """How long something may still take, in time that the watcher saw pass.

    A machine that was frozen (a snapshot, a suspend) froze the watched with the watcher: between two looks no more
    than twice the pause between them counts.
    """

    def __init__(self, limit_s: float) -> None:
        self._left_s = limit_s
        self._looked_at: float | None = None

    def begin_anew(self, limit_s: float) -> None:
        """There was a sign of life."""
        self._left_s = limit_s

    def is_over(self, now: float) -> bool:
        """Look, at `now` of a monotonic clock; whether the limit was passed."""
        since_s = 0.0 if self._looked_at is None else now - self._looked_at
        self._looked_at = now
        self._left_s -= min(max(since_s, 0.0), 2 * LOOK_EVERY_S)
        return self._left_s < 0


class Supervisor:
    """Runs `argv` and restarts it with growing pauses until `stop()`; then it has `drain_s` to end its calls."""

    def __init__(self, argv: list[str], *, drain_s: float, hung_after_s: float = HUNG_AFTER_S) -> None:
        self._argv = argv
        self._drain_s = drain_s
        self._hung_after_s = hung_after_s
        self._stopping = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self.restarts = 0
        self.started = asyncio.Event()
        """Set after the first heartbeat of the first controller."""

    @property
    def pid(self) -> int | None:
        """The running controller's process id."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def run(self) -> int:
        """Run until `stop()`; returns the exit code of the last controller. Ends at once on a settings error (2)."""
        pause = FIRST_PAUSE_S
        while True:
            code, lived = await self._one_life()
            if self._stopping.is_set() or code == 2:
                return code
            self.restarts += 1
            pause = FIRST_PAUSE_S if lived > LONG_LIFE_S else min(pause * 2, LONGEST_PAUSE_S)
            log.error("controller-ended", code=code, lived_s=round(lived, 1), restart_in_s=pause)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            if self._stopping.is_set():
                return code

    def stop(self) -> None:
        """Ask the controller to drain and end."""
        self._stopping.set()
        if self.pid is not None and self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    async def _one_life(self) -> tuple[int, float]:
        loop = asyncio.get_running_loop()
        read_end, write_end = os.pipe()
        os.set_inheritable(write_end, True)
        born = loop.time()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._argv,
                env=os.environ | {"GRIDLINE_HEARTBEAT_FD": str(write_end)},
                pass_fds=(write_end,),
                start_new_session=True,
            )
        finally:
            os.close(write_end)
        silent = Patience(START_LIMIT_S)
        draining = Patience(self._drain_s + STOP_MARGIN_S)
        os.set_blocking(read_end, False)
        loop.add_reader(read_end, self._beat, read_end, silent)
        ended = asyncio.create_task(self._process.wait())
        try:
            while not ended.done():
                await asyncio.wait([ended], timeout=LOOK_EVERY_S)
                hung = silent.is_over(loop.time())
                late = draining.is_over(loop.time()) if self._stopping.is_set() else False
                if not ended.done() and (hung or late):
                    log.error("controller-hung", pid=self._process.pid, draining=late)
                    self._process.kill()
                    await ended
            return ended.result(), loop.time() - born
        finally:
            loop.remove_reader(read_end)
            os.close(read_end)
            if not ended.done():
                self._process.kill()
                await ended

    def _beat(self, descriptor: int, silent: Patience) -> None:
        with contextlib.suppress(BlockingIOError):
            if os.read(descriptor, 64):
                silent.begin_anew(self._hung_after_s)
                self.started.set()
            else:  # the controller closed its end: its exit follows
                asyncio.get_running_loop().remove_reader(descriptor)


async def heartbeat() -> None:
    """The controller's side: one byte a second from the event loop itself, so that a blocked loop falls silent."""
    descriptor = os.environ.get("GRIDLINE_HEARTBEAT_FD")
    while descriptor is not None:
        try:
            os.write(int(descriptor), b".")
        except BrokenPipeError:
            log.error("supervisor-gone")
            os.kill(os.getpid(), signal.SIGTERM)
            return
        await asyncio.sleep(HEARTBEAT_S)


def controller_argv(var: Path) -> list[str]:
    """The command of the controller alone; it reads `var` from the settings, and is known by it among processes."""
    return [sys.executable, "-m", "service.controller", str(var.absolute())]
