"""A store whose files are encrypted (AES-256-GCM), block by block, so that a part can be heard without the whole.

Each file has a key of its own, made of the installation's secret and the salt at its head. A block knows its place, the
file's name and whether it is the last: none can be changed, moved, exchanged or cut off without being refused.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gridline.synced import whole_or_gone
from recordings.store import Store, StoredFile

PLAIN: Final = 64 * 1024
"""Bytes of sound in a block."""
TAG: Final = 16
MAGIC: Final = b"GLR1"
SALT: Final = 16
SUFFIX: Final = ".sealed"
HEAD: Final = len(MAGIC) + SALT


class NotSealed(OSError):
    """What lies there was not sealed with this secret under this name, or is not whole."""


class SealedStore(Store):
    """The files of `inner`, encrypted with a secret; outside they are what was `put`. Raises as Store, and NotSealed.

    A sealed file has SUFFIX behind its name in `inner`. One without it is given as it is: sealing was off at the time,
    as it is for what is `put` from now on where `seals` is False.
    """

    def __init__(self, inner: Store, secret: str, *, seals: bool = True) -> None:
        super().__init__(lambda: inner.objects, must_be_there=inner.must_be_there)
        self._inner = inner
        self._secret = secret
        self._seals = seals

    async def put(self, file: Path, name: str) -> None:
        """Seal a finished file and take it over."""
        if not self._seals:
            await self._inner.put(file, name)
            return
        sealed = file.with_name(file.name + SUFFIX)
        with whole_or_gone(sealed):
            await asyncio.to_thread(self._seal, file, sealed, name)
            await self._inner.put(sealed, name + SUFFIX)
        await asyncio.to_thread(file.unlink)

    async def open_range(self, name: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `end`, each proved before it is given."""
        try:
            size = plain_size(await self._inner.size(name + SUFFIX))
        except FileNotFoundError:
            async for block in self._inner.open_range(name, start, end):
                yield block
            return
        end = size if end is None else min(end, size)
        if start >= end:
            return
        last = (size - 1) // PLAIN
        cipher = self._cipher(await self._read(name, 0, HEAD))
        for no in range(start // PLAIN, (end - 1) // PLAIN + 1):
            at = HEAD + no * (PLAIN + TAG)
            sealed = await self._read(name, at, at + min(PLAIN, size - no * PLAIN) + TAG)
            try:
                plain = cipher.decrypt(_nonce(no), sealed, _bound(name, no == last))
            except InvalidTag as error:
                raise NotSealed(f"{name}: not what was sealed") from error
            yield plain[max(0, start - no * PLAIN) : end - no * PLAIN]

    async def size(self, name: str) -> int:
        """The bytes of what was put."""
        try:
            return plain_size(await self._inner.size(name + SUFFIX))
        except FileNotFoundError:
            return await self._inner.size(name)

    async def delete(self, name: str) -> None:
        """Remove the file, sealed or not."""
        await self._inner.delete(name + SUFFIX)
        await self._inner.delete(name)

    async def names(self, folder: str = "") -> AsyncGenerator[list[StoredFile], None]:
        """Everything that lies there; the name and size of what was put."""
        async for part in self._inner.names(folder):
            yield [_unsealed(one) for one in part]

    async def _read(self, name: str, start: int, end: int) -> bytes:
        return b"".join([block async for block in self._inner.open_range(name + SUFFIX, start, end)])

    def _cipher(self, head: bytes) -> AESGCM:
        if len(head) != HEAD or not head.startswith(MAGIC):
            raise NotSealed("a foreign head")
        key = HKDF(SHA256(), 32, salt=head[len(MAGIC) :], info=b"gridline recording").derive(self._secret.encode())
        return AESGCM(key)

    def _seal(self, file: Path, sealed: Path, name: str) -> None:
        head = MAGIC + os.urandom(SALT)
        cipher = self._cipher(head)
        last = (file.stat().st_size - 1) // PLAIN
        with file.open("rb") as plain, sealed.open("wb") as out:
            out.write(head)
            no = 0
            while block := plain.read(PLAIN):
                out.write(cipher.encrypt(_nonce(no), block, _bound(name, no == last)))
                no += 1
            out.flush()
            os.fsync(out.fileno())


def plain_size(sealed: int) -> int:
    """The bytes of what was sealed into so many."""
    blocks, rest = divmod(max(0, sealed - HEAD), PLAIN + TAG)
    return blocks * PLAIN + max(0, rest - TAG)


def _unsealed(one: StoredFile) -> StoredFile:
    if not one.name.endswith(SUFFIX):
        return one
    return StoredFile(one.name.removesuffix(SUFFIX), plain_size(one.size), one.at)


def _nonce(no: int) -> bytes:
    """Never twice under one key: a key is a file's, a number a block's."""
    return no.to_bytes(12, "big")


def _bound(name: str, is_last: bool) -> bytes:
    return name.encode() + (b"\x01" if is_last else b"\x00")
