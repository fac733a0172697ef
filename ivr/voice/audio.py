"""Sound on its way to the telephone: any WAV to 8 kHz mono, trimmed, levelled, as PCM and A-law."""

from __future__ import annotations

import math
import os
import struct
from functools import cache
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from gridline.errors import InvalidInput

Samples = NDArray[np.float64]
"""Mono sound, full scale is 1.0."""
Pcm = NDArray[np.int16]

RATE = 8000
FORMAT_VERSION = "1"
"""Part of every cache key: raise it when anything here changes what is heard."""

_BIGGEST_WAV = 64 * 1024 * 1024
_TARGET_RMS = 10 ** (-20 / 20)
_CEILING = 10 ** (-1 / 20)
_KNEE = 10 ** (-4 / 20)
_PASSBAND_HZ, _STOPBAND_HZ = 3500.0, 4000.0
_FRAME = RATE // 100


def read_wav(data: bytes) -> tuple[Samples, int]:
    """Mono samples and rate of a WAV of 8-32 bits or float, any number of channels.

    Before Python 3.12 the standard `wave` module refuses the EXTENSIBLE header and floats that studios
    deliver. A data size of 0 or beyond the end (a streamed header) means "to the end of the file".
    Raises InvalidInput saying what is wrong with the file.
    """
    if len(data) > _BIGGEST_WAV:
        raise InvalidInput(f"Звуковой файл больше {_BIGGEST_WAV // 2**20} МБ: для подсказки это слишком много.")
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise InvalidInput("Это не WAV: сохраните запись как WAV без сжатия.")
    at, layout, body = 12, b"", b""
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if name == b"fmt ":
            layout = data[at + 8 : at + 8 + size]
        elif name == b"data":
            body = data[at + 8 : at + 8 + size] if size else data[at + 8 :]
            break
        at += 8 + size + size % 2
    if len(layout) < 16:
        raise InvalidInput("В WAV нет описания формата: файл повреждён, сохраните его заново.")
    code, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", layout)
    if code == 0xFFFE and len(layout) >= 26:
        code = struct.unpack_from("<H", layout, 24)[0]
    if not 1 <= channels <= 8 or not 4000 <= rate <= 192_000:
        raise InvalidInput(f"WAV с {channels} каналами и частотой {rate} Гц не подходит: нужен моно, 8-48 кГц.")
    samples = _decode(body, code, bits)
    whole = len(samples) // channels * channels
    if not whole:
        raise InvalidInput("В WAV нет звука: запишите подсказку заново.")
    return samples[:whole].reshape(-1, channels).mean(axis=1), rate


def _decode(body: bytes, code: int, bits: int) -> Samples:
    width = bits // 8
    body = body[: len(body) // width * width] if width else b""
    if code == 1 and bits == 8:
        return (np.frombuffer(body, "u1").astype(np.float64) - 128) / 128
    if code == 1 and bits in (16, 32):
        return np.frombuffer(body, f"<i{width}").astype(np.float64) / 2.0 ** (bits - 1)
    if code == 1 and bits == 24:
        three = np.frombuffer(body, "u1").reshape(-1, 3)
        padded = np.concatenate([np.zeros((len(three), 1), "u1"), three], axis=1)
        return padded.view("<i4")[:, 0].astype(np.float64) / 2.0**31
    if code == 3 and bits in (32, 64):
        return np.nan_to_num(np.frombuffer(body, f"<f{width}").astype(np.float64))
    raise InvalidInput(f"Сжатый WAV (код {code}, {bits} бит) не читается: сохраните как PCM, 16 бит.")


def resample(samples: Samples, rate: int) -> Samples:
    """`samples` at 8 kHz, band-limited to the telephone's 3.5 kHz (80 dB down from 4 kHz on)."""
    up, down = RATE // math.gcd(rate, RATE), rate // math.gcd(rate, RATE)
    if up == down:
        return samples
    filters, reach = _filters(rate)
    count = len(samples) * up // down
    windows = sliding_window_view(np.pad(samples, reach), 2 * reach + 1)
    out = np.empty(count)
    for phase in range(up):
        size = len(out[phase::up])
        first, step = (phase * down) // up, down
        out[phase::up] = windows[first : first + step * size : step][:size] @ filters[phase]
    return out


@cache
def _filters(rate: int) -> tuple[Samples, int]:
    """One windowed sinc per phase of the output grid, and its half length in input samples."""
    low = min(rate, RATE)
    edge, width = (_PASSBAND_HZ + _STOPBAND_HZ) / 2 * low / RATE, (_STOPBAND_HZ - _PASSBAND_HZ) * low / RATE
    reach = math.ceil((80 - 8) / (2.285 * 2 * math.pi * width / rate) / 2)  # Kaiser's rule for 80 dB
    up, down = RATE // math.gcd(rate, RATE), rate // math.gcd(rate, RATE)
    filters = np.empty((up, 2 * reach + 1))
    for phase in range(up):
        offset = np.arange(-reach, reach + 1) - (phase * down % up) / up
        inside = np.clip(1 - (offset / (reach + 1)) ** 2, 0, None)
        taps = np.sinc(2 * edge / rate * offset) * np.i0(7.857 * np.sqrt(inside))
        filters[phase] = taps / taps.sum()
    return filters, reach


def trim(samples: Samples) -> Samples:
    """`samples` without silence at the ends (40 dB below the loudest 10 ms), keeping 30 ms before and 60 ms after."""
    levels = _frame_rms(samples)
    loud = np.flatnonzero(levels > max(levels.max() / 100, 10 ** (-60 / 20)))
    if not len(loud):
        return samples
    start, end = loud[0] * _FRAME - 3 * _FRAME, (loud[-1] + 1) * _FRAME + 6 * _FRAME
    return samples[max(start, 0) : end]


def active_rms(samples: Samples) -> float:
    """RMS of the frames that hold speech (within 30 dB of the loudest), so that pauses do not raise the level."""
    levels = _frame_rms(samples)
    speech = levels[levels >= levels.max() / 31.6]
    return float(np.sqrt(np.mean(speech**2)))


def level(samples: Samples) -> Samples:
    """Speech at -20 dBFS RMS; above -4 dBFS it is limited softly, and nothing exceeds -1 dBFS."""
    loudness = active_rms(samples)
    if loudness < 1e-5:
        return samples
    loud = samples * (_TARGET_RMS / loudness)
    size = np.abs(loud)
    room = _CEILING - _KNEE
    bent = _KNEE + room * np.tanh((size - _KNEE) / room)
    return np.sign(loud) * np.where(size > _KNEE, bent, size)


def fade(samples: Samples, seconds: float = 0.02) -> Samples:
    """Raised-cosine fades at both ends, so that nothing clicks where clips are joined."""
    count = min(int(seconds * RATE), len(samples) // 2)
    ramp = (1 - np.cos(np.linspace(0, math.pi, count))) / 2
    out = samples.copy()
    out[:count] *= ramp
    out[len(out) - count :] *= ramp[::-1]
    return out


def for_telephone(wav: bytes) -> Pcm:
    """A spoken WAV of any rate as the caller will hear it. Raises InvalidInput as `read_wav` does."""
    samples, rate = read_wav(wav)
    samples = samples - samples.mean()
    return to_pcm(fade(level(trim(resample(samples, rate)))))


def tone(hertz: int, seconds: float) -> Pcm:
    """A sine tone at -14 dBFS with soft ends."""
    times = np.arange(int(seconds * RATE)) / RATE
    return to_pcm(fade(0.2 * np.sin(2 * math.pi * hertz * times)))


def to_pcm(samples: Samples) -> Pcm:
    """16-bit samples, clipped at full scale."""
    return np.clip(np.rint(samples * 32767), -32768, 32767).astype(np.int16)


def _frame_rms(samples: Samples) -> Samples:
    count = -(-len(samples) // _FRAME)
    padded = np.pad(samples, (0, count * _FRAME - len(samples))).reshape(count, _FRAME)
    return np.asarray(np.sqrt(np.mean(padded**2, axis=1)))


def alaw(pcm: Pcm) -> bytes:
    """G.711 A-law of 16-bit samples, the same bytes as the ITU reference gives."""
    magnitude = np.where(pcm >= 0, pcm.astype(np.int32), -pcm.astype(np.int32) - 1) >> 3
    segment = np.clip(np.floor(np.log2(np.maximum(magnitude, 1))).astype(np.int32) - 4, 0, 7)
    mantissa = (magnitude >> np.maximum(segment, 1)) & 0x0F
    code = (segment << 4) | mantissa
    sign = np.where(pcm >= 0, 0xD5, 0x55)
    return np.asarray(code ^ sign, dtype=np.uint8).tobytes()


def wav_bytes(pcm: Pcm) -> bytes:
    """A plain 8 kHz mono 16-bit WAV file."""
    return wav_of(pcm.astype("<i2").tobytes())


def wav_of(body: bytes) -> bytes:
    """The same of raw samples, as Asterisk writes them."""
    sound = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16)  # PCM, mono, 16 bit
    head = struct.pack("<4sI4s", b"RIFF", 36 + len(body), b"WAVE") + sound + struct.pack("<4sI", b"data", len(body))
    return head + body


def write_pair(base: Path, pcm: Pcm) -> None:
    """Write `base.wav` and `base.alaw`, each atomically; the A-law comes last and marks the pair ready."""
    base.parent.mkdir(parents=True, exist_ok=True)
    for ending, data in ((".wav", wav_bytes(pcm)), (".alaw", alaw(pcm))):
        temporary = base.parent / f".{base.name}.{os.getpid()}{ending}.new"
        temporary.write_bytes(data)
        temporary.replace(base.parent / (base.name + ending))


def spoken_seconds(raw: Path) -> float:
    """Seconds of a raw file louder than what Asterisk takes for silence (mean 256, `silencethreshold`).

    RECORD FILE keeps a second of the silence that ended it, so a file's length does not show whether anything was said.
    """
    if not raw.exists():
        return 0.0
    samples = np.fromfile(raw, "<i2")
    frames = np.abs(samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME).astype(np.int32)).mean(axis=1)
    return float(np.count_nonzero(frames > 256)) * _FRAME / RATE


def ready_seconds(base: Path) -> float | None:
    """Seconds of the pair at `base`, or None when it is incomplete (two stats, no reading)."""
    try:
        coded, plain = (base.parent / (base.name + ending) for ending in (".alaw", ".wav"))
        size = coded.stat().st_size
        return size / RATE if size and plain.stat().st_size == 44 + 2 * size else None
    except OSError:  # whatever the reason, there is nothing to play
        return None
