"""The journal's place on disk while the database is away: lines of JSON, synced, read back until stored."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from gridline.synced import sync_folder

MOST_BYTES = 256 * 2**20
"""About 400 000 steps: a day of a region's line. Beyond it nothing is taken, and the journal says so."""


class JournalSpool:
    """Three files of one folder: what waits, what is being read back, and what no database would take."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()  # cancelled, the journal appends its last while a thread may still be at it
        self._waiting = folder / "journal.jsonl"
        self._reading = folder / "journal.reading.jsonl"
        self._rejected = folder / "journal.rejected.jsonl"

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._waiting.exists() and not self._reading.exists()

    def append(self, lines: Sequence[str]) -> None:
        """Keep `lines`; on return they survive a power cut. Raises OSError when the disk does not take them."""
        self._append(self._waiting, lines)

    def reject(self, lines: Sequence[str]) -> None:
        """Keep what no database would take, for a person to look at. Raises OSError."""
        self._append(self._rejected, lines)

    def read(self, size: int) -> Iterator[list[str]]:
        """What waited at this moment, `size` lines at a time; gone once read to the end.

        Stopped half-way (a crash, the database away again) all of it is read again: storing must not mind.
        """
        if not self._reading.exists():
            if not self._waiting.exists():
                return
            self._waiting.rename(self._reading)
        with self._reading.open(encoding="utf-8", errors="replace") as stream:
            while part := [line.rstrip("\n") for line in islice(stream, size)]:
                yield part
        self._reading.unlink()

    def _append(self, file: Path, lines: Sequence[str]) -> None:
        with self._lock:
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh = not file.exists()
            with file.open("ab") as stream:
                end = stream.tell()
                if end > MOST_BYTES:
                    raise OSError(errno.ENOSPC, "the journal's spool is full", str(file))
                if end:  # what a crash left of a last line must not swallow the first of these
                    stream.write(b"\n")
                stream.write("\n".join(lines).encode() + b"\n")
                stream.flush()
                os.fsync(stream.fileno())
            if fresh:
                sync_folder(self._folder)
