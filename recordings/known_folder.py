"""A folder that is known again: while its disk is not mounted another lies there, and what goes into that is lost."""

from __future__ import annotations

import errno
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

from gridline.synced import write_synced

MARK: Final = "store.id"
"""What lies in the folder; the same is remembered outside of it."""

log = structlog.get_logger(__name__)


class StoreAway(OSError):
    """Nothing of the store can be had now: its disk is not there, or its service does not answer. Try again later."""


class KnownFolder:
    """`path` is the folder, `known` the file outside of it that remembers its mark."""

    def __init__(self, path: Path, known: Path) -> None:
        self.path = path
        self.known = known

    def settle(self) -> None:
        """Make and mark the folder at the first start; for whoever serves, as whom its files are written.

        A disk that takes nothing now is asked again at the next start.
        """
        with suppress(OSError):
            if self.known.exists():
                return
            self.path.mkdir(parents=True, exist_ok=True)
            mark = _read(self.path / MARK)
            if mark is None:
                mark = uuid.uuid4().hex
                write_synced(self.path / MARK, mark)
                log.warning("store-marked", folder=str(self.path))  # a disk that is not mounted now will be a stranger
            write_synced(self.known, mark)

    def must_be_there(self) -> None:
        """Raises StoreAway where another folder, or none, lies in its place."""
        known = _read(self.known)
        try:
            there = known is None or _read(self.path / MARK) == known
        except OSError as error:
            raise StoreAway(error.errno, error.strerror, str(self.path)) from error
        if not there:
            raise StoreAway(
                errno.ENODEV, f"not the folder that {self.known} knows: is its disk mounted?", str(self.path)
            )


def _read(file: Path) -> str | None:
    try:
        return file.read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
