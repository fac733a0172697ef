"""Recordings that were really taken in, for tests of what is done with them later."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
from sqlalchemy import select

from gridline.clock import SystemClock
from gridline.db import Database
from recordings.incoming import Incoming
from recordings.intake import QUIET_ENDED_S, RecordingIntake
from recordings.models import Recording
from recordings.store import Store

DAY_S = 24 * 3600
NODE = "node7"


async def taken_in(db: Database, folder: Path, calls: list[str]) -> list[Recording]:
    """One second of talk of each of these calls, stored under `folder`/store a day ago, in this order."""
    incoming = Incoming(folder / "incoming", SystemClock(), least_free=1)
    intake = RecordingIntake(db, incoming, Store.in_folder(folder / "store"), node=NODE)
    rows = []
    for number, call in enumerate(calls, start=1):
        label = incoming.announce(call, "talk")
        incoming.ended(label.id)
        samples = incoming.samples(label)
        samples.write_bytes(np.full(16000, 1000 * number, "<i2").tobytes())
        past = time.time() - QUIET_ENDED_S - 1
        os.utime(samples, (past, past))
        assert await intake.sweep() == 1
        async with db.read() as session:
            rows.append((await session.scalars(select(Recording).where(Recording.id == label.id))).one())
    for row in rows:
        aged(folder / "store" / row.file)
    return rows


def aged(file: Path) -> Path:
    """The file, as if nobody had touched it for a day."""
    then = time.time() - DAY_S
    os.utime(file, (then, then))
    return file
