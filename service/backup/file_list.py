"""The list of a snapshot's files: name, SHA-256, size, time. A SQLite file: a million recordings fit no memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Self
from urllib.parse import quote

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file as it was copied: its name in the backup, SHA-256 (hex), bytes, time of its last change (Unix)."""

    name: str
    sha256: str
    bytes: int
    changed_at: float


class FileList:
    """Raises sqlite3.Error for what is no such list."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection

    @classmethod
    def fresh(cls, file: Path) -> Self:
        """A new list, to be filled."""
        made = cls(sqlite3.connect(file, isolation_level=None, check_same_thread=False))
        made._sql.execute("PRAGMA journal_mode = OFF")  # whoever dies over it begins anew
        made._sql.execute("PRAGMA synchronous = OFF")
        made._sql.execute(
            "CREATE TABLE files (name TEXT PRIMARY KEY, sha256 TEXT, bytes INTEGER, changed_at REAL) WITHOUT ROWID"
        )
        return made

    @classmethod
    def opened(cls, file: Path) -> Self:
        """One that is finished; nothing is written beside it."""
        address = f"file:{quote(str(file.absolute()))}?mode=ro&immutable=1"
        return cls(sqlite3.connect(address, uri=True, check_same_thread=False))

    def add(self, one: KeptFile) -> None:
        """Put a file on the list; a later copy of the same name takes the place of the earlier."""
        self._sql.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", astuple(one))

    def remove(self, names: Iterable[str]) -> None:
        """Take files off the list."""
        self._sql.executemany("DELETE FROM files WHERE name = ?", ((name,) for name in names))

    def find(self, name: str) -> KeptFile | None:
        """The file of that name."""
        row = self._sql.execute("SELECT * FROM files WHERE name = ?", (name,)).fetchone()
        return KeptFile(*row) if row else None

    def of(self, group: str) -> Iterator[KeptFile]:
        """The files whose name's first part it is, in the order of names; all of them for an empty one."""
        last = f"{group}/" if group else ""
        end = f"{group}0" if group else "\U0010ffff"  # 0 is the sign after the slash
        while True:
            query = "SELECT * FROM files WHERE name > ? AND name < ? ORDER BY name LIMIT ?"
            chunk = [KeptFile(*row) for row in self._sql.execute(query, (last, end, _CHUNK))]
            yield from chunk
            if not chunk:
                return
            last = chunk[-1].name

    def holds(self, sha256: Iterable[str]) -> set[str]:
        """Those of these sums that are on the list; the list is indexed in memory at the first question."""
        self._sql.execute("PRAGMA temp_store = MEMORY")
        self._sql.execute("CREATE TEMP TABLE IF NOT EXISTS sums (sha256 TEXT PRIMARY KEY) WITHOUT ROWID")
        if self._sql.execute("SELECT 1 FROM sums LIMIT 1").fetchone() is None:
            self._sql.execute("INSERT OR IGNORE INTO sums SELECT sha256 FROM files")
        find = "SELECT 1 FROM sums WHERE sha256 = ?"
        return {one for one in sha256 if self._sql.execute(find, (one,)).fetchone()}

    def totals(self) -> tuple[int, int]:
        """How many files, and their bytes."""
        count, size = self._sql.execute("SELECT count(*), coalesce(sum(bytes), 0) FROM files").fetchone()
        return int(count), int(size)

    def close(self) -> None:
        """Nothing more is asked."""
        self._sql.close()
