"""Runs one Asterisk from its rendered files: start, ask, stop."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import resource
import signal
from pathlib import Path

from asterisk_conf.logs import Logs
from asterisk_conf.render import Rendered
from gridline.errors import Unavailable

START_LIMIT_S = 30.0
STOP_LIMIT_S = 10.0
_PR_SET_PDEATHSIG = 1
"""prctl(2): the signal a process gets when its parent dies."""
_LIBC = ctypes.CDLL(None)  # loaded here: little may be done between fork and exec
TIDY_S = 60.0
LOGS_MB = 200


class AsteriskProcess:
    """A running Asterisk of ours. What it writes is its owner's alone."""

    def __init__(self, rendered: Rendered, *, logs_mb: int = LOGS_MB) -> None:
        self.rendered = rendered
        self.logs = Logs(rendered.var / "log", logs_mb)
        self._process: asyncio.subprocess.Process | None = None
        self._tidying: asyncio.Task[None] | None = None
        self._before: dict[Path, int] = {}
        """Bytes each log held before this start."""

    @property
    def log(self) -> Path:
        """Asterisk's own log file."""
        return self.logs.messages

    @property
    def pid(self) -> int:
        """The process id. Raises Unavailable when it is not running."""
        if self._process is None:
            raise Unavailable("Asterisk не запущен")
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process was started and has not ended."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start it and wait until it is fully booted. Raises Unavailable with its last words when it is not."""
        self.logs.put_aside()
        self.logs.console.touch(mode=0o600)
        logs = (self.logs.messages, self.logs.console)
        self._before = {log: log.stat().st_size if log.exists() else 0 for log in logs}
        with self.logs.console.open("ab") as console:
            parent = os.getpid()
            self._process = await asyncio.create_subprocess_exec(
                *self.rendered.asterisk.argv,
                *("-C", str(self.rendered.etc / "asterisk.conf"), "-f", "-n"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                preexec_fn=lambda: self._prepare(parent),
                start_new_session=True,  # Ctrl-C in the terminal is ours to pass on, after the calls are drained
            )
        try:
            async with asyncio.timeout(START_LIMIT_S):
                while "fully booted" not in await self._try_rx("core waitfullybooted"):
                    if not self.alive:
                        raise Unavailable(f"Asterisk не запустился:\n{self._last_words()}")
                    await asyncio.sleep(0.1)
        except TimeoutError:
            await self.stop()
            raise Unavailable(f"Asterisk не поднялся за {START_LIMIT_S:.0f} с:\n{self._last_words()}") from None
        if self._tidying is None:
            self._tidying = asyncio.create_task(self._tidy())

    async def rx(self, command: str) -> str:
        """The answer of one command of Asterisk's console. Raises Unavailable when it cannot be asked."""
        process = await asyncio.create_subprocess_exec(
            *self.rendered.asterisk.argv,
            *("-C", str(self.rendered.etc / "asterisk.conf"), "-r", "-x", command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(STOP_LIMIT_S):
            out, _ = await process.communicate()
        if process.returncode:
            raise Unavailable(f"Asterisk не отвечает на «{command}»: {out.decode(errors='replace').strip()}")
        return out.decode(errors="replace")

    async def stop(self) -> None:
        """Hang up what is left and end the process; waits for it."""
        if self._tidying is not None:
            self._tidying.cancel()
            self._tidying = None
        if self._process is None or self._process.returncode is not None:
            return
        await self._try_rx("core stop now")
        for end in (self._process.terminate, self._process.kill):
            try:
                async with asyncio.timeout(STOP_LIMIT_S):
                    await self._process.wait()
                return
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    end()
        await self._process.wait()

    async def wait(self) -> int:
        """Wait for the process to end by itself; its exit code."""
        if self._process is None:
            raise Unavailable("Asterisk не запущен")
        return await self._process.wait()

    def errors(self) -> list[str]:
        """ERROR lines of its log so far."""
        return self.logs.errors()

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(TIDY_S)
            if self.alive and self.logs.put_aside():
                await self._try_rx("logger reload")

    async def _try_rx(self, command: str) -> str:
        try:
            return await self.rx(command)
        except (Unavailable, TimeoutError) as error:
            return str(error)

    def _prepare(self, parent: int) -> None:
        """In the child, before it becomes Asterisk: it goes when we go, writes for us alone, may open many files."""
        os.umask(0o077)
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # killed before that was said
            os._exit(1)
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = self.rendered.max_files if hard == resource.RLIM_INFINITY else min(self.rendered.max_files, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

    def _last_words(self) -> str:
        words = []
        for log, before in self._before.items():
            if log.exists():
                with log.open("rb") as said:
                    said.seek(before)
                    words += said.read().decode(errors="replace").splitlines()
        return "\n".join(words[-12:])
