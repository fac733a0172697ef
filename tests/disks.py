"""Small disks of a test's own that fill, take no writes or go; each skips, saying so, where nothing may be mounted."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import pytest

DISK_MB = 3
_BLOCK = bytes(4096)


@contextmanager
def small_disk(folder: Path, megabytes: int = DISK_MB) -> Iterator[None]:
    """A disk of its own for this folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "gridline-test", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        _do("umount", "-l", folder)


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """Not a byte more goes on this small disk."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as out, suppress(OSError):
        while True:
            out.write(_BLOCK)
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nothing may be written on this small disk; Linux refuses that while a file of it is open for writing."""
    _do("mount", "-o", "remount,ro", folder)
    try:
        yield
    finally:
        _do("mount", "-o", "remount,rw", folder)


@contextmanager
def gone(folder: Path) -> Iterator[None]:
    """The small disk is not mounted: an empty folder lies there, and what is open on the disk goes on being written."""
    with tempfile.TemporaryDirectory(prefix="gridline-disk-") as aside:
        _do("mount", "--bind", folder, aside)
        _do("umount", "-l", folder)
        try:
            yield
        finally:
            _do("mount", "--bind", aside, folder)
            _do("umount", "-l", aside)


TROUBLES = {"full": full, "read-only": read_only, "gone": gone}


def in_trouble(folder: Path, name: str) -> AbstractContextManager[None]:
    """One of TROUBLES of this small disk."""
    return TROUBLES[name](folder)


def _do(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True)
