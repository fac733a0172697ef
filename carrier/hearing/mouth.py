"""What one telephone says: sound waiting to be sent, handed out frame by frame, silence where there is none."""

from __future__ import annotations

import asyncio
from collections import deque

import numpy as np

from carrier.hearing.ear import FRAME
from carrier.hearing.sound import Samples
from ivr.voice.audio import to_pcm

_SILENCE = bytes(2 * FRAME)


class Mouth:
    """Sounds one after another, in 20 ms frames of 16-bit samples."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[bytes, asyncio.Future[None]]] = deque()
        self._at = 0

    async def speak(self, samples: Samples) -> None:
        """Queue the samples; returns when their last frame has been handed out."""
        pcm = to_pcm(samples.astype(np.float64)).astype("<i2").tobytes()
        said: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((pcm, said))
        await said

    def frame(self) -> bytes:
        """The next 20 ms."""
        while self._waiting and self._waiting[0][1].done():  # the speaker was cancelled
            self._waiting.popleft()
            self._at = 0
        if not self._waiting:
            return _SILENCE
        pcm, said = self._waiting[0]
        frame = pcm[self._at : self._at + len(_SILENCE)]
        self._at += len(_SILENCE)
        if self._at >= len(pcm):
            said.set_result(None)
        return frame.ljust(len(_SILENCE), b"\0")

    def fall_silent(self, error: Exception) -> None:
        """The call is over: whoever awaits the end of a sentence gets `error`."""
        for _, said in self._waiting:
            if not said.done():
                said.set_exception(error)
        self._waiting.clear()
