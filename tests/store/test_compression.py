"""Recordings of some age become FLAC, proved sample by sample; both sums are kept, and nothing is lost on the way."""

from __future__ import annotations

import wave
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import soundfile
from structlog.testing import capture_logs

from gridline.clock import SetClock
from gridline.db import Database
from recordings import chain
from recordings.audio import checksum, curve, same_samples, to_flac
from recordings.compression import Compression
from recordings.erasure import erase
from recordings.models import ChainDeed, Recording, RecordingState
from recordings.sealed import SealedStore
from recordings.store import Store
from recordings.verification import verify
from tests.store.taken import NODE, taken_in

CALLS = ["a" * 32, "b" * 32]


def compression(db: Database, store: Store, tmp_path: Path, *, in_days: int) -> Compression:
    """What is run so many days from now."""
    clock = SetClock(datetime.now(UTC) + timedelta(days=in_days))
    return Compression(db, clock, store, tmp_path / "compressing", node=NODE, after=timedelta(days=30))


async def row_of(db: Database, id: str) -> Recording:
    async with db.read() as session:
        return await session.get_one(Recording, id)


async def test_what_is_old_enough_is_compressed_and_agrees(db: Database, tmp_path: Path) -> None:
    store = Store.in_folder(tmp_path / "store")
    rows = await taken_in(db, tmp_path, CALLS)
    whole, _ = soundfile.read(tmp_path / "store" / rows[0].file, dtype="int16")
    assert await compression(db, store, tmp_path, in_days=29).run_once() == 0
    assert await compression(db, store, tmp_path, in_days=31).run_once() == 2
    assert await compression(db, store, tmp_path, in_days=31).run_once() == 0
    row = await row_of(db, rows[0].id)
    file = tmp_path / "store" / row.file
    assert (row.file, row.wav_sha256) == (rows[0].file.replace(".wav", ".flac"), rows[0].sha256)
    assert (row.sha256, row.bytes) == (checksum(file), file.stat().st_size)
    assert np.array_equal(soundfile.read(file, dtype="int16")[0], whole)
    assert not (tmp_path / "store" / rows[0].file).exists()
    assert not list((tmp_path / "compressing").iterdir())
    assert (await verify(db, store)).found == ()
    async with db.read() as session:
        deeds = [(link.recording_id, link.deed) async for link in chain.links(session, NODE)]
    assert deeds[2:] == [(one.id, ChainDeed.COMPRESSED) for one in rows]


async def test_what_is_not_what_was_stored_is_left_and_told_once(sqlite_db: Database, tmp_path: Path) -> None:
    [row] = await taken_in(sqlite_db, tmp_path, CALLS[:1])
    file = tmp_path / "store" / row.file
    file.write_bytes(file.read_bytes()[:-1] + b"\x01")
    due = compression(sqlite_db, Store.in_folder(tmp_path / "store"), tmp_path, in_days=31)
    with capture_logs() as told:
        assert await due.run_once() == 0
        assert await due.run_once() == 0
    assert [one["recording"] for one in told if one["event"] == "recording-not-compressed"] == [row.id]
    assert (await row_of(sqlite_db, row.id)).file == row.file
    assert file.exists()


async def test_what_is_sealed_is_compressed_and_sealed(sqlite_db: Database, tmp_path: Path) -> None:
    store = SealedStore(Store.in_folder(tmp_path / "store"), "a secret")
    [row] = await taken_in(sqlite_db, tmp_path, CALLS[:1])  # before sealing was switched on
    assert await compression(sqlite_db, store, tmp_path, in_days=31).run_once() == 1
    row = await row_of(sqlite_db, row.id)
    assert [file.name for file in (tmp_path / "store").rglob("*.*")] == [f"{row.id}.flac.sealed"]
    assert (await verify(sqlite_db, store)).found == ()
    async with store.as_file(row.file) as file:
        assert len(curve(file, 10).levels) == 2


class ErasedMeanwhile(Store):
    """A store that an act of destruction reaches just after something was put into it."""

    db: Database
    id: str

    async def put(self, file: Path, name: str) -> None:
        await super().put(file, name)
        await erase(self.db, self, [self.id], node=NODE, at=datetime.now(UTC))


async def test_nothing_is_left_of_what_was_erased_while_it_was_compressed(db: Database, tmp_path: Path) -> None:
    [row] = await taken_in(db, tmp_path, CALLS[:1])
    store = ErasedMeanwhile.in_folder(tmp_path / "store")
    store.db, store.id = db, row.id
    await compression(db, store, tmp_path, in_days=31).run_once()
    assert list((tmp_path / "store").rglob("*.*")) == []
    assert (await row_of(db, row.id)).state is RecordingState.ERASED
    assert (await verify(db, store)).found == ()


@pytest.fixture
def loud(tmp_path: Path) -> Path:
    """Two channels of noise, as loud as it goes."""
    file = tmp_path / "loud.wav"
    noise = np.random.default_rng(7).integers(-32768, 32768, (20000, 2), dtype=np.int64).astype("<i2")
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(noise.tobytes())
    return file


def test_flac_holds_the_same_samples_and_is_drawn_the_same(loud: Path, tmp_path: Path) -> None:
    flac, other = tmp_path / "loud.flac", tmp_path / "other.wav"
    to_flac(loud, flac)
    assert same_samples(loud, flac)
    assert curve(loud, 40) == curve(flac, 40)
    other.write_bytes(loud.read_bytes()[:-2] + b"\x00\x00")
    assert not same_samples(other, flac)
