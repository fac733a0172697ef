"""Sound for the ear's tests: one voice that speaks different words, and what a telephone line does to it."""

from __future__ import annotations

import numpy as np

from carrier.hearing.matching import Heard16
from carrier.hearing.sound import Clip, Samples
from ivr.voice.audio import RATE, alaw, to_pcm

_ALL = np.arange(-32768, 32768).astype(np.int16)
_CODES = np.frombuffer(alaw(_ALL), np.uint8)
_DECODED = (np.bincount(_CODES, _ALL.astype(float), 256) / np.bincount(_CODES, minlength=256)).astype(np.int16)


def words(number: int, seconds: float) -> Clip:
    """Voiced syllables of one pitch with formants and pauses drawn by `number`, the last one audible to its end."""
    draw = np.random.default_rng(number)
    pieces: list[Samples] = []
    length = 0
    while length < seconds * RATE + RATE:
        count = int(draw.uniform(0.08, 0.22) * RATE)
        times = np.arange(count) / RATE
        pitch = 2 * np.pi * np.cumsum(draw.uniform(195, 205) + draw.uniform(-40, 40) * times) / RATE
        formants = [draw.uniform(250, 900), draw.uniform(900, 2200), draw.uniform(2300, 3200)]
        sound = np.zeros(count)
        for harmonic in range(1, 17):
            weight = sum(np.exp(-(((harmonic * 200 - formant) / 130) ** 2)) for formant in formants)
            sound += weight * np.sin(harmonic * pitch)
        pieces.append((0.25 * np.sin(np.pi * np.arange(count) / count) * sound / 2).astype(np.float32))
        if draw.random() < 0.15:
            pieces.append(np.zeros(int(draw.uniform(0.1, 0.4) * RATE), np.float32))
        length = sum(len(piece) for piece in pieces)
    spoken = np.concatenate(pieces)
    loud = np.flatnonzero(np.abs(spoken) > 0.03)
    end = int(loud[loud >= seconds * RATE][0])
    return Clip(f"words {number}", spoken[end - int(seconds * RATE) : end])


def line(*parts: Clip | float, level: float = 1.0) -> Heard16:
    """Clips and silences (seconds) one after another, as they come out of an A-law line."""
    sounds = [part.samples if isinstance(part, Clip) else np.zeros(int(part * RATE), np.float32) for part in parts]
    pcm = to_pcm(np.concatenate(sounds).astype(np.float64) * level)
    return np.asarray(_DECODED[np.frombuffer(alaw(pcm), np.uint8)])
