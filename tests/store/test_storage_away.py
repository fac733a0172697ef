"""The store of recordings full, read-only or gone, by real disks: nothing is lost or taken for gone, and it is told."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from gridline.clock import SetClock, SystemClock
from gridline.db import Database
from gridline.errors import Unavailable
from gridline.settings import Settings, load
from quality.measures.measuring import Measuring
from quality.measures.models import TalkMeasures
from recordings.compression import Compression
from recordings.erasure import erase
from recordings.incoming import Incoming, Label
from recordings.intake import QUIET_ENDED_S, RecordingIntake
from recordings.known_folder import StoreAway
from recordings.models import Recording, RecordingLink
from recordings.reconciliation import Reconciliation
from recordings.store import Store, folder_of, of_settings
from recordings.verification import verify
from service.doctor import store as doctor
from service.doctor.finding import Finding
from tests.disks import TROUBLES, full, gone, in_trouble, read_only, small_disk

CALL = "c" * 32
REFUSED = "No space left|Read-only|not the folder|System error"


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Settings]:
    """An installation whose store is a small disk, marked by its first start."""
    config = load(var=tmp_path, least_free_mb=1)
    with small_disk(folder_of(config).path):
        folder_of(config).settle()
        yield config


@pytest.fixture
def store(config: Settings) -> Store:
    return of_settings(config)


@pytest.fixture
def incoming(config: Settings) -> Incoming:
    return Incoming(config.var / "recordings/incoming", SystemClock(), least_free=1)


@pytest.fixture
def intake(sqlite_db: Database, incoming: Incoming, store: Store) -> RecordingIntake:
    return RecordingIntake(sqlite_db, incoming, store)


def talk(incoming: Incoming, seconds: int = 2) -> Label:
    """A talk that is over and whole, of noise, which no codec makes small."""
    label = incoming.announce(CALL, "talk")
    incoming.ended(label.id)
    noise = np.random.default_rng(7).integers(-20000, 20000, (8000 * seconds, 2), dtype=np.int64).astype("<i2")
    samples = incoming.samples(label)
    samples.write_bytes(noise.tobytes())
    past = time.time() - QUIET_ENDED_S - 1
    os.utime(samples, (past, past))
    return label


async def rows(db: Database) -> list[Recording]:
    async with db.read() as session:
        return list(await session.scalars(select(Recording)))


async def links(db: Database) -> int:
    async with db.read() as session:
        return len(list(await session.scalars(select(RecordingLink))))


def left_over(config: Settings) -> list[str]:
    """Pieces that nobody will finish."""
    return [file.name for file in (config.var / "recordings").rglob("*.new")]


async def told(config: Settings) -> Finding:
    """What the doctor says first of the recordings."""
    return (await doctor.recordings(config))[0]


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_what_cannot_be_taken_in_waits_and_is_taken_in_once(
    trouble: str, config: Settings, sqlite_db: Database, intake: RecordingIntake, incoming: Incoming, store: Store
) -> None:
    label = talk(incoming)
    folder = folder_of(config).path
    with in_trouble(folder, trouble):
        for _ in range(2):
            with pytest.raises(OSError, match=REFUSED):
                await intake.sweep()
        assert intake.stuck
        assert await rows(sqlite_db) == []
        assert incoming.samples(label).exists()
        assert left_over(config) == []
        assert trouble != "gone" or list(folder.iterdir()) == [], "nothing goes under where the disk will be"
        found = await told(config)
        assert (found.level, bool(found.cure)) == ("wrong", True)
    assert [await intake.sweep(), await intake.sweep()] == [1, 0]
    assert not intake.stuck
    assert [row.id for row in await rows(sqlite_db)] == [label.id]
    assert await links(sqlite_db) == 1
    assert list(incoming.folder.iterdir()) == []
    assert (await verify(sqlite_db, store)).found == ()
    assert (await told(config)).level == "fine"


async def test_each_trouble_has_words_of_its_own_and_what_waits_for_long_is_counted(
    config: Settings, incoming: Incoming
) -> None:
    folder = folder_of(config).path
    said = []
    for trouble in (full, read_only, gone):
        with trouble(folder):
            said.append(await told(config))
    assert ["свободно 0 МБ" in said[0].what, "нельзя писать" in said[1].what, "не подключён" in said[2].what] == [
        True
    ] * 3
    assert "remount,rw" in said[1].cure
    assert str(folder_of(config).known) in said[2].cure
    samples = incoming.samples(talk(incoming))
    past = time.time() - doctor.STUCK_S - 65
    os.utime(samples, (past, past))
    (incoming.folder / "without-_1.1.raw").touch()
    os.utime(incoming.folder / "without-_1.1.raw", (past, past))
    _, waiting = await doctor.recordings(config)
    assert (waiting.level, waiting.what) == ("wrong", "Не уложено в хранилище: 1; старшее ждёт 11 мин.")


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_compression_waits_and_takes_nothing_for_spoilt(
    trouble: str, config: Settings, sqlite_db: Database, intake: RecordingIntake, incoming: Incoming, store: Store
) -> None:
    talk(incoming, 2 if trouble != "full" else 10)
    await intake.sweep()
    later = SetClock(datetime.now(UTC) + timedelta(days=31))
    shop = config.var / "recordings/compressing"
    due = Compression(sqlite_db, later, store, shop, node="node1", after=timedelta(days=30))
    with in_trouble(folder_of(config).path, trouble):
        for _ in range(2):
            with pytest.raises(OSError, match=REFUSED):
                await due.run_once()
        [row] = await rows(sqlite_db)
        assert row.file.endswith(".wav")
        assert left_over(config) == []
    assert await due.run_once() == 1
    assert (await verify(sqlite_db, store)).found == ()
    assert not list(shop.iterdir())


async def test_a_full_workshop_is_a_bad_disk_and_no_crash(
    config: Settings, sqlite_db: Database, intake: RecordingIntake, incoming: Incoming, store: Store
) -> None:
    talk(incoming, 30)
    await intake.sweep()
    later = SetClock(datetime.now(UTC) + timedelta(days=31))
    shop = config.var / "recordings/compressing"
    due = Compression(sqlite_db, later, store, shop, node="node1", after=timedelta(days=30))
    with small_disk(shop):
        for trouble in (full, read_only):
            with trouble(shop), pytest.raises(OSError, match=REFUSED):
                await due.run_once()
        assert await due.run_once() == 1
    assert (await verify(sqlite_db, store)).found == ()


async def test_a_store_that_is_gone_is_not_compared_measured_or_erased(
    config: Settings, sqlite_db: Database, intake: RecordingIntake, incoming: Incoming, store: Store
) -> None:
    talk(incoming)
    await intake.sweep()
    [row] = await rows(sqlite_db)
    clock = SetClock(datetime.now(UTC))
    nightly = Reconciliation(sqlite_db, clock, store)
    clock.advance(timedelta(days=1))
    measuring = Measuring(sqlite_db, clock, store, is_quiet=lambda: True, days=7)
    with gone(folder_of(config).path):
        with pytest.raises(StoreAway):
            await nightly.run_once()
        with pytest.raises(StoreAway):
            await measuring.run_once()
        with pytest.raises(Unavailable):
            await erase(sqlite_db, store, [row.id], node="node1", at=clock.now())
        assert of_settings(config).folder == store.folder, "a start meanwhile serves"
        folder_of(config).settle()
        with pytest.raises(StoreAway):
            await store.size(row.file)
    looked = await nightly.run_once()
    assert looked is not None
    assert looked.found == ()
    assert await measuring.run_once() == 1
    async with sqlite_db.read() as session:
        assert (await session.scalars(select(TalkMeasures.problem))).all() == [""]


@pytest.mark.parametrize("trouble", ["full", "read-only"])
async def test_a_night_compares_what_can_still_be_read(
    trouble: str, config: Settings, sqlite_db: Database, intake: RecordingIntake, incoming: Incoming, store: Store
) -> None:
    talk(incoming)
    await intake.sweep()
    clock = SetClock(datetime.now(UTC))
    nightly = Reconciliation(sqlite_db, clock, store)
    clock.advance(timedelta(days=1))
    with in_trouble(folder_of(config).path, trouble):
        looked = await nightly.run_once()
    assert looked is not None
    assert looked.found == ()


async def test_a_full_disk_under_the_labels_keeps_no_pieces_and_takes_in_what_the_dialplan_wrote(
    config: Settings, sqlite_db: Database, store: Store
) -> None:
    folder = config.var / "recordings/incoming"
    with small_disk(folder):
        incoming = Incoming(folder, SystemClock(), least_free=1)
        intake = RecordingIntake(sqlite_db, incoming, store)
        alone = folder / f"without-{CALL}_1.7~1.raw"
        alone.write_bytes(np.full(32000, 1000, "<i2").tobytes())
        past = time.time() - QUIET_ENDED_S - 1
        os.utime(alone, (past, past))
        with full(folder):
            with pytest.raises(OSError, match=REFUSED):
                await intake.sweep()
            with pytest.raises(OSError, match=REFUSED):
                incoming.announce(CALL, "talk")
            assert left_over(config) == []
        assert await intake.sweep() == 1
        assert [(row.call_id, row.seconds) for row in await rows(sqlite_db)] == [(CALL, 2.0)]
        assert list(folder.iterdir()) == []


def test_a_folder_is_marked_once_and_a_new_one_only_when_told(tmp_path: Path) -> None:
    config = load(var=tmp_path)
    known = folder_of(config)
    known.must_be_there()
    known.settle()
    mark = known.known.read_text()
    known.settle()
    assert known.known.read_text() == mark
    known.path.rename(tmp_path / "elsewhere")
    known.settle()
    assert not known.path.exists(), "a folder that went is not begun anew"
    known.path.write_text("a file")
    with pytest.raises(StoreAway):
        known.must_be_there()
    known.path.unlink()
    (tmp_path / "elsewhere").rename(known.path)
    known.must_be_there()
    known.known.unlink()
    known.settle()
    assert known.known.read_text() == mark
