"""What a check of the installation says: how it is, in plain words, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["fine", "note", "wrong"]


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's table. Only `wrong` means that callers are or will be served badly."""

    check: str
    """Russian name of what was looked at."""
    level: Level
    what: str
    cure: str = ""


def fine(check: str, what: str) -> Finding:
    """As it should be."""
    return Finding(check, "fine", what)


def note(check: str, what: str, cure: str = "") -> Finding:
    """Worth knowing; the line works without it."""
    return Finding(check, "note", what, cure)


def wrong(check: str, what: str, cure: str) -> Finding:
    """Not as it should be, and what to do."""
    return Finding(check, "wrong", what, cure)
