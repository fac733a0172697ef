"""Keeps Asterisk's logs over a start and within bounds: a file that has grown is put aside, the oldest goes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PARTS = 10
"""Files a log is kept in, the current one included: `messages.log`, `messages.log.1` (the newest) to `.9`."""
_MB = 1024 * 1024
_OPENED = " built by "
"""Of the line Asterisk 22 begins its log with whenever it opens it."""


@dataclass(frozen=True)
class Logs:
    """What Asterisk writes for ever into `folder`; each log may take `most_mb` megabytes in all its parts."""

    folder: Path
    most_mb: int

    @property
    def messages(self) -> Path:
        """Its own log, for people."""
        return self.folder / "messages.log"

    @property
    def console(self) -> Path:
        """What the process itself says: its last words."""
        return self.folder / "console.log"

    @property
    def files(self) -> tuple[Path, ...]:
        """Every log there may be."""
        records = (self.folder / "cdr-csv/Master.csv", self.folder / "cel-custom/cel.csv")
        return (self.messages, self.console, self.folder / "queue_log", *records)

    def parts_of(self, log: Path) -> list[Path]:
        """The files a log lies in now, the current one first."""
        return [file for number in range(PARTS) if (file := _part(log, number)).exists()]

    def put_aside(self) -> bool:
        """Rename what has grown to its share; whether anything was. Asterisk must then open its logs anew."""
        grown = [file for file in self.files if file.exists() and file.stat().st_size * PARTS >= self.most_mb * _MB]
        for file in grown:
            for part in range(PARTS - 1, 0, -1):
                older = _part(file, part - 1)
                if older.exists():
                    older.replace(_part(file, part))
        return bool(grown)

    def errors(self) -> list[str]:
        """ERROR lines of Asterisk's log since it was last started (or its log last put aside)."""
        found: list[str] = []
        if self.messages.exists():
            with self.messages.open(encoding="utf-8", errors="replace") as lines:
                for line in lines:
                    if _OPENED in line:
                        found.clear()
                    elif "] ERROR[" in line:
                        found.append(line.strip())
        return found


def _part(file: Path, number: int) -> Path:
    return file.with_name(f"{file.name}.{number}") if number else file
