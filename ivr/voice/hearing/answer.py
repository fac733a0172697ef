"""What a caller answered who may speak or press: words, keys, nothing, or something that nobody could hear."""

from __future__ import annotations

from dataclasses import dataclass

from speech.port import Heard


@dataclass(frozen=True, slots=True)
class Spoke:
    """They spoke, and were heard: at least one word."""

    heard: Heard
    """With engine, model and each word's confidence."""

    @property
    def text(self) -> str:
        """The words in small letters, one space between them."""
        return self.heard.text


@dataclass(frozen=True, slots=True)
class Pressed:
    """They pressed, during the question or after it."""

    keys: str
    """At least one; a `#` that ended them stands alone or not at all."""


@dataclass(frozen=True, slots=True)
class Silent:
    """They neither spoke nor pressed; noise in which there are no words is silence too."""


@dataclass(frozen=True, slots=True)
class Unheard:
    """They may have spoken, but nothing here can hear them now: no model, one that died, looped or took too long."""


Answer = Spoke | Pressed | Silent | Unheard
