"""Measures what was recorded while the line is quiet; two processes that measure one file say the same."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.clock import Clock
from gridline.db import Database, insert_missing
from quality.backlog import Backlog
from quality.measures.energy import voices
from quality.measures.models import TalkMeasures
from quality.measures.talk import Noticed, NoticedKind, TalkFigures, figures
from recordings.known_folder import StoreAway
from recordings.models import PLAYABLE, Recording, RecordingKind
from recordings.store import Store

LOOK_S: Final = 10.0
"""Between two looks for what is to be measured."""
A_ROUND: Final = 50

log = structlog.get_logger(__name__)


class Measuring:
    """`is_quiet` says whether the line leaves time for it."""

    def __init__(self, db: Database, clock: Clock, store: Store, *, is_quiet: Callable[[], bool], days: int) -> None:
        self._db = db
        self._clock = clock
        self._store = store
        self._is_quiet = is_quiet
        self._backlog = Backlog(days)

    async def run_once(self) -> int:
        """Measure some of what has no measures; returns how many. Raises Unavailable, StoreAway."""
        measured, now = 0, self._clock.now()
        async with self._db.read() as session:
            found = await _unmeasured(session, self._backlog.since(now))
        if not found:
            self._backlog.worked_off(now)
        for recording in found:
            if not self._is_quiet():
                break
            row = await self._row(recording)
            async with self._db.write() as session:
                await insert_missing(session, TalkMeasures, [row])
            measured += 1
        return measured

    async def _row(self, recording: Recording) -> dict[str, Any]:
        problem, found = "", TalkFigures(0, 0, 0, 0, 0, 0, 0, ())
        try:
            async with self._store.as_wav(recording.file) as wav:
                heard = await asyncio.to_thread(voices, wav)
            found = figures(heard, by_agent=recording.kind is RecordingKind.TALK)
        except StoreAway:  # says nothing of this recording: measured when the store is back
            raise
        except (OSError, wave.Error, EOFError) as error:
            problem = str(error)[:200] or type(error).__name__
            log.error("not-measured", recording=recording.id, reason=problem)
        noticed = [[one.kind, one.at, one.seconds] for one in found.noticed]
        values = asdict(found) | {"noticed": noticed}
        return {"recording_id": recording.id, "measured_at": self._clock.now(), "problem": problem, **values}


async def _unmeasured(session: AsyncSession, since: datetime) -> list[Recording]:
    """The newest first."""
    query = select(Recording).where(
        Recording.state.in_(PLAYABLE),
        Recording.started_at >= since,
        ~exists().where(TalkMeasures.recording_id == Recording.id),
    )
    return list(await session.scalars(query.order_by(Recording.started_at.desc()).limit(A_ROUND)))


async def of_recordings(session: AsyncSession, recordings: Sequence[Recording]) -> dict[str, TalkMeasures]:
    """By id, the measures of recordings that the asker sees; none of one that could not be measured."""
    ids = [one.id for one in recordings]
    query = select(TalkMeasures).where(TalkMeasures.recording_id.in_(ids), TalkMeasures.problem == "")
    return {row.recording_id: row for row in await session.scalars(query)}


def noticed(row: TalkMeasures) -> list[Noticed]:
    """What is shown at its second, in order."""
    return [Noticed(NoticedKind(kind), at, seconds) for kind, at, seconds in row.noticed]
