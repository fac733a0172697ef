"""Takes in what Asterisk wrote: raw samples become a WAV file, a checksum and a row linked to the call."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from gridline import metrics
from gridline.db import Database
from recordings.audio import Sound, to_wav
from recordings.incoming import Incoming, Label, unmet_call
from recordings.models import Recording, RecordingKind, RecordingState

QUIET_ENDED_S = 2.0
"""Asterisk writes through a 32 kB buffer: after the hang-up its last block follows within a second."""
QUIET_UNENDED_S = 30.0
"""Nobody told us that the call ended (a crash): a file at rest for so long has nobody writing it."""
NEVER_BEGUN_S = 4 * 3600.0
"""A recording that has no sample by then has nobody who waits for its talk."""
_WITHOUT = "without-"

log = structlog.get_logger(__name__)


class RecordingIntake:
    """Moves recordings from `incoming` into `store` and the database."""

    def __init__(self, db: Database, incoming: Incoming, store: Path) -> None:
        self._db = db
        self._incoming = incoming
        self._store = store.absolute()

    async def sweep(self) -> int:
        """Take in everything that is whole; returns how many. Safe to repeat after any crash.

        Raises Unavailable while the database is away (the files wait), OSError on a bad disk.
        """
        for file in self._incoming.folder.glob(f"{_WITHOUT}*.raw"):
            if file.stat().st_size == 0:  # Asterisk holds it open until somebody answers; a talk that never was
                if _at_rest_s(file) > NEVER_BEGUN_S:
                    file.unlink()
            elif _at_rest_s(file) > QUIET_ENDED_S:
                self._incoming.adopt(file, _call_of(file))
        taken = 0
        for label in list(self._incoming.labels()):
            samples = self._incoming.samples(label)
            if not samples.exists() or (label.kind == "talk" and samples.stat().st_size == 0):
                self._nothing_written(label)
            elif _at_rest_s(samples) > (QUIET_ENDED_S if label.ended else QUIET_UNENDED_S):
                await self._take(label, samples)
                taken += 1
        return taken

    async def _take(self, label: Label, samples: Path) -> None:
        started = datetime.fromisoformat(label.started_at)
        channels = 1 if label.kind == "message" else 2
        relative = f"{started:%Y/%m/%d}/{label.id}.wav"
        sound: Sound | None = None
        state = RecordingState.STORED if label.ended else RecordingState.PARTIAL
        try:
            sound = await asyncio.to_thread(to_wav, samples, channels, self._store / relative)
        except ValueError:
            state = RecordingState.FAILED
            log.error("recording-empty", recording=label.id, call=label.call_id)
        async with self._db.write() as session:
            await session.merge(
                Recording(
                    id=label.id,
                    call_id=label.call_id,
                    kind=RecordingKind(label.kind),
                    state=state,
                    started_at=started,
                    ended_at=started + timedelta(seconds=sound.seconds) if sound else None,
                    file=relative,
                    sha256=sound.sha256 if sound else None,
                    bytes=sound.bytes if sound else None,
                    seconds=sound.seconds if sound else None,
                    channels=channels,
                )
            )
        self._incoming.forget(label)
        metrics.RECORDINGS.labels(label.kind, state.value).inc()
        log.info("recording-stored", recording=label.id, call=label.call_id, seconds=sound and round(sound.seconds, 1))

    def _nothing_written(self, label: Label) -> None:
        """A talk that never came about leaves only its label; a complaint without samples is an alarm."""
        if not label.ended and _age_s(label) < NEVER_BEGUN_S:
            return
        if label.kind != "talk":
            metrics.RECORDINGS.labels(label.kind, "missing").inc()
            log.error("recording-missing", recording=label.id, call=label.call_id)
        self._incoming.forget(label)


def _at_rest_s(file: Path) -> float:
    try:
        return time.time() - file.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _age_s(label: Label) -> float:
    return time.time() - datetime.fromisoformat(label.started_at).timestamp()


def _call_of(file: Path) -> str:
    """The call's id in the name the dialplan gave, or one made of the channel's id when no controller met the call.

    Further recordings of one call (after a transfer) are numbered behind a `~`.
    """
    call, _, channel = file.stem.removeprefix(_WITHOUT).partition("_")
    return call or unmet_call(channel.partition("~")[0])
