"""What every engine can do, which engines there are, and which one a model's folder is for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, runtime_checkable

from speech.port import Word
from speech.sound import TelephoneSound


class EngineName(StrEnum):
    """The engines, as a result names them."""

    VOSK = "vosk"
    WHISPER = "whisper"

    @property
    def installed(self) -> bool:
        """Whether its library is here, found without loading it."""
        return find_spec({EngineName.VOSK: "vosk", EngineName.WHISPER: "faster_whisper"}[self]) is not None

    @property
    def streams(self) -> bool:
        """Whether it hears while a caller still speaks; Whisper wants the whole sound first."""
        return self is EngineName.VOSK


class ModelBroken(Exception):
    """The model does not load; the message is the engine's own."""


class LiveRecogniser(Protocol):
    """One caller's words as they are spoken."""

    @property
    def unknown(self) -> Sequence[str]:
        """Words of the grammar that the model cannot hear at all."""

    def feed(self, samples: bytes) -> tuple[str, list[Word]]:
        """(the words so far of what is being said, the words of what has just been said to its end)."""

    def finish(self) -> list[Word]:
        """The words since the last end."""


class Engine(Protocol):
    """A loaded model. Every method may take long, and may take the process down."""

    def transcribe(self, sound: TelephoneSound) -> Iterator[list[Word]]:
        """The words of each piece of the sound in turn. Raises OSError."""


@runtime_checkable
class LiveEngine(Engine, Protocol):
    """One that hears while a caller speaks, several callers at once."""

    def listen(self, grammar: Sequence[str]) -> LiveRecogniser:
        """A recogniser for one stream; with a grammar it hears these phrases alone."""


def engine_of(folder: Path) -> EngineName | None:
    """The engine a model's folder is for, by its files; None for a folder that is no model we know."""
    if any((folder / name).is_file() for name in ("am/final.mdl", "final.mdl")):
        return EngineName.VOSK
    if all((folder / name).is_file() for name in ("model.bin", "config.json", "tokenizer.json")):
        return EngineName.WHISPER
    return None


def grammars(folder: Path) -> bool:
    """Whether a vosk model can be held to a list of phrases: only those whose graph is put together while loading."""
    return any((folder / name).is_file() for name in ("graph/HCLr.fst", "HCLr.fst"))


def load(engine: EngineName, folder: Path, language: str) -> Engine:
    """Load the model of `folder`. Raises ModelBroken; a bad vosk model may abort the process."""
    if engine is EngineName.VOSK:
        from speech.engines.vosk_engine import VoskEngine

        return VoskEngine(folder)
    from speech.engines.whisper_engine import WhisperEngine

    return WhisperEngine(folder, language)
