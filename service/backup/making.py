"""Makes a backup while calls run: first what the database may take in meanwhile, then the database, then the rest.

The order is what makes it whole. A promise of the spool, or a recording that waits, is copied before the database that
may have it already: brought in twice it is one. A recording is listed before the database and again after it, so that
every row's file is there, whichever name it had at the moment of the row.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.db import Database
from gridline.errors import NotFound, Unavailable
from gridline.settings import Settings
from recordings import store as recordings_store
from recordings.models import PLAYABLE, Recording
from recordings.sealed import SUFFIX
from recordings.store import Store, StoredFile
from service.backup import contents
from service.backup.contents import DATABASE, INCOMING, RECORDINGS, SourceFile
from service.backup.database import copied
from service.backup.file_list import FileList, KeptFile
from service.backup.manifest import Contents, SnapshotManifest, contents_of, release
from service.backup.target import BackupFolder, blocks_of, sum_of
from service.backup.together import each

_CHUNK: Final = 500


class _Gone(Exception):
    """A file went while it was looked for: taken in, sent, compressed, destroyed."""


@dataclass(frozen=True, slots=True)
class Made:
    """A finished snapshot: its name, manifest, what had to be copied for it, and what was removed."""

    name: str
    manifest: SnapshotManifest
    copied_files: int
    copied_bytes: int
    cut: int
    """Backups that were cut before, and were cleared away."""
    forgotten: Sequence[str]


async def make(config: Settings, target: BackupFolder, keep: int) -> Made:
    """Make a snapshot, then forget all but the last `keep` (0: none).

    Raises Conflict while another backup is made there, Unavailable when something cannot be read or written: then
    there is no new snapshot, and those before are as they were.
    """
    with target.alone(), ExitStack() as open_ones:
        cut = target.tidy()
        folder = Path(open_ones.enter_context(tempfile.TemporaryDirectory(prefix="gridline-backup-")))
        before: FileList | None = None
        with suppress(NotFound, Unavailable):  # none yet, or a spoilt one: then everything is read anew
            before = open_ones.enter_context(target.files(target.newest()))
        making = _Making(config, target, folder / "files.sqlite", before)
        try:
            held = await making.all()
            count, size = making.files.totals()
        finally:
            making.files.close()
        manifest = SnapshotManifest(
            made_at=making.began,
            release=release(),
            node=config.node,
            database=making.db.url.get_backend_name(),
            contents=held,
            files=count,
            bytes=size,
            list_sha256=sum_of(folder / "files.sqlite"),
        )
        name = target.finish(folder / "files.sqlite", manifest)
        forgotten = target.forget(keep) if keep else []
        return Made(name, manifest, making.copied_files, making.copied_bytes, cut, forgotten)


class _Making:
    def __init__(self, config: Settings, target: BackupFolder, list_file: Path, before: FileList | None) -> None:
        self.files = FileList.fresh(list_file)
        self.db = Database(config.db_url)
        self.began = datetime.now(UTC)
        self.copied_files = self.copied_bytes = 0
        self._config = config
        self._target = target
        self._known_folder = recordings_store.folder_of(config)
        self._before = before

    async def all(self) -> Contents:
        store = recordings_store.of_settings(self._config)  # as they lie there: what is sealed stays sealed
        try:
            await self._copy_files(contents.sources(self._config))
            listed_before = await self._copy_recordings(store, datetime.max.replace(tzinfo=UTC))
            half = self._target.half / DATABASE
            async with copied(self.db, half) as session:
                seen_at = datetime.now(UTC)
                held = await contents_of(session)
                await self._leave_out_taken_in(session)
                listed = await self._copy_recordings(store, seen_at)
                await self._leave_out_gone(session, listed_before - listed)
            await self._keep_database(half)
            # again: the counter of receipts may not be behind what the database has
            await self._copy_files(contents.spooled(self._config))
        finally:
            await self.db.close()
        return held

    async def _copy_files(self, found: Iterator[SourceFile]) -> None:
        try:
            sources = await asyncio.to_thread(list, found)
        except OSError as error:
            raise _unreadable(str(error.filename), error) from error
        await each(sources, self._copy_file)

    async def _copy_file(self, source: SourceFile) -> None:
        with suppress(_Gone):
            changed_at = await asyncio.to_thread(_changed_at, source.file)
            await self._keep(source.name, blocks_of(source.file), changed_at)

    async def _copy_recordings(self, store: Store, until: datetime) -> set[str]:
        """Copy what was not copied before; the names of all that lay there. What is younger is the next backup's."""
        names: set[str] = set()
        if store.folder is not None and not store.folder.exists() and not self._known_folder.known.exists():
            return names  # nothing was ever recorded here
        try:
            async for part in store.names():
                mine = [one for one in part if one.at <= until and not one.name.endswith(".new")]
                await each(mine, partial(self._copy_recording, store))
                names |= {one.name for one in mine}
        except OSError as error:
            raise _unreadable("Хранилище записей", error) from error
        return names

    async def _copy_recording(self, store: Store, one: StoredFile) -> None:
        """By its name: whoever has that name keeps its bytes for ever."""
        name = f"{RECORDINGS}/{one.name}"
        known = self.files.find(name) or (self._before.find(name) if self._before else None)
        if known is not None and known.bytes == one.size and self._target.has(known.sha256, known.bytes):
            self.files.add(known)
            return
        with suppress(_Gone):
            await self._keep(name, store.open_range(one.name), one.at.timestamp())

    async def _keep(self, name: str, blocks: AsyncIterator[bytes], changed_at: float) -> None:
        sha256, size = await self._target.keep(_read(name, blocks))
        known = self._before.find(name) if self._before else None
        if known is None or known.sha256 != sha256:
            self.copied_files += 1
            self.copied_bytes += size
        self.files.add(KeptFile(name, sha256, size, changed_at))

    async def _keep_database(self, half: Path) -> None:
        with self._target.sound():
            sha256, size = await asyncio.to_thread(sum_of, half), half.stat().st_size
        await asyncio.to_thread(self._target.take, half, sha256, size)
        self.copied_files += 1
        self.copied_bytes += size
        self.files.add(KeptFile(DATABASE, sha256, size, self.began.timestamp()))

    async def _leave_out_taken_in(self, session: AsyncSession) -> None:
        """Samples whose recording the database has: half of them, brought back, would take the place of the whole."""
        waiting = [one.name for one in self.files.of("var") if one.name.startswith(INCOMING)]
        by_id = {name: Path(name).name.partition(".")[0] for name in waiting}
        known = await _asked(session, select(Recording.id), Recording.id, sorted({*by_id.values()}))
        self.files.remove(name for name, id in by_id.items() if id in known)

    async def _leave_out_gone(self, session: AsyncSession, gone: set[str]) -> None:
        """What was destroyed meanwhile stays destroyed; what only got another name is what the row speaks of."""
        row_of = {name: name.removesuffix(SUFFIX) for name in gone}
        playable = select(Recording.file).where(Recording.state.in_(PLAYABLE))
        needed = await _asked(session, playable, Recording.file, sorted({*row_of.values()}))
        self.files.remove(f"{RECORDINGS}/{name}" for name, row in row_of.items() if row not in needed)


async def _asked(session: AsyncSession, query: Select[Any], column: Any, values: Sequence[str]) -> set[str]:
    """What a query finds among these values of a column."""
    found: set[str] = set()
    for start in range(0, len(values), _CHUNK):
        found |= set(await session.scalars(query.where(column.in_(values[start : start + _CHUNK]))))
    return found


async def _read(name: str, blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The blocks. Raises _Gone for a file that is no longer there, Unavailable for one that cannot be read."""
    try:
        async for block in blocks:
            yield block
    except FileNotFoundError as error:
        raise _Gone from error
    except OSError as error:
        raise _unreadable(name, error) from error


def _changed_at(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError as error:
        raise _Gone from error


def _unreadable(what: str, error: OSError) -> Unavailable:
    return Unavailable(
        f"{what}: не читается ({error.strerror or error}). Копия не сделана, прежние целы. "
        "Запускайте её от того же пользователя, что и линию."
    )
