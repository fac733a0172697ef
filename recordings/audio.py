"""Sound of recordings: raw samples to WAV, WAV to FLAC, and what can be measured; the only importer of pydub.

Everything goes block by block: a talk of four hours costs the memory of ten seconds.
"""

from __future__ import annotations

import hashlib
import math
import os
import warnings
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import soundfile as sf

with warnings.catch_warnings():  # pydub says at import that there is no ffmpeg; WAV needs none
    warnings.simplefilter("ignore")
    from pydub import AudioSegment
    from pydub.utils import ratio_to_db

from gridline.synced import whole_or_gone

Samples = npt.NDArray[np.int16]
SAMPLE_RATE = 8000
SAMPLE_BYTES = 2
BLOCK_FRAMES = 10 * SAMPLE_RATE
"""Frames that are in memory at once."""
FRAME_S = 0.05
"""How finely silence is looked for: shorter than the pause before a «п»."""
SILENCE_S = 2.0
"""A shorter silence is a breath, and worth hearing."""
KEPT_S = 0.3
"""What is left of a silence at both of its ends, so that the first sound after it is not cut."""
QUIET_PEAK = 500
"""Of 32767, -36 dBFS: the noise of a telephone line stays under it, a quiet voice does not."""


@dataclass(frozen=True)
class Sound:
    """A finished WAV file."""

    seconds: float
    bytes: int
    sha256: str
    loudness: tuple[float, ...]
    """dBFS of each channel; -inf is digital silence."""


def to_wav(samples: Path, channels: int, target: Path) -> Sound:
    """Write raw 8 kHz 16-bit little-endian samples as a WAV file, synced to disk before it has its name.

    A last incomplete frame (a crash while writing) is left out. Raises OSError on a bad disk, ValueError when
    there is not one whole frame.
    """
    frame = SAMPLE_BYTES * channels
    frames = samples.stat().st_size // frame
    if not frames:
        raise ValueError(f"{samples.name}: no samples")
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_suffix(".new")
    meter = _Meter(channels)
    with whole_or_gone(temporary), samples.open("rb") as raw, temporary.open("wb") as out:
        with wave.open(out, "wb") as sound:
            sound.setnchannels(channels)
            sound.setsampwidth(SAMPLE_BYTES)
            sound.setframerate(SAMPLE_RATE)
            sound.setnframes(frames)
            for block in _whole_frames(raw, frames, frame):
                sound.writeframesraw(block)
                meter.take(block)
        out.flush()
        os.fsync(out.fileno())
    digest, size = checksum(temporary), temporary.stat().st_size
    temporary.replace(target)
    return Sound(meter.frames / SAMPLE_RATE, size, digest, meter.loudness)


def checksum(file: Path) -> str:
    """SHA-256 of a file's bytes, hex. Raises OSError."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def to_flac(wav: Path, target: Path) -> None:
    """Write the samples of a WAV file as FLAC, synced to disk. Raises OSError, also for a file that holds no sound."""
    _copied(wav, target, "FLAC")
    with target.open("rb") as written:
        os.fsync(written.fileno())


def unpacked(flac: Path, target: Path) -> None:
    """Write the samples of a FLAC file as WAV. Raises OSError, also for a file that holds no sound."""
    _copied(flac, target, "WAV")


def same_samples(one: Path, other: Path) -> bool:
    """Whether two files of sound, WAV or FLAC, hold the same samples to the last bit. Raises as `to_flac`."""
    with _as_of_a_disk(one, other), sf.SoundFile(one) as first, sf.SoundFile(other) as second:
        if (first.samplerate, first.channels, first.frames) != (second.samplerate, second.channels, second.frames):
            return False
        return all(np.array_equal(a, b) for a, b in zip(_blocks(first), _blocks(second), strict=True))


@dataclass(frozen=True)
class Curve:
    """How loud a recording is, for drawing it and for jumping over its silence."""

    levels: list[list[int]]
    """Per channel the loudest sample, 0-100, of each of equal parts."""
    silences: list[tuple[float, float]]
    """Seconds `(from, to)` in which nobody says anything, on any channel."""


def curve(file: Path, parts: int) -> Curve:
    """The curve of a WAV or FLAC file in so many parts. Raises OSError, wave.Error for a file that holds no sound."""
    try:
        with sf.SoundFile(file) as sound:
            each, longer = divmod(sound.frames, parts)
            loudest = np.array([_loudest(sound, each + (part < longer)) for part in range(parts)])
            sound.seek(0)
            return Curve([[int(peak) * 100 // 32768 for peak in channel] for channel in loudest.T], _silences(sound))
    except sf.LibsndfileError as error:
        raise wave.Error(str(error)) from error


def loudness_of(file: Path) -> list[float]:
    """dBFS of each channel of a WAV file; -inf is digital silence. Raises OSError, wave.Error."""
    with wave.open(str(file), "rb") as sound:
        meter = _Meter(sound.getnchannels())
        for block in iter(partial(sound.readframes, BLOCK_FRAMES), b""):
            meter.take(block)
    return list(meter.loudness)


class _Meter:
    """Measures how loud a sound is that is heard block by block."""

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._power = [0.0] * channels
        self.frames = 0

    def take(self, block: bytes) -> None:
        """Hear the next whole frames."""
        heard = AudioSegment(
            data=block, sample_width=SAMPLE_BYTES, frame_rate=SAMPLE_RATE, channels=self._channels
        ).split_to_mono()
        frames = len(block) // (SAMPLE_BYTES * self._channels)
        self._power = [power + side.rms**2 * frames for power, side in zip(self._power, heard, strict=True)]
        self.frames += frames

    @property
    def loudness(self) -> tuple[float, ...]:
        """dBFS of each channel."""
        return tuple(ratio_to_db(math.sqrt(power / max(self.frames, 1)) / 32768) for power in self._power)


def _whole_frames(raw: BinaryIO, frames: int, frame: int) -> Iterator[bytes]:
    """So many frames of a file, block by block; fewer where the file has fewer."""
    while frames:
        block = raw.read(min(frames, BLOCK_FRAMES) * frame)
        block = block[: len(block) - len(block) % frame]
        if not block:
            return
        yield block
        frames -= len(block) // frame


def _copied(source: Path, target: Path, kind: str) -> None:
    with (
        _as_of_a_disk(source, target),
        sf.SoundFile(source) as sound,
        sf.SoundFile(
            target, "w", samplerate=sound.samplerate, channels=sound.channels, format=kind, subtype="PCM_16"
        ) as out,
    ):
        for block in _blocks(sound):
            out.write(block)


@contextmanager
def _as_of_a_disk(*files: Path) -> Iterator[None]:
    """A full disk is a runtime error of libsndfile's."""
    try:
        yield
    except sf.LibsndfileError as error:
        raise OSError(f"{', '.join(map(str, files))}: {error}") from error


def _blocks(sound: sf.SoundFile) -> Iterator[Samples]:
    """All samples of a file, block by block, as rows of 16-bit numbers, one a channel."""
    while len(block := sound.read(BLOCK_FRAMES, dtype="int16", always_2d=True)):
        yield block


def _loudest(sound: sf.SoundFile, frames: int) -> npt.NDArray[np.int32]:
    """The peak of each channel within the next frames."""
    peak = np.zeros(sound.channels, np.int32)
    while frames > 0:
        heard = sound.read(min(frames, BLOCK_FRAMES), dtype="int16", always_2d=True)
        if not len(heard):
            break
        peak = np.maximum(peak, heard.max(axis=0))
        peak = np.maximum(peak, -heard.min(axis=0).astype(np.int32))  # -32768 has no opposite in 16 bits
        frames -= len(heard)
    return peak


def _silences(sound: sf.SoundFile) -> list[tuple[float, float]]:
    """Where all channels stay under QUIET_PEAK for long enough; a moment at either end is left to be heard."""
    frame = int(sound.samplerate * FRAME_S)
    quiet = [np.array([False])]
    while len(block := sound.read(200 * frame, dtype="int16", always_2d=True)) >= frame:
        whole = block[: len(block) // frame * frame].reshape(-1, frame * sound.channels)
        quiet.append((whole.max(axis=1) < QUIET_PEAK) & (whole.min(axis=1) > -QUIET_PEAK))
    edges = np.diff(np.concatenate([*quiet, np.array([False])]).astype(np.int8))
    found = zip(np.flatnonzero(edges == 1) * FRAME_S, np.flatnonzero(edges == -1) * FRAME_S, strict=True)
    return [
        (round(float(begin) + KEPT_S, 2), round(float(end) - KEPT_S, 2))
        for begin, end in found
        if end - begin >= SILENCE_S
    ]
