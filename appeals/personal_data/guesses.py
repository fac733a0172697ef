"""Guesses of what opens an appeal to a caller: each is counted before it is looked at, and after a few it is locked.

So many at once are no more than one after another.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Protocol

TRIES: Final = 5
"""Wrong guesses in a row after which it is locked, for LOCKED."""
LOCKED: Final = timedelta(hours=1)


class Guessed(Protocol):
    """A row that a secret opens; locked for update by whoever counts."""

    tries: int
    locked_until: datetime | None


def count(row: Guessed, at: datetime) -> bool:
    """Count a guess; False: it is locked, and nothing may be compared."""
    if row.locked_until is not None and row.locked_until > at:
        return False
    if row.locked_until is not None:
        forgive(row)
    row.tries += 1
    if row.tries >= TRIES:
        row.locked_until = at + LOCKED
    return True


def forgive(row: Guessed) -> None:
    """The guess was right, or the lock is over."""
    row.tries, row.locked_until = 0, None
