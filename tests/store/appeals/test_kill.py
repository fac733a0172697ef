"""kill -9 in a loop of registrations: no gap, no duplicate, no confirmed appeal lost, no key registered twice."""

from __future__ import annotations

import random
import signal
import subprocess
import sys

from sqlalchemy import select

from appeals.models import Appeal
from appeals.register import Register
from gridline.db import Database
from tests.store.appeals.made import intake
from tests.store.appeals.test_numbering_at_once import assert_gapless

ROUNDS = 6


def confirmed_before_death(url: str, prefix: str, after: int) -> dict[str, str]:
    """Number by key of everything a process confirmed before it was killed, some time after `after` of them."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.store.appeals.registering", url, prefix],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    with process.stdout:
        for line in process.stdout:
            lines.append(line)
            if len(lines) == after:
                process.send_signal(signal.SIGKILL)
    assert process.wait(timeout=10) == -signal.SIGKILL
    whole = (line.split() for line in lines if line.endswith("\n"))
    return dict(whole)


async def test_a_killed_process_loses_and_doubles_nothing(db: Database, db_url: str, register: Register) -> None:
    chance = random.Random(20261203)
    confirmed: dict[str, str] = {}
    for turn in range(ROUNDS):
        confirmed |= confirmed_before_death(db_url, f"r{turn}", chance.randint(1, 40))
    assert len(confirmed) >= ROUNDS
    await assert_gapless(db, list(confirmed.values()))
    async with db.read() as session:
        rows = (await session.execute(select(Appeal.idempotency_key, Appeal.number))).all()
    stored: dict[str, str] = dict(rows)
    assert confirmed.items() <= stored.items()
    # A number that was stored but never printed is found by its key when the spool retries.
    for key in sorted(stored.keys() - confirmed.keys()):
        again = await register.register(intake(idempotency_key=key))
        assert (again.existed, again.number) == (True, stored[key])
    await assert_gapless(db, list(stored.values()))
