"""An installation whose store of recordings is a small disk of its own, for what happens when that is full or away."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from sqlalchemy import select

from gridline.clock import SystemClock
from gridline.db import Database
from gridline.settings import Settings, load
from recordings.incoming import Incoming, Label
from recordings.intake import QUIET_ENDED_S, RecordingIntake
from recordings.known_folder import KnownFolder
from recordings.models import Recording, RecordingLink
from recordings.store import Store, folder_of, of_settings
from recordings.verification import verify
from service.doctor import store as doctor
from service.doctor.finding import Finding

CALL: Final = "c" * 32
REFUSED: Final = "No space left|Read-only|not the folder|System error"
"""How a disk says it."""


@dataclass
class Away:
    """Its parts, as the controller has them after its first start."""

    db: Database
    config: Settings
    store: Store
    incoming: Incoming
    intake: RecordingIntake

    @classmethod
    def under(cls, db: Database, var: Path) -> Away:
        """Marked by its first start; the disk of its store is mounted already."""
        config = load(var=var, least_free_mb=1)
        folder_of(config).settle()
        store = of_settings(config)
        incoming = Incoming(var / "recordings/incoming", SystemClock(), least_free=1)
        return cls(db, config, store, incoming, RecordingIntake(db, incoming, store))

    @property
    def known(self) -> KnownFolder:
        return folder_of(self.config)

    @property
    def folder(self) -> Path:
        return self.known.path

    def talk(self, seconds: int = 2) -> Label:
        """A talk that is over and whole, of noise, which no codec makes small."""
        label = self.incoming.announce(CALL, "talk")
        self.incoming.ended(label.id)
        laid(self.incoming.samples(label), seconds, quiet_s=QUIET_ENDED_S)
        return label

    async def rows(self) -> list[Recording]:
        async with self.db.read() as session:
            return list(await session.scalars(select(Recording)))

    async def links(self) -> int:
        async with self.db.read() as session:
            return len(list(await session.scalars(select(RecordingLink))))

    def left_over(self) -> list[str]:
        """Pieces that nobody will finish."""
        return [file.name for file in (self.config.var / "recordings").rglob("*.new")]

    async def told(self) -> Finding:
        """What the doctor says first of the recordings."""
        return (await doctor.recordings(self.config))[0]

    async def agrees(self) -> bool:
        """Whether files, rows and the chain are one."""
        return (await verify(self.db, self.store)).found == ()


def laid(samples: Path, seconds: int = 2, *, quiet_s: float) -> Path:
    """Two channels that nobody has written to for a little longer than that."""
    noise = np.random.default_rng(7).integers(-20000, 20000, (8000 * seconds, 2), dtype=np.int64).astype("<i2")
    samples.write_bytes(noise.tobytes())
    past = time.time() - quiet_s - 1
    os.utime(samples, (past, past))
    return samples
