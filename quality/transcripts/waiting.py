"""Recordings that wait for their words: how many, since when, how many were given up; measured for whoever watches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gridline import metrics
from gridline.clock import Clock
from gridline.db import Database
from quality.transcripts.models import Transcript, TranscriptState
from recordings.models import PLAYABLE, Recording

MEASURE_S: Final = 60.0
REST: Final = 50
"""So many times as long as the counting took nothing is counted again: with a million recordings it takes a second."""


@dataclass(frozen=True, slots=True)
class WaitingRecordings:
    """Of those that were recorded since a moment."""

    count: int
    oldest: datetime | None
    """When the one that has waited longest began; None where none waits."""
    failed: int
    """Given up."""


async def count(session: AsyncSession, since: datetime) -> WaitingRecordings:
    """Count them, whether anything here hears words or not."""
    rows = exists().where(Transcript.recording_id == Recording.id)
    waits = or_(~rows, rows.where(Transcript.state == TranscriptState.WAITING))
    recent = (Recording.state.in_(PLAYABLE), Recording.started_at >= since)
    found = (await session.execute(select(func.count(), func.min(Recording.started_at)).where(*recent, waits))).one()
    failed = rows.where(Transcript.state == TranscriptState.FAILED)
    given_up = await session.scalar(select(func.count()).select_from(Recording).where(*recent, failed))
    return WaitingRecordings(found[0], found[1], given_up or 0)


class WaitingWatch:
    """Keeps the figures; `days`: how far back recordings are to have words."""

    def __init__(self, db: Database, clock: Clock, *, days: int) -> None:
        self._db = db
        self._clock = clock
        self._days = timedelta(days=days)
        self._rests_until = 0.0

    async def run_once(self) -> None:
        """Count and tell, unless the last counting was long and just now. Raises Unavailable."""
        begun = self._clock.monotonic()
        if begun < self._rests_until:
            return
        now = self._clock.now()
        async with self._db.read() as session:
            found = await count(session, now - self._days)
        metrics.TRANSCRIPTS_WAITING.set(found.count)
        metrics.TRANSCRIPTS_OLDEST_S.set((now - found.oldest).total_seconds() if found.oldest else 0)
        metrics.TRANSCRIPTS_FAILED.set(found.failed)
        done = self._clock.monotonic()
        self._rests_until = done + REST * (done - begun)
