"""What hearing gives, whichever engine did it: words with their times, or why there are none."""

from __future__ import annotations

from dataclasses import dataclass

from gridline.errors import GridlineError, Unavailable


@dataclass(frozen=True)
class Word:
    """One word as both engines can give it: lower case, no punctuation, numbers as words."""

    text: str
    start_s: float
    """Seconds from the beginning of the sound."""
    end_s: float
    confidence: float
    """0 to 1, by the engine's own reckoning: to compare words of one engine, not two engines."""


@dataclass(frozen=True)
class Heard:
    """Everything heard in one channel of a sound; no words means that nobody spoke, never that nobody listened."""

    words: tuple[Word, ...]
    engine: str
    model: str
    """Its name on the shelf, as `gridline speech add` put it there."""
    seconds: float
    """Length of the sound."""

    @property
    def text(self) -> str:
        """The words alone, one space between them."""
        return " ".join(word.text for word in self.words)


class NoModel(Unavailable):
    """Nothing hears here: no model, no engine for it, or it does not load. What waits for words may go on waiting."""

    code = "no-speech-model"


class NotHeard(GridlineError):
    """The engine died, took too long, or said the same again and again. This job is over, the ears are not."""

    code = "not-heard"
