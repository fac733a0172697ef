"""When somebody speaks in each channel of a recording, told from its energy; the file is read in blocks, twice."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

FRAME_S: Final = 0.02
BLOCK_S: Final = 30
FLOOR_DB: Final = -50.0
"""Nobody's speech over a telephone is softer than this (dBFS of a frame); A-law's own noise is at -65."""
ABOVE_NOISE_DB: Final = 9.0
BELOW_LOUDEST_DB: Final = 30.0
LEAST_RANGE_DB: Final = 15.0
"""Speech has at least this between its soft and its loud: what never stops (music) is no noise to be louder than."""
GAP_S: Final = 0.3
"""A stop within a word is shorter."""
SHORTEST_S: Final = 0.1
"""A click is shorter than any word."""
_QUIETEST: Final = -96
_NOISE: Final = 0.1
"""This share of a channel's frames is no louder than its noise."""
_LOUDEST: Final = 0.99

Spans = tuple[tuple[float, float], ...]
"""(from, to) each, in seconds from the recording's start, in order and apart."""


@dataclass(frozen=True, slots=True)
class Voices:
    """When each side of a recording spoke."""

    seconds: float
    channels: tuple[Spans, ...]


def voices(file: Path) -> Voices:
    """Who speaks when in a 16-bit WAV file. Raises OSError, wave.Error, EOFError for what is none."""
    limits = _limits(file)
    with wave.open(str(file), "rb") as sound:
        rate, channels, frames = sound.getframerate(), sound.getnchannels(), sound.getnframes()
    found: list[list[tuple[float, float]]] = [[] for _ in range(channels)]
    at = 0
    for levels in _levels(file):
        for side in range(channels):
            _extend(found[side], at, levels[:, side] > limits[side])
        at += len(levels)
    spoken = tuple(tuple(span for span in side if span[1] - span[0] >= SHORTEST_S) for side in found)
    return Voices(frames / rate, spoken)


def _limits(file: Path) -> list[float]:
    """What each channel's frames must be louder than, by its own noise and its own loudest speech."""
    counts: Any = None
    for levels in _levels(file):
        rounded = np.clip(np.floor(levels).astype(int) - _QUIETEST, 0, -_QUIETEST)
        found = np.stack([np.bincount(side, minlength=1 - _QUIETEST) for side in rounded.T])
        counts = found if counts is None else counts + found
    return [] if counts is None else [_limit(side) for side in counts]


def _limit(counts: Any) -> float:
    share = np.cumsum(counts) / counts.sum()
    noise, loudest = (int(np.searchsorted(share, part)) + _QUIETEST for part in (_NOISE, _LOUDEST))
    above_noise = min(noise + ABOVE_NOISE_DB, loudest - LEAST_RANGE_DB)
    return float(max(FLOOR_DB, above_noise, loudest - BELOW_LOUDEST_DB))


def _levels(file: Path) -> Iterator[Any]:
    """dBFS of each frame of each channel, (frames, channels), a block at a time."""
    with wave.open(str(file), "rb") as sound:
        channels, size = sound.getnchannels(), int(sound.getframerate() * FRAME_S)
        if sound.getsampwidth() != 2:
            raise wave.Error(f"{file.name}: 16 bits are wanted")
        while block := sound.readframes(size * int(BLOCK_S / FRAME_S)):
            frames = block[: len(block) - len(block) % (2 * channels)]  # a file may be cut within one
            samples = np.frombuffer(frames, "<i2").reshape(-1, channels)
            whole = samples[: len(samples) - len(samples) % size].astype(np.float32) / 32768
            power = np.square(whole.reshape(-1, size, channels)).mean(axis=1)
            if len(power):
                yield 10 * np.log10(power + 1e-12)


def _extend(spans: list[tuple[float, float]], at: int, loud: Any) -> None:
    """Add a block's loud frames, which begin at frame `at`; what is parted by a short gap is one span."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], loud.astype(np.int8), [0]))))
    for first, behind in zip(edges[::2], edges[1::2], strict=True):
        begins, ends = (at + int(first)) * FRAME_S, (at + int(behind)) * FRAME_S
        if spans and begins - spans[-1][1] < GAP_S:
            begins = spans.pop()[0]
        spans.append((round(begins, 2), round(ends, 2)))


def gaps(spans: Spans, seconds: float) -> Iterator[tuple[float, float]]:
    """What lies between, before and after spans in a sound of so many seconds."""
    ends = [(0.0, 0.0), *spans, (seconds, seconds)]
    yield from ((before[1], after[0]) for before, after in pairwise(ends) if after[0] > before[1])
