"""Asks a caller something that may be said or keyed: keys count from the question's first moment on.

What they say lies on disk in pieces of half a second only while it is listened to; it is no recording, and none begins
before the notice (rule R5). Whatever ails the ears is `Unheard`: the caller goes on by keys.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final, Protocol

import structlog

from gridline import metrics
from gridline.errors import GridlineError
from ivr import line as lines
from ivr.call import Call
from ivr.line import Line
from ivr.voice import audio
from ivr.voice.hearing.answer import Answer, Pressed, Silent, Spoke, Unheard
from ivr.voice.hearing.utterance import SpeechSoFar
from ivr.voice.prompts import Phrase
from recordings.disk import Disk
from recordings.incoming import Incoming
from speech.port import Heard
from speech.stream import Stream

PIECE_S: Final = 0.5
"""Asterisk writes a recording out when it ends: shorter ones are heard sooner, and each takes two commands."""
KEY_WAIT_S: Final = 5.0
OPENS_WITHIN_S: Final = 2.0
"""A model that is still being loaded when the question has been asked is not waited for longer."""

_Ear = asyncio.Task[Stream]
"""One caller's stream, open or opening."""

log = structlog.get_logger(__name__)


class CallersEars(Protocol):
    """What hears callers: `speech.ears.Ears`."""

    wait_s: float
    """How long a caller waits at most for the words of a whole utterance."""

    @property
    def available(self) -> bool:
        """Whether there is a model."""

    @property
    def streams(self) -> bool:
        """Whether they are heard while they speak."""

    @property
    def overrun(self) -> bool:
        """Whether another caller would wait in vain."""

    def wake(self) -> None:
        """Load the model, waiting for nothing."""

    async def hear(self, wav: Path) -> Heard:
        """A whole utterance. Raises GridlineError, OSError."""

    def stream(self, grammar: Sequence[str] = ()) -> AbstractAsyncContextManager[Stream]:
        """An utterance while it comes. Raises GridlineError."""


class CallersVoice:
    """Hears callers with these ears, through pieces of sound beside the node's recordings; one for a node.

    Raises OSError on a bad disk.
    """

    def __init__(self, ears: CallersEars, incoming: Incoming, disk: Disk) -> None:
        self._ears, self._incoming, self._disk = ears, incoming, disk
        incoming.begin_hearing()

    def offered(self, call: Call) -> bool:
        """Whether this caller may be asked to speak: never before the notice, nor where it has failed in this call."""
        return call.notice_heard and not call.by_keys and self._ears.available and not self._ears.overrun

    def wake(self) -> None:
        """A caller may soon be asked to speak: have the model loaded by then."""
        self._ears.wake()

    async def listen(self, line: Line, *question: Phrase, phrases: Sequence[str] = (), at_most: int = 1) -> Answer:
        """Ask, and take what is said or up to `at_most` keys (`#` ends them, as a pause does).

        An engine that hears while they speak is held to `phrases`, where there are any, and ends with one of them.
        Raises CallerHungUp.
        """
        self._ears.wake()
        async with self._ear(phrases) as ear:
            key = await line.say(*question)
            answer = await self._keyed(line, key, at_most) if key else await self._answer(line, ear, phrases, at_most)
        metrics.CALLERS_HEARD.labels(type(answer).__name__.lower()).inc()
        return answer

    async def _answer(self, line: Line, ear: _Ear | None, phrases: Sequence[str], at_most: int) -> Answer:
        turn = _Turn(line, self._ears.wait_s, self._incoming, self._disk)
        try:
            heard = await (self._while_speaking(turn, ear, phrases) if ear else self._when_said(line, turn))
        except (GridlineError, OSError, TimeoutError) as error:
            log.warning("caller-not-heard", call=line.call.id, reason=str(error) or type(error).__name__)
            return Unheard()
        if turn.key:
            return await self._keyed(line, turn.key, at_most)
        return Spoke(heard) if heard is not None and heard.words else Silent()

    @asynccontextmanager
    async def _ear(self, phrases: Sequence[str]) -> AsyncIterator[_Ear | None]:
        """An ear that opens while the question is asked; None for an engine that hears whole utterances."""
        if not self._ears.streams:
            yield None
            return
        stream = self._ears.stream(phrases)
        opening = asyncio.create_task(stream.__aenter__())
        try:
            yield opening
        finally:
            opening.cancel()  # of one that is open already there is nothing to cancel
            await asyncio.wait([opening])
            if not opening.cancelled() and opening.exception() is None:
                await stream.__aexit__(None, None, None)

    async def _when_said(self, line: Line, turn: _Turn) -> Heard | None:
        """The words of the whole utterance; None for a key or silence."""
        while not turn.over:
            await turn.piece()
        if turn.key or not turn.utterance.spoke:
            return None
        hearing = asyncio.create_task(self._heard(turn.utterance.samples))
        hearing.add_done_callback(lambda task: task.cancelled() or task.exception())  # whoever asked may hang up
        done, _ = await asyncio.wait([hearing], timeout=lines.PATIENCE_S)
        if not done:
            await line.one_moment(self._ears.wait_s)
        return await hearing

    async def _heard(self, samples: bytes) -> Heard:
        async with _scratch(self._incoming, self._disk, ".wav") as wav:
            await self._disk.do(wav.write_bytes, audio.wav_of(samples))
            return await self._ears.hear(wav)

    async def _while_speaking(self, turn: _Turn, ear: _Ear, phrases: Sequence[str]) -> Heard | None:
        """The words as they come; one of `phrases` that no other one goes on from ends the listening."""
        async with asyncio.timeout(OPENS_WITHIN_S):
            stream = await asyncio.shield(ear)
        before = ""
        while not turn.over:
            await stream.feed(await turn.piece())
            now = f"{stream.so_far.text} {stream.partial}".strip()
            if now == before and _is_whole(now, phrases):
                break
            before = now
        return None if turn.key else await stream.finish()

    async def _keyed(self, line: Line, first: str, at_most: int) -> Pressed:
        keys = first
        while len(keys) < at_most and keys[-1] not in "#*" and (key := await line.next_key(KEY_WAIT_S)):
            keys += key
        return Pressed(keys if keys == "#" else keys.removesuffix("#"))


class _Turn:
    """A caller's turn to speak: pieces of sound, one after another, until they have said it or pressed a key."""

    def __init__(self, line: Line, wait_s: float, incoming: Incoming, disk: Disk) -> None:
        self._wait_s = wait_s
        self._line, self._incoming, self._disk = line, incoming, disk
        self.utterance = SpeechSoFar()
        self.key = ""

    @property
    def over(self) -> bool:
        return bool(self.key) or self.utterance.over

    async def piece(self) -> bytes:
        """The next samples. Raises CallerHungUp, OSError."""
        async with _scratch(self._incoming, self._disk, ".sln") as file:
            self.key = await self._line.speaks(file, PIECE_S, then_s=self._wait_s)
            samples = await self._disk.do(_read, file)
        self.utterance.feed(samples)
        return samples


def _is_whole(said: str, phrases: Sequence[str]) -> bool:
    return said in phrases and not any(phrase.startswith(f"{said} ") for phrase in phrases)


def _read(file: Path) -> bytes:
    """Asterisk makes no file where not a single frame has come."""
    return file.read_bytes() if file.exists() else b""


@asynccontextmanager
async def _scratch(incoming: Incoming, disk: Disk, ending: str) -> AsyncIterator[Path]:
    """A file's name for one piece of sound, of which nothing is left afterwards."""
    file = incoming.heard / f"{uuid.uuid4().hex}{ending}"
    try:
        yield file
    finally:
        disk.later(file.unlink, missing_ok=True)
