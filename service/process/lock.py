"""One `gridline serve` for one `var`: a lock on a file there, which the kernel lifts when its holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gridline.errors import Conflict

NAME = "serve.lock"


@contextmanager
def held(var: Path) -> Iterator[None]:
    """Hold the lock while the block runs; the file says which process does. Raises Conflict when another holds it."""
    var.mkdir(parents=True, exist_ok=True)
    handle = os.open(var / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _taken(handle, fcntl.LOCK_EX):
            raise Conflict(
                f"В {var.absolute()} уже работает gridline serve (процесс {_told(handle)}). "
                "Остановите его или задайте другую папку: var в настройках."
            )
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


def holder(var: Path) -> int | None:
    """The process id of the `gridline serve` that works in this `var` now; None when there is none. Raises OSError."""
    try:
        handle = os.open(var / NAME, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        if _taken(handle, fcntl.LOCK_SH):
            return None
        told = _told(handle)
        return int(told) if told.isdigit() else None
    finally:
        os.close(handle)


def _taken(handle: int, how: int) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _told(handle: int) -> str:
    return os.pread(handle, 20, 0).decode("ascii", "replace")
