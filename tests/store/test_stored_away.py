"""What is stored while its store is full, read-only or gone: nothing is taken for spoilt, missing or destroyed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from gridline.clock import SetClock
from gridline.errors import Unavailable
from quality.measures.measuring import Measuring
from quality.measures.models import TalkMeasures
from recordings.compression import Compression
from recordings.erasure import erase
from recordings.known_folder import StoreAway
from recordings.reconciliation import Reconciliation
from recordings.store import of_settings
from tests.disks import TROUBLES, full, gone, in_trouble, read_only, small_disk
from tests.store.away import REFUSED, Away


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_compression_waits_and_takes_nothing_for_spoilt(trouble: str, away: Away) -> None:
    away.talk(2 if trouble != "full" else 10)
    await away.intake.sweep()
    later = SetClock(datetime.now(UTC) + timedelta(days=31))
    shop = away.config.var / "recordings/compressing"
    due = Compression(away.db, later, away.store, shop, node="node1", after=timedelta(days=30))
    with in_trouble(away.folder, trouble):
        for _ in range(2):
            with pytest.raises(OSError, match=REFUSED):
                await due.run_once()
        [row] = await away.rows()
        assert row.file.endswith(".wav")
        assert away.left_over() == []
    assert await due.run_once() == 1
    assert await away.agrees()
    assert not list(shop.iterdir())


async def test_a_full_workshop_is_a_bad_disk_and_no_crash(away: Away) -> None:
    away.talk(30)
    await away.intake.sweep()
    later = SetClock(datetime.now(UTC) + timedelta(days=31))
    shop = away.config.var / "recordings/compressing"
    due = Compression(away.db, later, away.store, shop, node="node1", after=timedelta(days=30))
    with small_disk(shop):
        for trouble in (full, read_only):
            with trouble(shop), pytest.raises(OSError, match=REFUSED):
                await due.run_once()
        assert await due.run_once() == 1
    assert await away.agrees()


async def test_a_store_that_is_gone_is_not_compared_measured_or_erased(away: Away) -> None:
    away.talk()
    await away.intake.sweep()
    [row] = await away.rows()
    clock = SetClock(datetime.now(UTC))
    nightly = Reconciliation(away.db, clock, away.store)
    clock.advance(timedelta(days=1))
    measuring = Measuring(away.db, clock, away.store, is_quiet=lambda: True, days=7)
    with gone(away.folder):
        with pytest.raises(StoreAway):
            await nightly.run_once()
        with pytest.raises(StoreAway):
            await measuring.run_once()
        with pytest.raises(Unavailable):
            await erase(away.db, away.store, [row.id], node="node1", at=clock.now())
        assert of_settings(away.config).folder == away.store.folder, "a start meanwhile serves"
        away.known.settle()
        with pytest.raises(StoreAway):
            await away.store.size(row.file)
    looked = await nightly.run_once()
    assert looked is not None
    assert looked.found == ()
    assert await measuring.run_once() == 1
    async with away.db.read() as session:
        assert (await session.scalars(select(TalkMeasures.problem))).all() == [""]


@pytest.mark.parametrize("trouble", ["full", "read-only"])
async def test_a_night_compares_what_can_still_be_read(trouble: str, away: Away) -> None:
    away.talk()
    await away.intake.sweep()
    clock = SetClock(datetime.now(UTC))
    nightly = Reconciliation(away.db, clock, away.store)
    clock.advance(timedelta(days=1))
    with in_trouble(away.folder, trouble):
        looked = await nightly.run_once()
    assert looked is not None
    assert looked.found == ()
