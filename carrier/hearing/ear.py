"""What one ear hears during a call, on the call's clock: sound, silence, a picture of the level."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from carrier.hearing.matching import Heard16
from ivr.voice.audio import RATE, wav_bytes

FRAME = RATE // 50
GAP_S = 0.6
"""A gap this long is silence. A shorter one means late frames, as on a machine with twelve callers on two cores:
filling it would tear a clip in two."""
SILENCE = 32768 * 10 ** (-50 / 20)
_BARS = " ▁▂▃▄▅▆▇█"


class Ear:
    """Sound since the moment the call was answered; time runs on where no frames come."""

    def __init__(self, now: float) -> None:
        self._since = now
        self._buffer: Heard16 = np.zeros(RATE * 60, np.int16)
        self._length = 0
        self._closed_at: float | None = None

    @property
    def samples(self) -> Heard16:
        """Everything heard so far. A view, valid until the next frames come."""
        return self._buffer[: self._length]

    @property
    def seconds(self) -> float:
        """How much has been heard, in seconds."""
        return self._length / RATE

    def hear(self, sound: bytes, now: float) -> None:
        """Frames (16 bit, little-endian) that arrived at `now`; what arrives together belongs to the time before it."""
        new = np.frombuffer(sound, "<i2")
        self._silence_until(now, len(new))
        self._reserve(len(new))
        self._buffer[self._length : self._length + len(new)] = new
        self._length += len(new)

    def pass_time(self, now: float) -> None:
        """Count the time without frames up to `now` as silence."""
        if self._closed_at is None:
            self._silence_until(now, 0)

    def close(self, now: float) -> None:
        """The call is over: nothing is heard any more."""
        self.pass_time(now)
        self._closed_at = now

    def longest_silence_s(self, since_s: float = 0.0, until_s: float | None = None) -> float:
        """The longest time without a sound over -50 dBFS between two moments of the call."""
        part = self.samples[int(since_s * RATE) : None if until_s is None else int(until_s * RATE)]
        quiet = _rms(part, FRAME) < SILENCE
        edges = np.flatnonzero(np.diff(np.concatenate([[False], quiet, [False]]).astype(np.int8)))
        return float(np.max(edges[1::2] - edges[::2], initial=0)) * FRAME / RATE

    def picture(self, since_s: float = 0.0, until_s: float | None = None) -> str:
        """The level from -60 to -10 dBFS as a line of at most 60 bars: where there was sound and where silence."""
        part = self.samples[int(since_s * RATE) : None if until_s is None else int(until_s * RATE)]
        width = max(RATE // 4, -(-len(part) // 60))
        decibels = 20 * np.log10(np.maximum(_rms(part, width), 1) / 32768)
        heights = np.clip(np.ceil((decibels + 60) / 50 * (len(_BARS) - 1)), 0, len(_BARS) - 1).astype(int)
        return "".join(_BARS[height] for height in heights)

    def save(self, file: Path) -> None:
        """Everything heard, as a WAV."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(wav_bytes(self.samples))

    def _silence_until(self, now: float, coming: int) -> None:
        missing = round((now - self._since) * RATE) - self._length - coming
        if missing > GAP_S * RATE:
            self._reserve(missing)
            self._length += missing

    def _reserve(self, count: int) -> None:
        if self._length + count > len(self._buffer):
            more = np.zeros(max(len(self._buffer) * 2, self._length + count), np.int16)
            more[: self._length] = self.samples
            self._buffer = more


def _rms(part: Heard16, width: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Level of each piece of `width` samples; the last one may be shorter."""
    if not len(part):
        return np.zeros(0)
    starts = np.arange(0, len(part), width)
    sums = np.add.reduceat(part.astype(np.float64) ** 2, starts)
    return np.sqrt(sums / np.diff(np.append(starts, len(part))))
