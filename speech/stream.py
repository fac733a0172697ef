"""One caller's ear: sound goes in as it comes, words come out while they still speak."""

from __future__ import annotations

import base64
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from speech import frames
from speech.port import Heard, Word
from speech.process import WorkerProcess
from speech.sound import RATE

ANSWER_WITHIN_S: Final = 5.0
"""A caller waits for this: a machine so loaded that a second of sound takes longer has no ear for them."""
_NUMBERS = itertools.count(1)


class Stream:
    """Feed it as sound arrives, one `feed` at a time."""

    def __init__(self, worker: WorkerProcess, number: int, unknown: Sequence[str]) -> None:
        self._worker, self._number = worker, number
        self.unknown = tuple(unknown)
        """Words of the grammar that the model does not know: it will never hear them."""
        self.partial = ""
        """The words so far of what is being said; they may still change."""
        self._words: list[Word] = []
        self._bytes = 0

    @property
    def so_far(self) -> Heard:
        """What has been said to its end: a phrase is over when the caller pauses."""
        model = self._worker.model
        return Heard(tuple(self._words), model.engine.value, model.name, self._bytes / 2 / RATE)

    async def feed(self, samples: bytes) -> tuple[Word, ...]:
        """Take 8 kHz 16-bit samples, a second of them at most; gives the words of a phrase that ended with them.

        Raises NotHeard: the worker is gone, and this stream with it; the caller goes on by keys.
        """
        if len(samples) > 2 * RATE:
            raise ValueError(f"{len(samples)} bytes at once")
        sound = base64.b64encode(samples).decode()
        said = await self._worker.ask({"do": "feed", "stream": self._number, "sound": sound}, ANSWER_WITHIN_S)
        self.partial = str(said.get("partial", ""))
        self._bytes += len(samples)
        return self._take(said)

    async def finish(self) -> Heard:
        """Everything said, the last phrase too, ended or not. The stream is over. Raises NotHeard."""
        self._take(await self._worker.ask({"do": "finish", "stream": self._number}, ANSWER_WITHIN_S))
        self.partial = ""
        return self.so_far

    def _take(self, said: frames.Message) -> tuple[Word, ...]:
        ended = frames.words(said)
        self._words += ended
        return ended


@asynccontextmanager
async def opened(worker: WorkerProcess, grammar: Sequence[str]) -> AsyncIterator[Stream]:
    """A stream in a running worker, forgotten there at the end, heard to its end or not. Raises NotHeard."""
    number = next(_NUMBERS)
    worker.streams += 1
    try:
        said = await worker.ask({"do": "listen", "stream": number, "grammar": list(grammar)}, ANSWER_WITHIN_S)
        yield Stream(worker, number, said.get("unknown", ()))
    finally:
        worker.streams -= 1
        worker.tell({"do": "forget", "stream": number})
