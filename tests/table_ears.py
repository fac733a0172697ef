"""Ears for tests: whatever is asked of them is read from a table of sentences. Recognisers are external here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from speech.port import Heard, NoModel, Word

WORD_S = 0.5
"""Each word lasts so long, one after another."""


def heard(said: str, start_s: float = 0.0) -> Heard:
    """A sentence as an engine gives it; « | » in it is a pause of two seconds, a word with «?» is heard poorly."""
    words, at = [], start_s
    for text in said.split():
        if text == "|":
            at += 2.0
            continue
        words.append(Word(text.rstrip("?"), at, at + WORD_S - 0.1, 0.3 if text.endswith("?") else 0.9))
        at += WORD_S
    return Heard(tuple(words), "table", "sentences", at)


class TableEars:
    """Hears in channel N of any file what the table says of it; an exception there is raised."""

    def __init__(self, table: Mapping[tuple[str, int], str | Exception], *, available: bool = True) -> None:
        self._table = table
        self.available = available
        self.says = "Слышно то, что в таблице." if available else "Распознавание не настроено."
        self.asked: list[tuple[str, int]] = []

    async def transcribe(self, wav: Path, channel: int) -> Heard:
        """The sentence for this file's name and channel."""
        if not self.available:
            raise NoModel(self.says)
        self.asked.append((wav.stem, channel))
        said = self._table[wav.stem, channel]
        if isinstance(said, Exception):
            raise said
        return heard(said)

    async def close(self) -> None:
        """Nothing is held."""
