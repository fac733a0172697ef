"""The worker's process seen from the event loop: started, asked, watched; what befalls it ends its jobs and no more."""

from __future__ import annotations

import asyncio
import itertools
import signal
import sys
from collections import deque
from contextlib import suppress
from typing import Final

import psutil
import structlog

from speech import frames
from speech.frames import Message
from speech.models import SpeechModel
from speech.port import NoModel, NotHeard

LOAD_WITHIN_S: Final = 180.0
LOOK_EVERY_S: Final = 0.5
"""How often the memory of the process is looked at."""
_LAST_LINES: Final = 6
log = structlog.get_logger(__name__)


class WorkerProcess:
    """One engine with one model in a process of its own: niced for recordings, not so for callers (0)."""

    def __init__(self, model: SpeechModel, memory_mb: int, niceness: int) -> None:
        self.model = model
        self._limits = (str(memory_mb), str(niceness))
        self._memory_mb = memory_mb
        self._process: asyncio.subprocess.Process | None = None
        self._ready: asyncio.Future[Message] | None = None
        self._asked: dict[int, asyncio.Future[Message]] = {}
        self._numbers = itertools.count(1)
        self._told: deque[str] = deque(maxlen=_LAST_LINES)
        self._why = ""
        self.streams = 0
        """Callers it listens to just now."""
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def alive(self) -> bool:
        """Whether it may be asked."""
        return self._process is not None and self._process.returncode is None and not self._why

    @property
    def busy(self) -> bool:
        """Whether somebody waits for it or speaks to it."""
        return bool(self._asked or self.streams)

    async def start(self) -> None:
        """Start it and wait for the model. Raises NoModel, with the engine's own words, when that does not load."""
        model = self.model
        self._ready = asyncio.get_running_loop().create_future()
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "speech.worker"),
            *(model.engine, str(model.folder.absolute()), model.label.language, *self._limits),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        jobs = (self._hear_out(self._process), self._watch(self._process))
        self._tasks = [asyncio.create_task(job) for job in jobs]
        try:
            async with asyncio.timeout(LOAD_WITHIN_S):
                await self._ready
        except TimeoutError as error:
            self.end(f"модель не загрузилась за {LOAD_WITHIN_S:g} с")
            raise NoModel(self._unloaded()) from error
        except NotHeard as error:
            raise NoModel(self._unloaded()) from error
        except asyncio.CancelledError:
            self.end("больше не нужен")
            raise

    async def ask(self, request: Message, within_s: float) -> Message:
        """The answer to a request. Raises NotHeard: refused, died over it, took longer than `within_s`; OSError.

        Whoever has no answer in time, or stops waiting, takes the process with them: it would go on hearing.
        """
        number = next(self._numbers)
        if not self.alive:
            raise NotHeard(self._lost())
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        try:
            self.tell({"id": number, **request})
            async with asyncio.timeout(within_s):
                said = await answer
        except TimeoutError as error:
            self.end(f"не ответил за {within_s:.0f} с")
            raise NotHeard(self._lost()) from error
        except asyncio.CancelledError:
            if not self.streams:  # other callers' streams need it yet
                self.end("больше не нужен")
            raise
        finally:
            self._asked.pop(number, None)
        if "os_error" in said:
            raise OSError(*said["os_error"])
        if "not_heard" in said:
            raise NotHeard(str(said["not_heard"]))
        return said

    def tell(self, request: Message) -> None:
        """Send a request; one without an `id` gets no answer. To a worker that has ended nothing is sent.

        Raises nothing: what can no longer be sent, nobody will answer, and `ask` hears of it from the process's end.
        """
        if self._process is not None and self._process.stdin is not None and self.alive:
            with suppress(ConnectionError, RuntimeError):  # uvloop's word for the input of a dead program
                self._process.stdin.write(frames.packed(request))

    def end(self, why: str) -> None:
        """Kill it, for this reason; nothing it holds is worth a goodbye."""
        self._why = self._why or why
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def close(self) -> None:
        """Kill it and wait until it is gone."""
        self.end("больше не нужен")
        if self._process is not None:
            await self._process.wait()
        await asyncio.gather(*self._tasks)

    async def _hear_out(self, process: asyncio.subprocess.Process) -> None:
        """Take all it says; when it has ended tell everybody who still waits."""
        assert self._ready is not None
        await asyncio.gather(self._hand_out_answers(process), self._keep_last_words(process))
        await process.wait()
        for waiting in (self._ready, *self._asked.values()):
            if not waiting.done():
                waiting.set_exception(NotHeard(self._lost()))
        if self._ready.done() and not self._ready.cancelled():
            self._ready.exception()  # nobody may be waiting any more

    async def _hand_out_answers(self, process: asyncio.subprocess.Process) -> None:
        """Give each answer to whoever asked, until the line ends."""
        assert process.stdout is not None
        assert self._ready is not None
        try:
            while (said := await frames.read_async(process.stdout)) is not None:
                waiting = self._ready if said.get("ready") else self._asked.get(said.get("id", 0))
                if waiting is not None and not waiting.done():
                    waiting.set_result(said)
        except frames.Garbled as error:
            self.end(f"ответил неразборчиво ({error})")

    async def _keep_last_words(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        while part := await process.stderr.read(4096):
            self._told.extend(line for line in part.decode(errors="replace").splitlines() if line.strip())

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """End it when it takes more memory than it may."""
        while process.returncode is None:
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    await process.wait()
            except TimeoutError:
                try:
                    taken_mb = psutil.Process(process.pid).memory_info().rss // 2**20
                except psutil.NoSuchProcess:
                    return
                if taken_mb > self._memory_mb:
                    self.end(f"занял {taken_mb} МБ памяти при пределе {self._memory_mb} (speech_memory_mb)")

    def _lost(self) -> str:
        return f"Распознаватель {self.model.engine} ({self.model.name}): {self._reason()}."

    def _unloaded(self) -> str:
        return f"Модель речи «{self.model.name}» не загружается: {self._reason()}. Добавьте её заново или другую."

    def _reason(self) -> str:
        """Why it ended, as exactly as is known."""
        code = self._process.returncode if self._process is not None else None
        if self._why or code is None:
            return self._why or "остановлен"
        last = f": {self._told[-1].strip()[-200:]}" if self._told else ""
        fell = f"упал ({signal.Signals(-code).name})" if code < 0 else f"завершился с кодом {code}"
        return f"{fell}{last}"
