"""The folder backups lie in: files by their SHA-256, each once for all snapshots, and a folder for every snapshot.

files/ab/abcd...              every file that any snapshot has
snapshots/NAME/files.sqlite   the list of a snapshot's files
snapshots/NAME/manifest.json  written last
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import hashlib
import os
import shutil
import sqlite3
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Final

from pydantic import ValidationError

from gridline.errors import Conflict, InvalidInput, NotFound, Unavailable
from gridline.synced import sync_folder, whole_or_gone, write_synced
from recordings.store import BLOCK
from service.backup.file_list import FileList
from service.backup.manifest import SnapshotManifest

LOCK: Final = "backup.lock"
MANIFEST: Final = "manifest.json"
LIST: Final = "files.sqlite"
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
_REFUSED: Final = (errno.EACCES, errno.EPERM, errno.EROFS)


class BackupFolder:
    """One target. Everything that writes raises Unavailable, which says what is wrong with the target."""

    def __init__(self, path: Path) -> None:
        if str(path).startswith("s3:"):
            raise InvalidInput(f"{path}: копия пишется в папку. Подключите хранилище как папку (rclone mount).")
        self.path = path.absolute()
        if not self.path.is_dir():
            raise NotFound(f"{self.path}: такой папки нет. Подключите диск копий или создайте папку.")
        self._files = self.path / "files"
        self._snapshots = self.path / "snapshots"
        self.half = self._files / "half"
        """Where files lie while they are written."""

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While the block runs nobody else writes, checks or reads here. Raises Conflict where somebody does."""
        with self.sound(), self._locked(fcntl.LOCK_EX, os.O_RDWR | os.O_CREAT):
            self.half.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._snapshots.mkdir(mode=0o700, exist_ok=True)
            yield

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """While the block runs nobody writes here; others may read. Raises Conflict while a backup is being made."""
        if (self.path / LOCK).exists():
            with self._locked(fcntl.LOCK_SH, os.O_RDONLY):
                yield
        else:
            yield

    @contextmanager
    def _locked(self, how: int, opened: int) -> Iterator[None]:
        handle = os.open(self.path / LOCK, opened | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, how | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Conflict(
                    f"С копией {self.path} уже работают: другая копия, проверка или восстановление. "
                    "Дождитесь их конца и повторите."
                ) from error
            yield
        finally:
            os.close(handle)

    @contextmanager
    def sound(self) -> Iterator[None]:
        """Around what writes here: its OSError in words. Raises Unavailable."""
        try:
            yield
        except OSError as error:
            raise self.trouble(error) from error

    def trouble(self, error: OSError) -> Unavailable:
        """An error of the target in words."""
        if error.errno in _FULL:
            said = "кончилось место. Прежние копии целы; освободите место или забудьте старые (--keep) и повторите."
        elif error.errno in _REFUSED:
            said = f"писать нельзя ({error.strerror}). Дайте права на папку тому, от кого работает Gridline."
        else:
            said = f"запись не удалась ({error.strerror or error}). Проверьте диск копий и повторите."
        return Unavailable(f"{self.path}: {said}")

    def tidy(self) -> int:
        """Remove what a backup that was cut left behind; how many unfinished snapshots there were."""
        with self.sound():
            for half in self.half.iterdir():
                half.unlink()
            cut = [one for one in self._snapshots.iterdir() if not (one / MANIFEST).exists()]
            for one in cut:
                shutil.rmtree(one)
        return len(cut)

    def names(self) -> list[str]:
        """The snapshots that are whole, the oldest first."""
        return sorted(file.parent.name for file in self._snapshots.glob(f"*/{MANIFEST}"))

    def newest(self) -> str:
        """The last whole snapshot. Raises NotFound."""
        if not (names := self.names()):
            cut = self._snapshots.is_dir() and any(self._snapshots.iterdir())
            why = "копия в ней оборвана на середине и негодна" if cut else "копий Gridline в ней нет"
            raise NotFound(f"{self.path}: {why}.")
        return names[-1]

    def manifest(self, name: str) -> SnapshotManifest:
        """A snapshot's manifest. Raises NotFound, and Unavailable for one that is spoilt."""
        try:
            return SnapshotManifest.model_validate_json((self._snapshots / name / MANIFEST).read_text("utf-8"))
        except FileNotFoundError as error:
            raise NotFound(f"Снимка {name} нет. Есть: {', '.join(self.names()) or 'ни одного'}.") from error
        except (ValidationError, UnicodeDecodeError) as error:
            raise Unavailable(f"Снимок {name}: опись испорчена. Возьмите другой снимок.") from error

    @contextmanager
    def files(self, name: str) -> Iterator[FileList]:
        """A snapshot's list of files, proved by the manifest. Raises Unavailable for one that is spoilt."""
        file = self._snapshots / name / LIST
        try:
            if sum_of(file) != self.manifest(name).list_sha256:
                raise Unavailable(f"Снимок {name}: список файлов изменён. Возьмите другой снимок.")
            listed = FileList.opened(file)
        except (OSError, sqlite3.Error) as error:
            raise Unavailable(f"Снимок {name}: список файлов не читается. Возьмите другой снимок.") from error
        with ExitStack() as closing:
            closing.callback(listed.close)
            yield listed

    def place(self, sha256: str) -> Path:
        """Where a file with this sum lies."""
        return self._files / sha256[:2] / sha256

    def has(self, sha256: str, size: int) -> bool:
        """Whether it lies there whole: what is there was renamed after it was on the disk."""
        try:
            return self.place(sha256).stat().st_size == size
        except FileNotFoundError:
            return False

    async def keep(self, blocks: AsyncIterator[bytes]) -> tuple[str, int]:
        """Store these bytes unless they are there; their SHA-256 and size. `blocks` may raise anything but OSError."""
        half = self.half / uuid.uuid4().hex
        digest, size = hashlib.sha256(), 0
        with self.sound(), whole_or_gone(half):
            with half.open("xb") as out:
                async for block in blocks:
                    digest.update(block)
                    size += len(block)
                    await asyncio.to_thread(out.write, block)
                await asyncio.to_thread(_synced, out)
            await asyncio.to_thread(self.take, half, digest.hexdigest(), size)
        return digest.hexdigest(), size

    def take(self, half: Path, sha256: str, size: int) -> None:
        """Give a finished file of `half` its place, unless such a file is there."""
        with self.sound():
            if self.has(sha256, size):
                half.unlink()
                return
            place = self.place(sha256)
            place.parent.mkdir(mode=0o700, exist_ok=True)
            half.replace(place)
            sync_folder(place.parent)

    def finish(self, listed: Path, manifest: SnapshotManifest) -> str:
        """Make a snapshot of a finished list: its manifest comes last and at once. Its name."""
        name = snapshot_name(manifest.made_at)
        folder = self._snapshots / name
        with self.sound():
            folder.mkdir(mode=0o700)
            shutil.copyfile(listed, folder / LIST)
            with (folder / LIST).open("rb") as copy:
                os.fsync(copy.fileno())
            sync_folder(folder)
            sync_folder(self._snapshots)
            write_synced(folder / MANIFEST, manifest.model_dump_json(indent=1))
        return name

    def forget(self, keep: int) -> list[str]:
        """Remove all snapshots but the last `keep`, and the files that none of these has; the removed names."""
        names = self.names()
        gone = names[:-keep]
        for name in gone:
            with self.sound():
                (self._snapshots / name / MANIFEST).unlink()  # first: without it there is no snapshot
                shutil.rmtree(self._snapshots / name)
        if gone:
            self._sweep(names[-keep:])
        return gone

    def _sweep(self, names: list[str]) -> None:
        with ExitStack() as opened, self.sound():
            lists = [opened.enter_context(self.files(name)) for name in names]
            for folder in self._files.glob("??"):
                there = {file.name for file in folder.iterdir()}
                needed = set[str]().union(*(one.holds(there) for one in lists))
                for sha256 in there - needed:
                    (folder / sha256).unlink()
                with suppress(OSError):  # not empty
                    folder.rmdir()


def snapshot_name(at: datetime) -> str:
    """The name of a snapshot made at this moment (UTC): in the order of time."""
    return f"{at:%Y%m%d-%H%M%S}-{at.microsecond // 1000:03}"


def sum_of(file: Path) -> str:
    """SHA-256 of a file, hex. Raises OSError."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


async def blocks_of(file: Path) -> AsyncIterator[bytes]:
    """A file's bytes as far as it is written now, block by block."""
    with await asyncio.to_thread(file.open, "rb") as opened:
        while block := await asyncio.to_thread(opened.read, BLOCK):
            yield block


def _synced(out: IO[bytes]) -> None:
    out.flush()
    os.fsync(out.fileno())
