"""The ears of this installation: the one door to hearing, whatever engine and model stand behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from gridline.settings import Settings
from speech import frames
from speech.models import Shelf, SpeechModel
from speech.port import Heard, NoModel, NotHeard
from speech.process import WorkerProcess
from speech.sound import TelephoneSound
from speech.stream import Stream, opened

NICENESS: Final = 10
"""Of the worker for recordings: calls come first, and yet a busy machine gives it a tenth, so it ends in time."""
IDLE_S: Final = 300.0
"""A worker that nobody has asked for so long gives its memory back; the next job starts another."""
LEAST_S: Final = 120.0
TIMES_THE_SOUND: Final = 10.0
"""A job may take so long and this many times its sound: alone on a machine, engines need half of that sound at most."""
UTTERANCES_AT_ONCE: Final = 2
"""One that is being heard and one that waits for it: a third would not have its words in time."""


class Ears:
    """Hears with the chosen model. A worker is started when first needed and started anew when it has died."""

    def __init__(
        self, shelf: Shelf, choice: str = "", *, memory_mb: int = 2000, niceness: int = NICENESS, wait_s: float = 4.0
    ) -> None:
        self._shelf, self._choice, self._memory_mb = shelf, choice, memory_mb
        self.wait_s = wait_s
        """How long a caller waits at most for the words of a whole utterance."""
        self._niceness = {False: niceness, True: 0}
        self._workers: dict[bool, WorkerProcess] = {}
        self._turn = {live: asyncio.Lock() for live in (False, True)}
        self._idle: dict[bool, asyncio.TimerHandle] = {}
        self._waking: asyncio.Task[WorkerProcess] | None = None
        self._utterances = 0
        self._utterance = asyncio.Lock()

    @property
    def available(self) -> bool:
        """Whether there is a model with its engine; looked up anew, for a model may be added at any time."""
        try:
            self._model()
        except NoModel:
            return False
        return True

    @property
    def streams(self) -> bool:
        """Whether callers are heard while they speak; otherwise `hear` takes what they have said, whole."""
        return self.available and self._model().engine.streams

    @property
    def overrun(self) -> bool:
        """Whether so many callers wait for their words just now that another would wait in vain."""
        return self._utterances >= UTTERANCES_AT_ONCE

    @property
    def says(self) -> str:
        """One Russian sentence: what is heard with, or what is missing and what to do."""
        try:
            model = self._model()
        except NoModel as error:
            return error.message
        return f"Речь распознаёт {model.engine}, модель «{model.name}» ({model.label.language}): {model.can}."

    async def transcribe(self, wav: Path, channel: int) -> Heard:
        """The words of one channel (from 0) of an 8 kHz 16-bit WAV; one job at a time, the others wait their turn.

        Raises NoModel; NotHeard when the engine died of it, took too long or looped, or the file is no such sound;
        OSError.
        """
        model = self._model()
        sound = await asyncio.to_thread(TelephoneSound.of, wav, channel)
        request = {"do": "transcribe", "wav": str(wav.absolute()), "channel": channel}
        async with self._turn[False]:
            worker = await self._worker(model, live=False)
            try:
                said = await worker.ask(request, LEAST_S + TIMES_THE_SOUND * sound.seconds)
            finally:
                self._leave_when_idle(worker, live=False)
        return Heard(frames.words(said), model.engine.value, model.name, sound.seconds)

    def wake(self) -> None:
        """Begin to load the model for callers, so that it is there when one has been asked; waits for nothing."""
        if self.available:
            self._awake()

    async def hear(self, wav: Path) -> Heard:
        """What a caller has just said, an 8 kHz mono WAV of seconds, with any engine; within `wait_s`.

        Raises NoModel; NotHeard when the engine died of it, was not done in time, looped or has too many to hear;
        OSError.
        """
        model = self._model()
        if self.overrun:
            raise NotHeard("Распознаватель занят другими звонящими.")
        self._utterances += 1
        try:
            async with asyncio.timeout(self.wait_s):
                sound = await asyncio.to_thread(TelephoneSound.of, wav, 0)
                worker = await asyncio.shield(self._awake())
                async with self._utterance:
                    request = {"do": "transcribe", "wav": str(wav.absolute()), "channel": 0}
                    said = await worker.ask(request, self.wait_s)
        except TimeoutError as error:
            raise NotHeard(f"Распознаватель не успел за {self.wait_s:g} с.") from error
        finally:
            self._utterances -= 1
        return Heard(frames.words(said), model.engine.value, model.name, sound.seconds)

    @asynccontextmanager
    async def stream(self, grammar: Sequence[str] = ()) -> AsyncIterator[Stream]:
        """An ear for one caller, many at once; with a grammar it hears these phrases alone.

        Raises NoModel, also for a model that cannot hear while one speaks; NotHeard.
        """
        model = self._model()
        if not model.engine.streams:
            raise NoModel(f"Модель речи «{model.name}» не слушает на ходу, только сказанное целиком.")
        worker = await asyncio.shield(self._awake())
        try:
            async with opened(worker, grammar) as stream:
                yield stream
        finally:
            self._leave_when_idle(worker, live=True)

    async def load(self) -> None:
        """Load the model now, so that it is known to load. Raises NoModel."""
        async with self._turn[False]:
            self._leave_when_idle(await self._worker(self._model(), live=False), live=False)

    async def close(self) -> None:
        """End the workers and whatever they still hear."""
        if self._waking is not None:
            self._waking.cancel()
            await asyncio.wait([self._waking])
        for handle in self._idle.values():
            handle.cancel()
        for worker in self._workers.values():
            await worker.close()
        self._workers.clear()

    def _model(self) -> SpeechModel:
        return self._shelf.chosen(self._choice)

    def _awake(self) -> asyncio.Task[WorkerProcess]:
        """The callers' worker, running or being started: a caller who does not wait for it leaves it to the next."""
        if self._waking is None or self._waking.done():
            self._waking = asyncio.create_task(self._woken())
            self._waking.add_done_callback(lambda task: task.cancelled() or task.exception())
        return self._waking

    async def _woken(self) -> WorkerProcess:
        async with self._turn[True]:
            worker = await self._worker(self._model(), live=True)
        self._leave_when_idle(worker, live=True)
        return worker

    async def _worker(self, model: SpeechModel, *, live: bool) -> WorkerProcess:
        """The worker for this model, running; whoever calls has the turn. Raises NoModel."""
        worker = self._workers.get(live)
        if worker is not None and worker.alive and worker.model == model:
            return worker
        if worker is not None:
            await worker.close()
        self._workers[live] = worker = WorkerProcess(model, self._memory_mb, self._niceness[live])
        await worker.start()
        return worker

    def _leave_when_idle(self, worker: WorkerProcess, *, live: bool) -> None:
        if before := self._idle.get(live):
            before.cancel()
        self._idle[live] = asyncio.get_running_loop().call_later(IDLE_S, self._leave, worker, live)

    def _leave(self, worker: WorkerProcess, live: bool) -> None:
        if worker.busy or self._turn[live].locked():
            self._leave_when_idle(worker, live=live)
        else:
            worker.end("давно не нужен")


def shelf_of(config: Settings) -> Shelf:
    """Where this installation keeps its models."""
    return Shelf(config.var / "speech")


def ears_of(config: Settings) -> Ears:
    """The ears of this installation; made without any model, too, and then they say so."""
    return Ears(shelf_of(config), config.speech_model, memory_mb=config.speech_memory_mb, wait_s=config.speech_wait_s)
