"""A caller whose line is scripted: what they press, and the sound they make, piece by piece."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.settings import HOUSE
from ivr.call import Call
from ivr.line import CallerHungUp, Line
from ivr.voice.audio import RATE
from ivr.voice.prompts import Phrase
from speech.port import Heard, NoModel, NotHeard
from speech.stream import Stream

SKEK = Companies.load(HOUSE / "dialplan/companies").by_id("skek")
HANGS_UP = "hangs up"


def voice(seconds: float) -> bytes:
    """Somebody who speaks."""
    return (6000 * np.sin(np.arange(int(seconds * RATE)) / 3)).astype("<i2").tobytes()


def quiet(seconds: float) -> bytes:
    """A line on which nobody speaks."""
    noise = np.random.default_rng(1).normal(0, 40, int(seconds * RATE))
    return noise.astype("<i2").tobytes()


class Speaker(Line):
    """They press `during` while they are asked; then comes `sound`, and after so many seconds of it the key `then`."""

    def __init__(
        self, sound: bytes = b"", *, during: str = "", then: tuple[float, str] = (1e9, ""), more: str = ""
    ) -> None:
        self.call = Call("c" * 32, "1.1", SKEK, "78005009494", None, "", SystemClock().now(), notice_heard=True)
        self.said: list[Phrase] = []
        self.pieces = 0
        self.left = len(sound)
        self._sound, self._during, self._then, self._more = sound, during, then, list(more)

    async def say(
        self, *phrases: Phrase, interruptible: bool = True, last: bool = False, unwritten: bool = False
    ) -> str:
        self.said += phrases
        return self._during

    async def speaks(self, file: Path, seconds: float, *, then_s: float) -> str:
        self._only_after_notice()
        self.pieces += 1
        size = int(seconds * RATE) * 2
        at = (self.pieces - 1) * size
        piece = self._sound[at : at + size]
        self.left = max(len(self._sound) - at - size, 0)
        file.write_bytes(piece + quiet((size - len(piece)) / 2 / RATE))
        after_s, key = self._then
        if self.pieces * seconds < after_s:
            return ""
        if key == HANGS_UP:
            raise CallerHungUp
        return key

    async def next_key(self, wait_s: float) -> str:
        return self._more.pop(0) if self._more else ""

    async def one_moment(self, then_s: float = 0) -> None:
        self.said.append("one-moment")


class ScriptedEars:
    """Hears what it is told to, in as many seconds as it is told, or fails as it is told."""

    streams = False
    wait_s = 4.0

    def __init__(self, heard: Heard | Exception | None = None, *, available: bool = True) -> None:
        self.available, self.overrun, self.woken = available, False, 0
        self.asked: list[Path] = []
        self.heard = heard

    def wake(self) -> None:
        self.woken += 1

    async def hear(self, wav: Path) -> Heard:
        self.asked.append(wav)
        assert wav.read_bytes()[:4] == b"RIFF"
        if isinstance(self.heard, Exception):
            raise self.heard
        if self.heard is None:
            raise NoModel("Модели нет.")
        return self.heard

    @asynccontextmanager
    async def stream(self, grammar: Sequence[str] = ()) -> AsyncIterator[Stream]:
        raise NotHeard("На ходу не слушает.")
        yield
