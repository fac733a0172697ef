"""Sound as the carrier handles it: 8 kHz mono samples read from WAV files, utterances or arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gridline.errors import InvalidInput
from ivr.voice.audio import RATE, read_wav, resample

Samples = NDArray[np.float32]
"""Mono sound at 8 kHz, full scale is 1.0."""

_SILENT = 10 ** (-50 / 20)
_EDGE = RATE // 100


class RenderedWords(Protocol):
    """What the voice renders (`ivr.voice.voice.Utterance`), as far as an ear needs it."""

    @property
    def file(self) -> Path: ...

    @property
    def text(self) -> str: ...


@dataclass(frozen=True)
class Clip:
    """A named sound, with how much of its beginning must match, and how closely, to recognise it."""

    name: str
    samples: Samples
    head_s: float = 0.8
    head_score: float = 0.7
    """In 20 minutes of other phrases by one human voice the closest 0.8 s scored 0.53 (0.4 s: 0.66); the right clip
    over A-law scores 0.99."""

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.samples) / RATE


Sound = Path | RenderedWords | Clip


def clip(sound: Sound) -> Clip:
    """The clip of a WAV file (with or without `.wav` in its name) or of an utterance; a clip is itself.

    Raises InvalidInput when the file is missing, not a WAV, or only silence, which cannot be recognised.
    """
    if isinstance(sound, Clip):
        heard = sound
    else:
        file = sound if isinstance(sound, Path) else sound.file
        file = file if file.suffix == ".wav" else file.with_name(file.name + ".wav")
        try:
            samples, rate = read_wav(file.read_bytes())
        except FileNotFoundError:
            raise InvalidInput(f"Звукового файла {file} нет.") from None
        name = file.stem if isinstance(sound, Path) else sound.text
        heard = Clip(name, resample(samples, rate).astype(np.float32))
    first, end = audible(heard.samples)
    if end <= first:
        raise InvalidInput(f"В «{heard.name}» одна тишина: её не узнать на слух.")
    return heard


def audible(samples: Samples) -> tuple[int, int]:
    """First audible sample and the one after the last (in steps of 10 ms); equal when nothing is audible."""
    whole = len(samples) // _EDGE * _EDGE
    loud = np.flatnonzero(np.sqrt(np.mean(samples[:whole].reshape(-1, _EDGE) ** 2, axis=1)) > _SILENT)
    return (int(loud[0]) * _EDGE, (int(loud[-1]) + 1) * _EDGE) if len(loud) else (0, 0)
