"""A recording that somebody sends in place of the synthesised words: checked, and made as the telephone plays it."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
import soundfile

from gridline.errors import InvalidInput
from ivr.voice import audio
from ivr.voice.prompts import PromptEntry

BIGGEST: Final = 1_900_000
"""Bytes; a minute of MP3 has half of them."""
QUIETEST: Final = 10 ** (-50 / 20)
"""Loudest sample of a recording in which nobody speaks: 50 dB below full scale."""
SHORTEST_S: Final = 0.3
"""Shorter than that nobody has said anything."""
RATES: Final = range(8_000, 96_001)
"""Hertz: what a recorder writes."""
TOO_LONG: Final = 10
"""So many times the prompt's limit is not even decoded: two megabytes of silence may be hours of it."""


def taken(data: bytes, entry: PromptEntry) -> bytes:
    """WAV, MP3 or OGG as an 8 kHz mono WAV, trimmed and levelled. Raises InvalidInput: what is wrong, what to do.

    Decoding takes up to a second of CPU: not in the event loop's own thread.
    """
    if entry.placeholders:
        raise InvalidInput("В этой подсказке робот называет своё для каждого звонящего: записью её не заменить.")
    if len(data) > BIGGEST:
        raise InvalidInput("Файл больше двух мегабайт. Сохраните запись как MP3 или OGG, моно: так она втрое меньше.")
    try:
        told = soundfile.info(io.BytesIO(data))
        if told.samplerate not in RATES or told.frames > told.samplerate * entry.limit_s * TOO_LONG:
            raise InvalidInput("Запись слишком длинная, или её частота не от 8 до 96 кГц. Сохраните её иначе.")
        samples, rate = soundfile.read(io.BytesIO(data), dtype="float64", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError, TypeError) as error:
        raise InvalidInput("Это не звук: нужен файл WAV, MP3 или OGG. Сохраните запись в одном из них.") from error
    mono = samples.mean(axis=1) if len(samples) else np.zeros(0)
    if not len(mono) or float(np.abs(mono).max()) < QUIETEST:
        raise InvalidInput("В записи тишина. Проверьте микрофон и запишите ещё раз.")
    plain = io.BytesIO()
    soundfile.write(plain, np.clip(mono, -1, 1), rate, format="WAV", subtype="PCM_16")
    pcm = audio.for_telephone(plain.getvalue())
    seconds = len(pcm) / audio.RATE
    if seconds < SHORTEST_S:
        raise InvalidInput("В записи ничего не сказано. Запишите ещё раз.")
    if seconds > entry.limit_s:
        raise InvalidInput(f"Запись длится {seconds:.1f} с. Сократите до {entry.limit_s:g} с: дольше не слушают.")
    return audio.wav_bytes(pcm)
