"""How far back to look for recordings that nothing was made of yet: mostly a day, so that looking costs nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

LATE: Final = timedelta(days=1)
"""What is taken in late (a spool, a node that was away) is hardly later."""
WHOLE_EVERY: Final = timedelta(hours=1)


class Backlog:
    """The look of one process; the whole of it at first, and every hour."""

    def __init__(self, days: int) -> None:
        self._whole = timedelta(days=days)
        self._worked_off: datetime | None = None

    def since(self, now: datetime) -> datetime:
        """From when on recordings are looked at."""
        return now - (self._whole if self._is_whole(now) else min(LATE, self._whole))

    def worked_off(self, now: datetime) -> None:
        """Nothing is left of what `since` gave for this moment."""
        if self._is_whole(now):
            self._worked_off = now

    def _is_whole(self, now: datetime) -> bool:
        return self._worked_off is None or now - self._worked_off >= WHOLE_EVERY
