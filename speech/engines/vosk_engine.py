"""vosk: hears while a caller speaks, with or without a list of phrases; one model, a recogniser for each stream."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from vosk import KaldiRecognizer, Model, SetLogLevel

from speech.engines.engine import ModelBroken
from speech.port import Word
from speech.sound import RATE, TelephoneSound

PIECE_S = 30.0
CHUNK_BYTES = RATE // 4 * 2
"""A quarter of a second at a time, as the decoder likes it."""
ANYTHING_ELSE = "[unk]"
"""The phrase that takes whatever is not in the grammar: without it every noise becomes one of the phrases."""
_ERRORS_ONLY = -1


class VoskEngine:
    """A model in its folder; never by a language's name, which would download it."""

    def __init__(self, folder: Path) -> None:
        SetLogLevel(_ERRORS_ONLY)
        try:
            self._model = Model(model_path=str(folder))
        except Exception as error:  # vosk raises nothing more exact
            raise ModelBroken(f"vosk: {error}") from error

    def transcribe(self, sound: TelephoneSound) -> Iterator[list[Word]]:
        """The words of each piece in turn. Raises OSError."""
        ear = self.listen(())
        for _, samples in sound.pieces(PIECE_S):
            yield ear.feed(samples.tobytes())[1]
        yield ear.finish()

    def listen(self, grammar: Sequence[str]) -> VoskRecogniser:
        """A recogniser for one stream."""
        return VoskRecogniser(self._model, grammar)


class VoskRecogniser:
    """One stream of 8 kHz 16-bit samples."""

    def __init__(self, model: Model, grammar: Sequence[str]) -> None:
        words = sorted({word for phrase in grammar for word in phrase.split()})
        self.unknown: Sequence[str] = [word for word in words if model.vosk_model_find_word(word) < 0]
        phrases = [json.dumps([*grammar, ANYTHING_ELSE], ensure_ascii=False)] if grammar else []
        self._recogniser = KaldiRecognizer(model, RATE, *phrases)
        self._recogniser.SetWords(True)

    def feed(self, samples: bytes) -> tuple[str, list[Word]]:
        """(the words so far of what is being said, the words of what has just been said to its end)."""
        ended: list[Word] = []
        for at in range(0, len(samples), CHUNK_BYTES):
            if self._recogniser.AcceptWaveform(samples[at : at + CHUNK_BYTES]):
                ended += _words(json.loads(self._recogniser.Result()))
        return json.loads(self._recogniser.PartialResult()).get("partial", ""), ended

    def finish(self) -> list[Word]:
        """The words since the last end."""
        return _words(json.loads(self._recogniser.FinalResult()))


def _words(result: dict[str, Any]) -> list[Word]:
    """The words of one of vosk's results, without the stand-in for everything outside the grammar."""
    return [
        Word(word["word"], word["start"], word["end"], round(word["conf"], 3))
        for word in result.get("result", [])
        if word["word"] != ANYTHING_ELSE
    ]
