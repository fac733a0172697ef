"""What people say in a test: sentences spoken by the synthesiser, put in a row, and found in a recording."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from carrier.hearing.matching import find_all
from carrier.hearing.sound import Clip, audible
from gridline.settings import HOUSE
from ivr.voice import audio
from ivr.voice.synthesis import RHVoice, find_rhvoice


async def said(words: str, voice: str = "anna") -> Clip:
    """A sentence as it goes into a telephone; skips where there is no synthesiser."""
    rhvoice = RHVoice(find_rhvoice(HOUSE / ".packages"), voice)
    if not rhvoice.available:
        pytest.skip("RHVoice не установлен: make setup")
    spoken = audio.for_telephone(await rhvoice.speak(words))
    return Clip(words, spoken.astype(np.float32) / np.float32(32768))


def in_a_row(name: str, *parts: Clip | float) -> Clip:
    """Sentences one after another; a number is a pause of so many seconds."""
    samples = [np.zeros(int(one * audio.RATE), np.float32) if isinstance(one, float) else one.samples for one in parts]
    return Clip(name, np.concatenate(samples))


def second_of(sentence: Clip, file: Path, channel: int) -> float:
    """When the first word of a sentence begins in a channel of a recording, found by its sound."""
    with wave.open(str(file), "rb") as wav:
        sound = np.frombuffer(wav.readframes(wav.getnframes()), "<i2").reshape(-1, wav.getnchannels())
    (heard,) = find_all(sentence, sound[:, channel].astype(np.int16))
    return heard.at_s + audible(sentence.samples)[0] / audio.RATE
