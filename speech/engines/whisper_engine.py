"""Whisper through faster-whisper: hears a whole sound at once, better on free speech; it cannot hear while one speaks.

Numbers are wanted in words, as vosk gives them, so every token with a figure is forbidden. Only 0-9 are figures: what
`str.isdigit` takes for one includes the bytes of half of Cyrillic in Whisper's own letters.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

os.environ["HF_HUB_OFFLINE"] = "1"  # before the import: nothing is ever looked for outside the model's folder

from av import AudioFrame, AudioResampler
from faster_whisper import WhisperModel

from speech.engines.engine import ModelBroken
from speech.port import Word
from speech.sound import RATE, Pcm, TelephoneSound

PIECE_S = 300.0
"""Five minutes: the spectrum of a piece takes some 200 MB, that of a whole talk would take gigabytes."""
WHISPER_RATE = 16_000
LOOP_COMPRESSION = 2.4
"""Whisper's own measure of a loop: text that packs better than this is decoded again with more chance in it."""
CHANCES = (0.0, 0.2, 0.4)
_FIGURES = re.compile(r"^(?!<\|).*[0-9]")
"""A token with a figure in it, but for those that tell the time (`<|0.00|>`): without them it loses its way."""
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")


class WhisperEngine:
    """A model converted for CTranslate2, computed in whole numbers on the processor."""

    def __init__(self, folder: Path, language: str) -> None:
        threads = max(1, (os.cpu_count() or 2) // 2)
        try:
            self._model = WhisperModel(
                str(folder), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelBroken(f"whisper: {error}") from error
        self._language = language
        vocabulary = self._model.hf_tokenizer.get_vocab()
        self._forbidden = [-1, *sorted(id for token, id in vocabulary.items() if _FIGURES.match(token))]

    def transcribe(self, sound: TelephoneSound) -> Iterator[list[Word]]:
        """The words of each piece in turn. Raises OSError."""
        for begins_s, samples in sound.pieces(PIECE_S):
            yield self._words(samples, begins_s)

    def _words(self, samples: Pcm, begins_s: float) -> list[Word]:
        segments, _ = self._model.transcribe(
            _for_whisper(samples),
            language=self._language,
            beam_size=5,
            temperature=CHANCES,
            compression_ratio_threshold=LOOP_COMPRESSION,
            condition_on_previous_text=False,  # or one loop begets the next
            suppress_tokens=self._forbidden,
            word_timestamps=True,
            vad_filter=True,  # on silence it makes up words
        )
        found = []
        for segment in segments:
            for word in segment.words or ():
                if text := _EDGES.sub("", word.word.lower()):
                    start_s, end_s = float(word.start) + begins_s, float(word.end) + begins_s
                    found.append(Word(text, round(start_s, 2), round(end_s, 2), round(float(word.probability), 3)))
        return found


def _for_whisper(samples: Pcm) -> NDArray[np.float32]:
    """16 kHz, full scale 1.0."""
    frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = RATE
    resampler = AudioResampler(format="flt", layout="mono", rate=WHISPER_RATE)
    parts: list[NDArray[np.float32]] = [
        part.to_ndarray() for given in (frame, None) for part in resampler.resample(given)
    ]
    whole: NDArray[np.float32] = np.concatenate(parts, axis=1)[0]
    return whole
