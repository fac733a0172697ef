"""Sound of recordings: raw samples to WAV, with what can be measured on the way; the only importer of pydub."""

from __future__ import annotations

import hashlib
import os
import warnings
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

with warnings.catch_warnings():  # pydub says at import that there is no ffmpeg; WAV needs none
    warnings.simplefilter("ignore")
    from pydub import AudioSegment

SAMPLE_RATE = 8000
SAMPLE_BYTES = 2


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
    data = samples.read_bytes()
    data = data[: len(data) - len(data) % frame]
    if not data:
        raise ValueError(f"{samples.name}: no samples")
    sound = AudioSegment(data=data, sample_width=SAMPLE_BYTES, frame_rate=SAMPLE_RATE, channels=channels)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_suffix(".new")
    with temporary.open("wb") as out:
        sound.export(out, format="wav")
        out.flush()
        os.fsync(out.fileno())
    digest = hashlib.sha256(temporary.read_bytes()).hexdigest()
    size = temporary.stat().st_size
    temporary.replace(target)
    loudness = tuple(side.dBFS for side in sound.split_to_mono())
    return Sound(len(data) / frame / SAMPLE_RATE, size, digest, loudness)


def levels(file: Path, parts: int) -> list[list[int]]:
    """How loud each of so many equal parts of a WAV file is, 0-100 per channel, for drawing it.

    Raises OSError, wave.Error for a file that is no WAV.
    """
    with wave.open(str(file), "rb") as sound:
        channels, frames = sound.getnchannels(), sound.getnframes()
        samples = np.frombuffer(sound.readframes(frames), dtype="<i2").reshape(-1, channels)
    loudest = [np.abs(part.astype(np.int32)).max(axis=0, initial=0) for part in np.array_split(samples, parts)]
    return [[int(peak) * 100 // 32768 for peak in channel] for channel in np.array(loudest).T]


def loudness_of(file: Path) -> list[float]:
    """dBFS of each channel of a WAV file; -inf is digital silence."""
    with file.open("rb") as samples:  # given a path, pydub leaves the file open
        return [side.dBFS for side in AudioSegment.from_wav(samples).split_to_mono()]
