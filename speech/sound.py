"""One channel of a telephone recording, a piece at a time: four hours of it cost no more memory than five minutes."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from speech.port import NotHeard

Pcm = NDArray[np.int16]

RATE = 8000
"""Telephone sound: 8 kHz, 16 bit."""
_QUIET = RATE // 5
"""A cut is made in the middle of the quietest stretch of 0.2 s: between words, where there is any pause at all."""


@dataclass(frozen=True)
class TelephoneSound:
    """One channel of a WAV file."""

    wav: Path
    channel: int
    seconds: float

    @classmethod
    def of(cls, wav: Path, channel: int) -> TelephoneSound:
        """The channel, counted from 0.

        Raises OSError; NotHeard for a file that is no WAV of 8 kHz and 16 bits, or has no such channel.
        """
        try:
            with wave.open(str(wav), "rb") as file:
                layout = (file.getframerate(), file.getsampwidth())
                channels, frames = file.getnchannels(), file.getnframes()
        except (wave.Error, EOFError) as error:
            raise NotHeard(f"{wav.name}: это не WAV ({error}). Сохраните звук как WAV, 8 кГц, 16 бит.") from error
        if layout != (RATE, 2):
            raise NotHeard(
                f"{wav.name}: {layout[0]} Гц, {layout[1] * 8} бит. Нужен телефонный звук: WAV, 8 кГц, 16 бит."
            )
        if not 0 <= channel < channels:
            raise NotHeard(f"{wav.name}: канала {channel} нет, всего каналов {channels}.")
        return cls(wav, channel, frames / RATE)

    def pieces(self, longest_s: float) -> Iterator[tuple[float, Pcm]]:
        """(second at which it begins, samples) of each piece in turn, cut where it is quietest. Raises OSError."""
        longest, at = int(longest_s * RATE), 0
        kept = np.zeros(0, np.int16)
        with wave.open(str(self.wav), "rb") as file:
            channels = file.getnchannels()
            while True:
                frames = np.frombuffer(file.readframes(longest - len(kept)), "<i2").reshape(-1, channels)
                kept = np.concatenate([kept, frames[:, self.channel]])
                cut = _quietest(kept) if len(kept) == longest else len(kept)
                if cut:
                    yield at / RATE, kept[:cut]
                if len(kept) < longest:
                    return
                at, kept = at + cut, kept[cut:]


def _quietest(samples: Pcm) -> int:
    """Where to cut: the middle of the quietest stretch within the last third."""
    from_here = len(samples) * 2 // 3
    power = np.concatenate([[0], np.cumsum(samples[from_here:].astype(np.int64) ** 2)])
    return from_here + int(np.argmin(power[_QUIET:] - power[:-_QUIET])) + _QUIET // 2
