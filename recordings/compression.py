"""Turns recordings of some age into FLAC: the same samples in half the room, proved before the WAV goes."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import select, update

from gridline.clock import Clock
from gridline.db import Database
from recordings import chain
from recordings.audio import checksum, same_samples, to_flac
from recordings.models import PLAYABLE, ChainDeed, Recording
from recordings.store import Store

ROUND_S: Final = 60.0
A_ROUND: Final = 20
"""Recordings at a time: the rest of the minute belongs to the calls."""

log = structlog.get_logger(__name__)


class NotTheSame(OSError):
    """What lies there is not what was stored, or was not compressed truly: it is left as it is, for a person."""


class Compression:
    """Compresses what a node's store has kept as WAV for longer than `after`; `workshop` is a folder for its files."""

    def __init__(
        self, db: Database, clock: Clock, store: Store, workshop: Path, *, node: str, after: timedelta | None
    ) -> None:
        self._db = db
        self._clock = clock
        self._store = store
        self._workshop = workshop
        self._node = node
        self._after = after
        self._wrong: set[str] = set()
        """Told of once; `gridline recordings verify` names them again."""

    async def run_once(self) -> int:
        """Compress the oldest few; returns how many. Raises OSError on a bad disk, Unavailable without the database."""
        if self._after is None:
            return 0
        done = 0
        for row in await self._old():
            try:
                await self._compress(row)
                done += 1
            except (NotTheSame, FileNotFoundError) as error:
                self._wrong.add(row.id)
                log.error("recording-not-compressed", recording=row.id, reason=str(error))
        return done

    async def _old(self) -> list[Recording]:
        before = self._clock.now() - (self._after or timedelta())
        query = select(Recording).where(
            Recording.state.in_(PLAYABLE),
            Recording.started_at < before,
            Recording.file.endswith(".wav"),
            Recording.id.not_in(self._wrong),
        )
        async with self._db.read() as session:
            return list(await session.scalars(query.order_by(Recording.started_at).limit(A_ROUND)))

    async def _compress(self, row: Recording) -> None:
        """The new file first, then the row and the chain, then the old file goes: a crash loses nothing."""
        name = str(Path(row.file).with_suffix(".flac"))
        flac = self._workshop / Path(name).name
        try:
            async with self._store.as_file(row.file) as wav:
                sha256 = await asyncio.to_thread(_made, wav, flac, row.sha256)
            size = flac.stat().st_size
            await self._store.put(flac, name)
        finally:
            flac.unlink(missing_ok=True)
        async with self._db.write() as session:
            mine = update(Recording).where(Recording.id == row.id, Recording.file == row.file)
            changed = await session.scalar(
                mine.where(Recording.state.in_(PLAYABLE))
                .values(file=name, sha256=sha256, bytes=size, wav_sha256=row.sha256)
                .returning(Recording.id)
            )
            if changed is not None:
                await chain.append(session, self._node, ChainDeed.COMPRESSED, {row.id: sha256}, self._clock.now())
        await self._store.delete(row.file if changed is not None else name)  # erased meanwhile: nothing may be left


def _made(wav: Path, flac: Path, stored: str | None) -> str:
    """Make the FLAC of a WAV that is what was stored; returns its SHA-256. Raises NotTheSame, OSError."""
    if checksum(wav) != stored:
        raise NotTheSame(f"{wav.name}: not the file that was stored")
    flac.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(flac.parent).free < wav.stat().st_size:  # a full disk makes a torn FLAC, and no error
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(flac.parent))
    to_flac(wav, flac)
    if not same_samples(wav, flac):
        raise NotTheSame(f"{wav.name}: compressed to something else")
    return checksum(flac)
