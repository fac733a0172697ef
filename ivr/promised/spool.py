"""What a caller was promised while the database was away: kept on disk with a receipt, drained exactly once.

A receipt is a number of the node's own series (ten digits), spoken to the caller instead of a register number, so
the register's numbers stay gapless. The file is on disk, synced, before the receipt is spoken.
"""

from __future__ import annotations

import fcntl
import json
import logging  # not structlog: without it the emergency script starts in a fifth of the time
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from appeals.numbering import receipt as receipt_digits
from gridline.errors import Unavailable
from gridline.synced import put_aside, write_synced

log = logging.getLogger(__name__)

FULL_BYTES = 64 * 1024 * 1024
"""Free space below which nothing is promised: better a person than a number that does not exist."""


REQUIRED = frozenset({"company_id", "topic", "phone"})
"""Fields that every appeal here has, though their value may be null."""
OF_A_CALL = frozenset({"call_id", "recording_id"})
"""And one that comes with the facts of its call."""
OF_AN_ITEM = frozenset({"kind", "company_id", "key"})


class BadEntry(ValueError):
    """What lies in the spool is no entry of ours: torn, foreign, unreadable, a folder."""


@dataclass(frozen=True)
class CallFacts:
    """The facts of a call that no controller can write to its journal; moments are ISO, UTC."""

    node: str
    channel: str
    dialled: str
    caller_raw: str
    started_at: str
    ended_at: str

    @classmethod
    def of(cls, told: dict[str, str]) -> CallFacts:
        """From JSON. Raises TypeError, ValueError when it is not that."""
        facts = cls(**told)
        for moment in (facts.started_at, facts.ended_at):
            datetime.fromisoformat(moment)
        if not all(isinstance(value, str) for value in told.values()):
            raise TypeError("facts of a call are text")
        return facts


@dataclass(frozen=True)
class SpooledAppeal:
    """One appeal as it waits in the spool."""

    receipt: str
    intake: dict[str, object]
    """The fields of `appeals.intake.intake.Intake` as JSON values."""
    call: CallFacts | None = None
    """For a call that ended in the dialplan, without a controller."""
    item: dict[str, str | None] | None = None
    """What goes onto the worklist with it: the fields of `worklist.worklist.Matter` as JSON values."""

    @classmethod
    def read(cls, file: Path) -> SpooledAppeal:
        """The entry in a file. Raises FileNotFoundError, BadEntry when it is not one of ours whole."""
        try:
            stored = json.loads(file.read_text(encoding="utf-8"))
            kept = cls(
                stored["receipt"],
                dict(stored["intake"]),
                CallFacts.of(stored["call"]) if stored["call"] else None,
                dict(stored["item"]) if stored.get("item") else None,
            )
        except FileNotFoundError:
            raise
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise BadEntry(f"{type(error).__name__}: {error}") from error
        if kept.receipt != file.stem:
            raise BadEntry(f"it holds {kept.receipt!r}")
        if missing := (REQUIRED | OF_A_CALL if kept.call else REQUIRED) - kept.intake.keys():
            raise BadEntry(f"fields are missing: {', '.join(sorted(missing))}")
        if kept.item is not None and (missing := OF_AN_ITEM - kept.item.keys()):
            raise BadEntry(f"fields of its item are missing: {', '.join(sorted(missing))}")
        return kept


class Spool:
    """The spool of one node under `folder`; `series` (1-99) is the node's own two digits.

    Several processes use it at once (the controller and the dialplan's emergency script): a lock guards the counter.
    """

    def __init__(self, folder: Path, series: int) -> None:
        self._folder = folder
        self.series = series
        folder.mkdir(parents=True, exist_ok=True)

    def keep(
        self, intake: dict[str, object], call: CallFacts | None = None, item: dict[str, str | None] | None = None
    ) -> SpooledAppeal:
        """Store an appeal, with the item that goes with it, and return it with its receipt; it survives a power cut.

        Raises Unavailable when the disk is full or broken: then nothing was promised, and a person takes the call.
        """
        try:
            state = os.statvfs(self._folder)
            if state.f_bavail * state.f_frsize < FULL_BYTES:
                raise OSError("the spool's disk is full")
            kept = SpooledAppeal(self._next_receipt(), intake, call, item)
            write_synced(self._file(kept.receipt), json.dumps(asdict(kept), ensure_ascii=False))
        except OSError as error:
            raise Unavailable(f"Обращение не удалось сохранить на диск: {error}") from error
        return kept

    def waiting(self) -> Iterator[SpooledAppeal]:
        """What is not yet in the register, oldest first."""
        for file in sorted(self._folder.glob("[0-9]*.json")):
            if (kept := _read(file)) is not None:
                yield kept

    def find(self, receipt: str) -> SpooledAppeal | None:
        """What is not yet in the register, by its receipt."""
        return _read(self._file(receipt)) or _read(self._rejected(receipt))

    def done(self, kept: SpooledAppeal) -> None:
        """Forget one that is committed in the register."""
        self._file(kept.receipt).unlink(missing_ok=True)

    def reject(self, kept: SpooledAppeal) -> None:
        """Set aside one that the register refuses, for a person to look at."""
        self._file(kept.receipt).rename(self._rejected(kept.receipt))

    def _file(self, receipt: str) -> Path:
        return self._folder / f"{receipt}.json"

    def _rejected(self, receipt: str) -> Path:
        return self._folder / f"{receipt}.rejected"

    @property
    def counter_lost(self) -> bool:
        """Whether there is a counter that nobody can read."""
        try:
            return int((self._folder / "counter").read_text("ascii")) < 0
        except FileNotFoundError:
            return False
        except (OSError, ValueError):
            return True

    def count_from(self, receipt: str | None) -> None:
        """See to it that the next receipt is a later one than `receipt`, the last of this series in the register.

        A counter that was lost is put aside and made anew; what waits here or was put aside here counts too.
        Raises OSError.
        """
        if self.counter_lost:
            log.critical("counter of receipts put aside as %s", put_aside(self._folder / "counter").name)
        with self._counter() as counter:
            there = os.pread(counter, 20, 0)
            known = [int(there or b"0"), _serial(receipt or "", self.series)]
            known += [_serial(file.name.partition(".")[0], self.series) for file in self._folder.iterdir()]
            if not there or max(known) > known[0]:
                _set(counter, max(known))

    def _next_receipt(self) -> str:
        if self.counter_lost:
            raise OSError("the counter of receipts cannot be read; the register restores it")
        with self._counter() as counter:
            number = int(os.pread(counter, 20, 0) or b"0") + 1
            given = receipt_digits(self.series, number)
            _set(counter, number)
        return given

    @contextmanager
    def _counter(self) -> Iterator[int]:
        """The counter's file, held against every other process. Raises OSError."""
        handle = os.open(self._folder / "counter", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield handle
        finally:
            os.close(handle)


def _set(counter: int, number: int) -> None:
    os.pwrite(counter, str(number).encode(), 0)
    os.fsync(counter)


def _serial(receipt: str, series: int) -> int:
    """A receipt's number within its series; 0 when it is none of this series."""
    return int(receipt[2:-1]) if re.fullmatch(rf"{series:02d}[0-9]{{8}}", receipt) else 0


def _read(file: Path) -> SpooledAppeal | None:
    """What was kept there; None when it is not there (any more: another process may drain at the same time).

    What nobody can read is put aside, for a person to look at: it must not hold up the promises behind it.
    """
    try:
        return SpooledAppeal.read(file)
    except FileNotFoundError:
        return None
    except BadEntry as error:
        try:
            aside = put_aside(file)
        except FileNotFoundError:
            return None
        log.critical("spool entry put aside as %s: %s", aside.name, error)
        return None
