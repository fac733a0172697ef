"""Where Asterisk writes: a label per recording beside the raw samples, so that no file is ever without its call.

Labels lie on disk, not in the database: a recording may begin while the database is away, and must be found again
after any crash. Files are named by id alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from gridline.clock import Clock

Kind = Literal["talk", "complaint", "message"]


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


class Incoming:
    """The folder of one node; `least_free` bytes must be free for a recording to begin."""

    def __init__(self, folder: Path, clock: Clock, *, least_free: int) -> None:
        self.folder = folder.absolute()
        self._clock = clock
        self._least_free = least_free
        self.folder.mkdir(parents=True, exist_ok=True)

    def has_room(self) -> bool:
        """Whether a recording may begin; False means: go on without, and say so (fault F23)."""
        try:
            state = os.statvfs(self.folder)
        except OSError:
            return False
        return state.f_bavail * state.f_frsize >= self._least_free and os.access(self.folder, os.W_OK)

    def announce(self, call_id: str, kind: Kind) -> Label:
        """Write a label before Asterisk begins to write. Raises OSError on a bad disk."""
        label = Label(uuid.uuid4().hex, call_id, kind, self._clock.now().isoformat())
        self._write(label)
        return label

    def ended(self, id: str) -> None:
        """The call of this recording is over."""
        label = self.label(id)
        if label is not None:
            self._write(Label(label.id, label.call_id, label.kind, label.started_at, ended=True))

    def labels(self) -> Iterator[Label]:
        """Everything announced and not yet taken in."""
        for file in sorted(self.folder.glob("*.json")):
            label = self.label(file.stem)
            if label is not None:
                yield label

    def label(self, id: str) -> Label | None:
        """One label by its id."""
        try:
            return Label(**json.loads(self._label_file(id).read_text()))
        except FileNotFoundError:
            return None

    def samples(self, label: Label) -> Path:
        """Where the samples of a label lie: two channels as `.raw`, a message as `.sln`."""
        return self.folder / f"{label.id}.{'sln' if label.kind == 'message' else 'raw'}"

    def adopt(self, file: Path, call_id: str) -> Label:
        """Label a file that the dialplan recorded by itself while no controller answered."""
        started = datetime.fromtimestamp(file.stat().st_mtime, self._clock.now().tzinfo)
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
        temporary = self._label_file(label.id).with_suffix(".new")
        temporary.write_text(json.dumps(asdict(label)))
        temporary.replace(self._label_file(label.id))


def raw_seconds(file: Path) -> float:
    """Length of raw 8 kHz 16-bit mono samples; 0 when the file is not there."""
    return file.stat().st_size / 16000 if file.exists() else 0.0


def unmet_call(channel: str) -> str:
    """The id of a call that no controller met, made from its channel's unique id: 32 hex like every call's."""
    return hashlib.sha256(channel.encode()).hexdigest()[:32]
