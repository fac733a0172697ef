"""An engine that hears while they speak: a phrase it was told to expect ends the listening before they fall silent.

The engine is vosk's, its model Korean: what is said sounds like a Korean word to it, in a Russian voice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from gridline.clock import SystemClock
from gridline.settings import HOUSE
from ivr.voice import audio
from ivr.voice.hearing import hearing
from ivr.voice.hearing.answer import Spoke, Unheard
from ivr.voice.hearing.hearing import CallersVoice
from ivr.voice.synthesis import RHVoice, find_rhvoice
from recordings.disk import Disk
from recordings.incoming import Incoming
from speech import stream
from speech.ears import Ears
from tests.speech_models import korean
from tests.unit.voice.hearing.speaker import Speaker, quiet

YES, NO = "네", "아니요"


@pytest.fixture(scope="module")
def anio() -> bytes:
    """«Аниё», as Koreans say no, and a minute of quiet after it."""
    rhvoice = RHVoice(find_rhvoice(HOUSE / ".packages"), "anna")
    if not rhvoice.available:
        pytest.skip("RHVoice не установлен: make setup")
    spoken = audio.for_telephone(asyncio.run(rhvoice.speak("аниё")))
    return np.asarray(spoken, "<i2").tobytes() + quiet(60)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits on the line here, and the machine may have much else to do."""
    monkeypatch.setattr(hearing, "OPENS_WITHIN_S", 60.0)
    monkeypatch.setattr(stream, "ANSWER_WITHIN_S", 60.0)


@pytest.fixture
async def ears(tmp_path: Path) -> AsyncIterator[Ears]:
    ears = Ears(korean(tmp_path))
    yield ears
    await ears.close()


async def test_a_phrase_that_is_expected_ends_the_listening(ears: Ears, anio: bytes, tmp_path: Path) -> None:
    disk = Disk()
    voice, speaker = CallersVoice(ears, Incoming(tmp_path / "in", SystemClock(), least_free=0), disk), Speaker(anio)
    async with ears.stream():  # loaded
        answer = await voice.listen(speaker, "settlement-say", phrases=(YES, NO))
        assert isinstance(answer, Spoke)
        assert (answer.text, answer.heard.engine) == (NO, "vosk")
        assert speaker.pieces < 6, "before the pause that would have ended it"
        free = Speaker(anio)
        await voice.listen(free, "settlement-say")
        assert free.pieces > speaker.pieces, "what is not expected lasts until they pause"
    await disk.close()


async def test_a_worker_that_dies_while_they_speak_leaves_them_to_the_keys(
    ears: Ears, anio: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk()
    voice, speaker = CallersVoice(ears, Incoming(tmp_path / "in", SystemClock(), least_free=0), disk), Speaker(anio)
    async with ears.stream():  # loaded
        speaks = speaker.speaks

        async def dies(file: Path, seconds: float, *, then_s: float) -> str:
            for worker in ears._workers.values():
                worker.end("испытание")
            return await speaks(file, seconds, then_s=then_s)

        monkeypatch.setattr(speaker, "speaks", dies)
        assert await voice.listen(speaker, "settlement-say", phrases=(YES, NO)) == Unheard()
    await disk.close()
