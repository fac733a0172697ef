"""The cache of clips: one pair of files per phrase, made once however many callers wait for it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gridline.errors import GridlineError, Unavailable
from ivr.voice import audio
from ivr.voice.prompts import Phrase, PromptBook, PromptEntry, Recorded
from ivr.voice.studio import Studio, Take
from ivr.voice.synthesis import Synthesiser

PAUSE_S = 0.25
"""Silence between two phrases of one utterance."""


class PromptUnavailable(Unavailable):
    """The words are known, but neither a recording nor synthesis can say them now."""

    code = "prompt-unavailable"


@dataclass(frozen=True)
class PromptClip:
    """A phrase and its file, whether or not it has been made yet."""

    entry: PromptEntry
    file: Path
    """Without extension."""
    text: str
    """The words with stress marks."""
    take: Take | None


class Clips:
    """Finds and makes the pairs of files under `folder`: phrases in `clips/`, several joined in `joined/`."""

    def __init__(self, book: PromptBook, synthesiser: Synthesiser, folder: Path, studio: Studio) -> None:
        self._book, self._synthesiser, self._studio = book, synthesiser, studio
        self.folder = folder
        self._making: dict[Path, asyncio.Task[None]] = {}

    def of_words(self, book: PromptBook, studio: Studio) -> Clips:
        """The same clips for other words and recordings; what is being made is waited for by both."""
        other = Clips(book, self._synthesiser, self.folder, studio)
        other._making = self._making
        return other

    def find(self, phrase: Phrase, company_id: str) -> PromptClip:
        """The clip of `phrase`; its name is the hash of everything that affects the sound. Raises Misconfigured."""
        text = self._book.text(phrase, company_id)
        entry = self._book[phrase if isinstance(phrase, str) else phrase.id]
        if isinstance(phrase, Recorded):
            return PromptClip(entry, phrase.file, text, None)
        take = self._studio.take(entry, company_id)
        if take is not None:
            source = f"take/{take.digest}"
        elif entry.kind == "tone":
            source = f"tone/{entry.hertz}/{entry.tone_s}"
        else:
            source = f"{self._synthesiser.fingerprint}/{text}"
        return PromptClip(entry, self._named("clips", source), text, take)

    async def ready(self, clip: PromptClip) -> float:
        """Make the clip if it does not exist; returns its seconds. Raises PromptUnavailable."""
        return await self._once(clip.file, clip.entry.id, lambda: self._make(clip))

    async def joined(self, clips: Sequence[PromptClip]) -> tuple[Path, float]:
        """One file of all `clips` with pauses between them, and its seconds; the clips must be ready."""
        if len(clips) == 1:
            return clips[0].file, await self.ready(clips[0])
        file = self._named("joined", "+".join(clip.file.name for clip in clips) + f"/{PAUSE_S}")
        names = ", ".join(clip.entry.id for clip in clips)
        return file, await self._once(file, names, lambda: asyncio.to_thread(_join, [c.file for c in clips], file))

    async def close(self) -> None:
        """Cancel what is still being made."""
        tasks = list(self._making.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _named(self, folder: str, source: str) -> Path:
        return self.folder / folder / hashlib.sha256(f"{audio.FORMAT_VERSION}/{source}".encode()).hexdigest()[:32]

    async def _once(self, file: Path, name: str, make: Callable[[], Awaitable[None]]) -> float:
        """Seconds of `file`, made by one task that many may await: one caller's hang-up does not stop the others'."""
        seconds = audio.ready_seconds(file)
        if seconds is not None:
            return seconds
        task = self._making.get(file)
        if task is None:
            task = self._making[file] = asyncio.create_task(_run(name, make))
            task.add_done_callback(lambda done: self._made(file, done))
        await asyncio.shield(task)
        seconds = audio.ready_seconds(file)
        if seconds is None:
            raise PromptUnavailable(f"Файл подсказки {file.name} исчез, пока готовился.")
        return seconds

    def _made(self, file: Path, task: asyncio.Task[None]) -> None:
        del self._making[file]
        if not task.cancelled():
            task.exception()  # the waiting callers get the error; once all have hung up nobody needs it

    async def _make(self, clip: PromptClip) -> None:
        if clip.entry.kind == "tone" and clip.take is None:
            sound = audio.tone(clip.entry.hertz, clip.entry.tone_s)
        else:
            wav = clip.take.file.read_bytes() if clip.take else await self._synthesiser.speak(clip.text)
            sound = await asyncio.to_thread(audio.for_telephone, wav)
        await asyncio.to_thread(audio.write_pair, clip.file, sound)


async def _run(name: str, make: Callable[[], Awaitable[None]]) -> None:
    try:
        await make()
    except (GridlineError, OSError) as error:
        reason = error.message if isinstance(error, GridlineError) else str(error)
        raise PromptUnavailable(f"Подсказку «{name}» не сделать: {reason}") from error


def _join(files: Sequence[Path], target: Path) -> None:
    """Write the clips end to end: they end in silence and fades, so they need no more than that."""
    pause = np.zeros(int(PAUSE_S * audio.RATE), np.int16)
    parts: list[audio.Pcm] = []
    for file in files:
        parts += [pause, np.frombuffer(file.with_suffix(".wav").read_bytes()[44:], "<i2").astype(np.int16)]
    audio.write_pair(target, np.concatenate(parts[1:]))
