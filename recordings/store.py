"""Where recordings lie once they are taken in: a folder, or any S3-compatible service, behind one port.

obstore speaks to both, by its blocking half in threads: after its coroutines Python 3.11 ends by abort(), because a
thread of theirs asks for the interpreter while that finishes (obstore 0.12.1, five runs of eight). Names are those of
the rows, `2026/11/29/ID.wav`: made of ids, never of what came from outside.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, Self, TypeVar

import obstore
from obstore.exceptions import BaseError, GenericError, PermissionDeniedError, UnauthenticatedError
from obstore.store import LocalStore, ObjectStore, S3Store

from gridline.settings import Settings
from gridline.synced import sync_folder, whole_or_gone
from recordings.audio import unpacked
from recordings.known_folder import MARK, KnownFolder, StoreAway

P = ParamSpec("P")
T = TypeVar("T")
BLOCK: Final = 256 * 1024
"""Bytes of a file that are in memory at once."""
LISTED: Final = 500
"""Names that are in memory at once."""

TRIES: Final = timedelta(seconds=10)
"""How long one request is tried again: whoever asked comes back by itself."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the store, its size in bytes, and when it was last written (UTC)."""

    name: str
    size: int
    at: datetime


class Store:
    """`folder` says where the files lie as they are; None: they can be had through the store alone.

    Every method raises FileNotFoundError for a name that is not there, StoreAway when nothing of the store can be had
    (`must_be_there` says so of a folder), and OSError on a bad disk.
    """

    def __init__(
        self,
        opened: Callable[[], ObjectStore],
        folder: Path | None = None,
        must_be_there: Callable[[], None] = lambda: None,
    ) -> None:
        self._opened = opened
        self.folder = folder
        self.must_be_there = must_be_there

    @classmethod
    def in_folder(cls, folder: Path) -> Self:
        """The files of a folder of this machine, which is made where it is not there."""
        folder = folder.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        return cls(partial(LocalStore, folder), folder)

    @classmethod
    def in_known(cls, known: KnownFolder) -> Self:
        """The files of a folder that is known again; while it is not there, nothing goes there or is taken for gone."""
        return cls(partial(LocalStore, known.path), known.path, known.must_be_there)

    @cached_property
    def objects(self) -> ObjectStore:
        """Opened when first needed: a store that is away at the start keeps nobody from serving."""
        return self._opened()

    def place(self, name: str, workshop: Path) -> Path:
        """Where a file is to be written before it is `put`: at its end already, or in the folder `workshop`."""
        self.must_be_there()
        return self.folder / name if self.folder is not None else workshop / Path(name).name

    async def put(self, file: Path, name: str) -> None:
        """Take a finished file over: on return it is stored under its name, and nowhere else."""
        if self.folder is not None:
            await asyncio.to_thread(self.must_be_there)
            await asyncio.to_thread(_moved, file, self.folder / name)
            return
        await self._ask(obstore.put, name, file)
        await asyncio.to_thread(file.unlink)

    async def open_range(self, name: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `end` (not included; None: to the last), block by block."""
        if end is None:
            end = await self.size(name)
        if start >= end:
            return
        found = await self._ask(obstore.get, name, options={"range": (start, end)})
        blocks = iter(found.stream(min_chunk_size=BLOCK))
        while (block := await self._in_thread(next, blocks, None)) is not None:
            yield bytes(block)

    async def size(self, name: str) -> int:
        """The file's bytes, as `open_range` counts them."""
        return (await self._ask(obstore.head, name))["size"]

    async def delete(self, name: str) -> None:
        """Remove the file; one that is not there is gone already."""
        with suppress(FileNotFoundError):
            await self._ask(obstore.delete, name)

    async def names(self, folder: str = "") -> AsyncGenerator[list[StoredFile], None]:
        """Everything that lies there, or in a folder of it, also what is no recording's, in parts."""
        parts = iter(await self._ask(obstore.list, folder or None, chunk_size=LISTED))
        while (part := await self._in_thread(next, parts, None)) is not None:
            yield [StoredFile(one["path"], one["size"], one["last_modified"]) for one in part if one["path"] != MARK]

    async def checksum(self, name: str) -> str:
        """SHA-256 of what was `put`, hex."""
        digest = hashlib.sha256()
        async for block in self.open_range(name):
            digest.update(block)
        return digest.hexdigest()

    @asynccontextmanager
    async def as_file(self, name: str) -> AsyncIterator[Path]:
        """The file on this machine, for whatever can read nothing else: its own, or a copy that goes afterwards."""
        if self.folder is not None:
            await asyncio.to_thread(self.must_be_there)
            yield self.folder / name
            return
        with tempfile.TemporaryDirectory(prefix="gridline-") as folder:
            copy = Path(folder) / Path(name).name
            with copy.open("wb") as out:
                async for block in self.open_range(name):
                    await asyncio.to_thread(out.write, block)
            yield copy

    async def _ask(self, work: Callable[Concatenate[ObjectStore, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        await asyncio.to_thread(self.must_be_there)
        return await self._in_thread(lambda: work(self.objects, *args, **kwargs))

    async def _in_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A service that gives nothing is away; what else it says, and what a folder's file meets, is of that file."""
        try:
            return await asyncio.to_thread(work, *args, **kwargs)
        except BaseError as error:
            away = self.folder is None and await asyncio.to_thread(self._is_away, error)
            raise (StoreAway if away else OSError)(str(error)) from error

    def _is_away(self, error: BaseError) -> bool:
        """Whether a service that says this gives nothing at all: S3 refuses (403) one file, and whoever has no key."""
        if isinstance(error, PermissionDeniedError):
            try:
                next(iter(obstore.list(self.objects)), None)
            except BaseError:
                return True
            return False
        return isinstance(error, GenericError | UnauthenticatedError)

    @asynccontextmanager
    async def as_wav(self, name: str) -> AsyncIterator[Path]:
        """As `as_file`, a compressed one unpacked. Raises OSError also for what holds no sound."""
        async with self.as_file(name) as file:
            if file.suffix == ".wav":
                yield file
                return
            with tempfile.TemporaryDirectory(prefix="gridline-") as folder:
                wav = Path(folder) / f"{file.stem}.wav"
                await asyncio.to_thread(unpacked, file, wav)
                yield wav


def of_settings(config: Settings) -> Store:
    """The installation's store."""
    if config.recordings_store == "folder":
        return Store.in_known(folder_of(config))
    objects = S3Store(
        config.s3_bucket,
        prefix="recordings",
        endpoint=config.s3_endpoint,
        region=config.s3_region,
        access_key_id=config.s3_key_id,
        secret_access_key=config.s3_secret.get_secret_value(),
        virtual_hosted_style_request=False,
        client_options={"allow_http": config.s3_endpoint.startswith("http://")},
        retry_config={"max_retries": 2, "retry_timeout": TRIES},
    )
    return Store(lambda: objects)


def folder_of(config: Settings) -> KnownFolder:
    """Where recordings lie on this machine, and what remembers that it is there."""
    var = config.var.absolute()
    return KnownFolder(var / "recordings/store", var / "recordings-store.id")


def _moved(file: Path, target: Path) -> None:
    """On return the file is at its place whatever happens to the power."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if file != target:
        copy = target.with_name(f"{target.name}.new")
        with whole_or_gone(copy), file.open("rb") as source, copy.open("wb") as out:
            shutil.copyfileobj(source, out, BLOCK)
            out.flush()
            os.fsync(out.fileno())
        copy.replace(target)
        file.unlink()
    sync_folder(target.parent)
