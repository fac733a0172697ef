"""Where Asterisk writes: a label per recording beside the raw samples, so that no file is ever without its call.

Labels lie on disk, not in the database: a recording may begin while the database is away, and must be found again
after any crash. Files are named by id alone. A label is synced before its samples begin; what lies there all the same
and is no label of ours is `BadLabel`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args

from gridline.clock import Clock
from gridline.synced import write_synced

Kind = Literal["talk", "complaint", "message", "consent"]
TALKS_LEAVE: Final = 2
"""No talk is recorded with less free than so many times what any recording needs."""
_ID = re.compile(r"[0-9a-f]{32}")


class BadLabel(ValueError):
    """What lies there is no label of ours: torn, foreign, a folder."""


@dataclass(frozen=True)
class Label:
    """What is known of a recording before it is taken in."""

    id: str
    call_id: str
    kind: Kind
    started_at: str
    """ISO, UTC."""
    ended: bool = False
    """The call is over: what lies there is whole."""
    company_id: str = ""
    """Empty where it is not known."""
    caller: str | None = None
    """E.164; None when withheld."""

    @classmethod
    def read(cls, file: Path) -> Label:
        """The label in a file. Raises FileNotFoundError, BadLabel when it is not one of ours whole."""
        try:
            told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            label = cls(**told)
            whole = (
                label.id == file.stem
                and _ID.fullmatch(label.id)
                and _ID.fullmatch(label.call_id)
                and label.kind in get_args(Kind)
                and datetime.fromisoformat(label.started_at).tzinfo
                and isinstance(label.ended, bool)
                and isinstance(label.company_id, str)
                and isinstance(label.caller, str | None)
            )
        except FileNotFoundError:
            raise
        except (OSError, ValueError, TypeError) as error:
            raise BadLabel(f"{file.name}: {error}") from error
        if not whole:
            raise BadLabel(f"{file.name}: foreign")
        return label


class Incoming:
    """The folder of one node; `least_free` bytes must be free for a recording to begin."""

    def __init__(self, folder: Path, clock: Clock, *, least_free: int) -> None:
        self.folder = folder.absolute()
        self.clock = clock
        self._least_free = least_free
        self.folder.mkdir(parents=True, exist_ok=True)
        self.heard = self.folder / "heard"
        """Where what a caller says to a menu lies while it is listened to: no recording, nothing there is kept."""

    def begin_hearing(self) -> None:
        """Make that folder, and remove what a process that died was listening to. Raises OSError on a bad disk."""
        self.heard.mkdir(exist_ok=True)
        for file in self.heard.iterdir():
            file.unlink(missing_ok=True)

    def has_room(self, kind: Kind = "complaint") -> bool:
        """Whether a recording may begin; False means: go on without, and say so (fault F23).

        Talks, which take most and are kept shortest of what people say, leave the last of the room to the others.
        """
        needed = self._least_free * (TALKS_LEAVE if kind == "talk" else 1)
        try:
            state = os.statvfs(self.folder)
        except OSError:
            return False
        return state.f_bavail * state.f_frsize >= needed and os.access(self.folder, os.W_OK)

    def announce(self, call_id: str, kind: Kind, *, company_id: str = "", caller: str | None = None) -> Label:
        """Write a label before Asterisk begins to write; on return it is on disk. Raises OSError on a bad disk."""
        now = self.clock.now().isoformat()
        label = Label(uuid.uuid4().hex, call_id, kind, now, company_id=company_id, caller=caller)
        self._write(label)
        return label

    def ended(self, id: str) -> None:
        """The call of this recording is over. Raises OSError on a bad disk, BadLabel."""
        label = self.label(id)
        if label is not None:
            self._write(replace(label, ended=True))

    def forget_caller(self, call_id: str) -> None:
        """Take the caller's number off the labels of this call. Raises OSError on a bad disk."""
        for label in self.labels():
            if label.call_id == call_id and label.caller is not None:
                self._write(replace(label, caller=None))

    def label_files(self) -> list[Path]:
        """What is announced and not yet taken in, each to be read by `Label.read`."""
        return sorted(self.folder.glob("*.json"))

    def labels(self) -> Iterator[Label]:
        """Everything announced and not yet taken in that can be read."""
        for file in self.label_files():
            with suppress(FileNotFoundError, BadLabel):
                yield Label.read(file)

    def label(self, id: str) -> Label | None:
        """One label by its id; None when there is none (any more). Raises BadLabel."""
        try:
            return Label.read(self._label_file(id))
        except FileNotFoundError:
            return None

    def samples(self, label: Label) -> Path:
        """Where the samples of a label lie: two channels as `.raw`, a message as `.sln`."""
        return self.folder / f"{label.id}.{'sln' if label.kind == 'message' else 'raw'}"

    def adopt(self, file: Path, call_id: str) -> Label:
        """Label a file at rest that the dialplan recorded by itself: after a transfer, or without a controller."""
        began = file.stat().st_mtime - talked_seconds(file)
        started = datetime.fromtimestamp(began, self.clock.now().tzinfo)
        label = Label(uuid.uuid4().hex, call_id, "talk", started.isoformat(), ended=True)
        self._write(label)
        file.rename(self.samples(label))
        return label

    def forget(self, label: Label) -> None:
        """It is stored, or there was nothing: remove samples and label, in this order."""
        self.samples(label).unlink(missing_ok=True)
        self._label_file(label.id).unlink(missing_ok=True)

    def _label_file(self, id: str) -> Path:
        return self.folder / f"{id}.json"

    def _write(self, label: Label) -> None:
        write_synced(self._label_file(label.id), json.dumps(asdict(label)))


def talked_seconds(file: Path) -> float:
    """Length of raw 8 kHz 16-bit samples of two channels. Raises FileNotFoundError."""
    return file.stat().st_size / 32000


def raw_seconds(file: Path) -> float:
    """Length of raw 8 kHz 16-bit mono samples; 0 when the file is not there."""
    return file.stat().st_size / 16000 if file.exists() else 0.0


def unmet_call(channel: str) -> str:
    """The id of a call that no controller met, made from its channel's unique id: 32 hex like every call's."""
    return hashlib.sha256(channel.encode()).hexdigest()[:32]
