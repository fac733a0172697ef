"""A caller's line at a terminal: what would be heard is printed, what would be pressed is typed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console

from ivr.call import Call
from ivr.line import KEYS, CallerHungUp, Line, Message
from ivr.voice.prompts import CHARACTERS_PER_SECOND, Phrase
from ivr.voice.voice import Voice

HANG_UP: Final = "q"
SPOKEN_S: Final = 2.0


class TypedLine(Line):
    """Enter is silence, `q` and the end of the input hang up. The seconds are estimated by the letters of the words."""

    def __init__(self, call: Call, voice: Voice, out: Console) -> None:
        self.call = call
        self._voice = voice
        self._out = out
        self._seconds = 0.0

    def mark(self, name: str, value: str) -> None:
        """No dialplan reads it here."""

    async def say(
        self, *phrases: Phrase, interruptible: bool = True, last: bool = False, unwritten: bool = False
    ) -> str:
        """Print; nothing cuts it short."""
        words = self.words(*phrases)
        at = int(self._seconds)
        self._out.print(f"{at // 60}:{at % 60:02} {words}", markup=False)
        self._seconds += len(words) / CHARACTERS_PER_SECOND
        return ""

    async def say_unkept(self, *phrases: Phrase) -> None:
        """Print; nothing here is kept anyway."""
        await self.say(*phrases)

    async def ask_key(self, *phrases: Phrase, wait_s: float = 5) -> str:
        """Print, then take the first key that is typed."""
        await self.say(*phrases)
        return (await self._typed(KEYS, wait_s))[:1]

    async def ask_digits(self, *phrases: Phrase, at_most: int, wait_s: float = 5) -> str:
        """Print, then take what is typed up to `#`."""
        await self.say(*phrases)
        return (await self._typed(KEYS, wait_s)).partition("#")[0][:at_most]

    async def record(self, file: Path, *, limit_s: int, silence_s: int) -> Message:
        """Two seconds of sound stand for what is said; a key may be typed, as at the telephone."""
        self._note("(после сигнала звонящий говорит; Enter — договорил, или клавиша)")
        key = await self._typed(KEYS, silence_s)
        tone = 8000 * np.sin(np.arange(int(SPOKEN_S * 8000)) / 3)
        file.write_bytes(tone.astype("<i2").tobytes())
        return Message(file, SPOKEN_S, "key", key[:1] or "#")

    async def next_key(self, wait_s: float) -> str:
        """One more key."""
        return (await self._typed(KEYS, wait_s))[:1]

    async def play_file(self, file: Path) -> str:
        """Their own words are not played."""
        self._note("(звонящий слышит свою запись)")
        return ""

    @asynccontextmanager
    async def recorded(self, file: Path | None) -> AsyncIterator[None]:
        """Nothing is recorded."""
        yield

    async def queue(
        self,
        queue: str,
        *,
        priority: int,
        timeout_s: int,
        recording: Path | None,
        whisper: Path | None = None,
        after_talk: Callable[[], Awaitable[None]] | None = None,
    ) -> str:
        """Enter: nobody answers; a key leaves the queue."""
        self._note(f"(ждёт в очереди «{self.call.company.queue_name(queue)}»; Enter — никто не ответил, или клавиша)")
        return (await self._typed(KEYS, timeout_s))[:1]

    async def goes_on(self, recording: Path | None) -> None:
        """No dialplan goes on here."""

    async def hang_up(self) -> None:
        """The terminal says it itself."""

    async def _typed(self, allowed: str, wait_s: float) -> str:
        """What was typed, without what no telephone has. Raises CallerHungUp."""
        self._out.print("> ", end="")
        typed = await asyncio.to_thread(sys.stdin.readline)
        if not sys.stdin.isatty():
            self._out.print(typed.strip(), markup=False)
        if not typed or typed.strip() == HANG_UP:
            raise CallerHungUp
        keys = "".join(key for key in typed if key in allowed)
        self._seconds += len(keys) or wait_s
        return keys

    def _note(self, text: str) -> None:
        self._out.print(f"     {text}", style="dim", markup=False)
