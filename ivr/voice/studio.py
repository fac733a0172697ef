"""Recordings made by a person: `dialplan/studio/COMPANY/ID.wav`, which take precedence over the synthesiser."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from ivr.voice.prompts import COMMON, PromptBook, PromptEntry


@dataclass(frozen=True)
class Take:
    """One recording and the hash of its bytes."""

    file: Path
    digest: str


class Studio:
    """The recordings found when the program started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._takes = {
            (file.parent.name, file.stem): Take(file, hashlib.sha256(file.read_bytes()).hexdigest())
            for file in sorted(folder.glob("*/*.wav"))
        }

    @property
    def companies(self) -> frozenset[str]:
        """Companies with at least one recording of their own."""
        return frozenset(company for company, _ in self._takes)

    def take(self, entry: PromptEntry, company_id: str) -> Take | None:
        """The recording for this prompt and company, if its wording applies.

        A common recording is not used for a company whose wording differs from the common text, and
        no recording is used for a prompt with placeholders.
        """
        if entry.placeholders:
            return None
        own = self._takes.get((company_id, entry.id))
        return own or (None if company_id in entry.own else self._takes.get((COMMON, entry.id)))

    def strangers(self, book: PromptBook) -> list[Path]:
        """Recordings that no prompt will ever play: a mistyped id, or a prompt with placeholders."""
        return [take.file for (_, id), take in self._takes.items() if id not in book or book[id].placeholders]
