"""What a caller was promised while the database was away: kept on disk with a receipt, drained exactly once.

A receipt is a number of the node's own series (ten digits), spoken to the caller instead of a register number, so
the register's numbers stay gapless. The file is on disk, synced, before the receipt is spoken.
"""

from __future__ import annotations

import fcntl
import json
import logging  # not structlog: the emergency script starts in a fifth of the time without it
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from appeals.numbering import receipt as receipt_digits
from gridline.errors import Unavailable

log = logging.getLogger(__name__)

FULL_BYTES = 64 * 1024 * 1024
"""Free space below which nothing is promised: a false number is worse than a person."""


@dataclass(frozen=True)
class CallFacts:
    """What is known of a call that no controller can tell its journal; moments are ISO, UTC."""

    node: str
    channel: str
    dialled: str
    caller_raw: str
    started_at: str
    ended_at: str


@dataclass(frozen=True)
class Kept:
    """One appeal as it waits in the spool."""

    receipt: str
    intake: dict[str, object]
    """The fields of `appeals.intake.intake.Intake` as JSON values."""
    call: CallFacts | None = None
    """Of a call that ended in the dialplan's own hands."""


class Spool:
    """The spool of one node under `folder`; `series` (1-99) is the node's own two digits.

    Several processes use it at once (the controller and the dialplan's emergency script): a lock guards the counter.
    """

    def __init__(self, folder: Path, series: int) -> None:
        self._folder = folder
        self._series = series
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, intake: dict[str, object], call: CallFacts | None = None) -> Kept:
        """Keep an appeal and give it its receipt; on return it survives a power cut.

        Raises Unavailable when the disk is full or broken: then nothing was promised and a person takes the call.
        """
        try:
            state = os.statvfs(self._folder)
            if state.f_bavail * state.f_frsize < FULL_BYTES:
                raise OSError("the spool's disk is full")
            kept = Kept(self._next_receipt(), intake, call)
            _write_synced(self._file(kept.receipt), json.dumps(asdict(kept), ensure_ascii=False))
        except OSError as error:
            raise Unavailable(f"Обращение не удалось сохранить на диск: {error}") from error
        return kept

    def waiting(self) -> Iterator[Kept]:
        """What was kept and is not yet in the register, oldest first."""
        for file in sorted(self._folder.glob("[0-9]*.json")):
            if (kept := _read(file)) is not None:
                yield kept

    def find(self, receipt: str) -> Kept | None:
        """One that is not in the register yet, by its receipt."""
        return _read(self._file(receipt)) or _read(self._rejected(receipt))

    def done(self, kept: Kept) -> None:
        """It is in the register (committed): forget it here."""
        self._file(kept.receipt).unlink(missing_ok=True)

    def reject(self, kept: Kept) -> None:
        """The register refuses it: out of the others' way, but kept, for a person to look at."""
        self._file(kept.receipt).rename(self._rejected(kept.receipt))

    def _file(self, receipt: str) -> Path:
        return self._folder / f"{receipt}.json"

    def _rejected(self, receipt: str) -> Path:
        return self._folder / f"{receipt}.rejected"

    def _next_receipt(self) -> str:
        counter = os.open(self._folder / "counter", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(counter, fcntl.LOCK_EX)
            number = int(os.pread(counter, 20, 0) or b"0") + 1
            os.pwrite(counter, str(number).encode(), 0)
            os.fsync(counter)
        finally:
            os.close(counter)
        return receipt_digits(self._series, number)


def _read(file: Path) -> Kept | None:
    """What was kept there; None when it is not there (any more: another process may drain at the same time)."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        return Kept(told["receipt"], told["intake"], CallFacts(**told["call"]) if told["call"] else None)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:  # not written by us: out of the way, for a person to look at
        file.rename(file.with_suffix(".broken"))
        log.critical("spool file %s is broken: %s", file.name, error)
        return None


def _write_synced(file: Path, text: str) -> None:
    temporary = file.with_suffix(".new")
    with temporary.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    temporary.rename(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
