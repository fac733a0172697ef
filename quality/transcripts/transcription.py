"""Has recordings heard while the line is quiet: one channel at a time, what is most urgent first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Protocol

import structlog

from gridline import metrics
from gridline.clock import Clock
from gridline.db import Database
from gridline.errors import Unavailable
from ivr.outbound import alarms
from quality.backlog import Backlog
from quality.search import index
from quality.transcripts import jobs
from quality.transcripts.jobs import TranscriptJob
from recordings.known_folder import StoreAway
from recordings.store import Store
from speech.port import Heard, NoModel, NotHeard

LOOK_S: Final = 10.0
"""Between two looks for what is to be heard."""
HOLD_S: Final = jobs.LEASE.total_seconds() / 3

log = structlog.get_logger(__name__)


class Hearing(Protocol):
    """What hears: `speech.ears.Ears`, or a table in a test."""

    @property
    def available(self) -> bool:
        """Whether anything can be heard at all."""
        ...

    async def transcribe(self, wav: Path, channel: int) -> Heard:
        """The words of one channel. Raises NoModel, NotHeard, OSError."""
        ...


class Transcription:
    """One process's listener. `is_quiet` says whether the line leaves time."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        ears: Hearing,
        store: Store,
        *,
        node: str,
        is_quiet: Callable[[], bool],
        days: int,
    ) -> None:
        self._db = db
        self._clock = clock
        self._ears = ears
        self._store = store
        self._node = node
        self._me = alarms.holder(node)
        self._is_quiet = is_quiet
        self._backlog = Backlog(days)
        self._begun = False

    async def run_once(self) -> int:
        """Hear what there is while the line is quiet; how many channels. Nothing, where nothing can be heard.

        Raises Unavailable while the database is away: what was not stored is heard again.
        """
        if not self._ears.available:
            return 0
        if not self._begun:
            await jobs.give_up_others(self._db, self._node, self._me, self._clock.now())
            self._begun = True
        heard = 0
        while self._is_quiet():
            now = self._clock.now()
            job = await jobs.begin(self._db, self._me, now, since=self._backlog.since(now))
            if job is None:
                self._backlog.worked_off(now)
                break
            if not await self._hear(job):
                break
            heard += 1
        return heard

    async def _hear(self, job: TranscriptJob) -> bool:
        """False where nothing can be heard any more."""
        try:
            async with self._held(job), self._store.as_wav(job.file) as wav:
                begun = self._clock.monotonic()
                heard = await self._ears.transcribe(wav, job.channel)
                took_s = self._clock.monotonic() - begun
        except (NoModel, StoreAway) as error:
            await jobs.put_back(self._db, job, self._me, self._clock.now())
            log.warning("not-transcribed", recording=job.recording_id, reason=str(error))
            return False
        except (NotHeard, OSError) as error:
            await jobs.fail(self._db, job, self._me, str(error), self._clock.now())
            metrics.TRANSCRIPTS.labels("failed").inc()
            log.error("transcription-failed", recording=job.recording_id, channel=job.channel, reason=str(error))
            return True
        async with self._db.write() as session:
            if await jobs.end(session, job, self._me, heard, self._clock.now()):
                await index.add(session, job.recording_id)
        metrics.TRANSCRIPTS.labels("heard").inc()
        if heard.seconds > 0:
            metrics.TRANSCRIPT_RTF.labels(heard.engine).observe(took_s / heard.seconds)
        log.info("transcribed", recording=job.recording_id, channel=job.channel, words=len(heard.words))
        return True

    @asynccontextmanager
    async def _held(self, job: TranscriptJob) -> AsyncIterator[None]:
        holding = asyncio.create_task(self._hold(job), name="transcript-lease")
        try:
            yield
        finally:
            holding.cancel()
            await asyncio.wait([holding])

    async def _hold(self, job: TranscriptJob) -> None:
        while True:
            await asyncio.sleep(HOLD_S)
            try:
                await jobs.hold(self._db, job, self._me, self._clock.now())
            except Unavailable as error:  # whoever takes it over meanwhile keeps what it hears
                log.warning("lease-not-renewed", recording=job.recording_id, reason=error.message)
