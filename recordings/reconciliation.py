"""Each night: files without a row, rows without a file, a broken chain; told in the log and as figures.

Checksums of everything are `gridline recordings verify`'s: a night is too short to read years of sound.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Final

import structlog

from gridline import metrics
from gridline.clock import Clock
from gridline.db import Database
from recordings.store import Store
from recordings.verification import DiscrepancyKind, Verification, verify

LOOK_S: Final = 600.0
"""Between two looks at the clock."""
NIGHT_BEGINS: Final = timedelta(hours=3)
"""Ahead of UTC: at midnight in Moscow, four in the morning in Kemerovo."""
NAMED: Final = 20
"""So many are named in the log; the command names all."""

log = structlog.get_logger(__name__)


class Reconciliation:
    """Compares what the store holds once a night; a start in the middle of the day waits for it."""

    def __init__(self, db: Database, clock: Clock, store: Store) -> None:
        self._db = db
        self._clock = clock
        self._store = store
        self._done = self._night()

    async def run_once(self) -> Verification | None:
        """Compare where this night's comparison is still to be made. Raises as `verify`."""
        night = self._night()
        if night == self._done:
            return None
        looked = await verify(self._db, self._store, checksums=False)
        self._done = night
        kinds = Counter(one.kind for one in looked.found)
        for kind in DiscrepancyKind:
            metrics.RECORDINGS_ADRIFT.labels(kind).set(kinds[kind])
        for one in looked.found[:NAMED]:
            log.error("recording-adrift", kind=one.kind.value, subject=one.subject)
        log.info("recordings-reconciled", rows=looked.recordings, files=looked.files, adrift=len(looked.found))
        return looked

    def _night(self) -> date:
        return (self._clock.now() + NIGHT_BEGINS).date()
