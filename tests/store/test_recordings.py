"""The intake of recordings on both databases: whole, broken off, empty, adopted, and with the database away."""

from __future__ import annotations

import hashlib
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select
from structlog.testing import capture_logs

from gridline.clock import SystemClock
from gridline.db import Database
from gridline.errors import Unavailable
from recordings.incoming import Incoming, Label, unmet_call
from recordings.intake import QUIET_ENDED_S, QUIET_UNENDED_S, RecordingIntake
from recordings.models import Recording, RecordingState
from recordings.store import Store

CALL = "c" * 32


@pytest.fixture
def incoming(tmp_path: Path) -> Incoming:
    return Incoming(tmp_path / "incoming", SystemClock(), least_free=1)


@pytest.fixture
def intake(db: Database, incoming: Incoming, tmp_path: Path) -> RecordingIntake:
    return RecordingIntake(db, incoming, Store.in_folder(tmp_path / "store"))


def lay(file: Path, seconds: float, *, quiet_s: float) -> None:
    """Samples that nobody has written to for a while."""
    file.write_bytes(np.full(int(8000 * seconds), 1000, "<i2").tobytes())
    then = time.time() - quiet_s
    os.utime(file, (then, then))


def ended(incoming: Incoming, kind: str = "message") -> Label:
    label = incoming.announce(CALL, "message" if kind == "message" else "talk")
    incoming.ended(label.id)
    return label


async def stored(db: Database) -> list[Recording]:
    async with db.read() as session:
        return list((await session.scalars(select(Recording).order_by(Recording.id))).all())


async def test_a_whole_recording_is_stored_linked_and_forgotten(
    db: Database, intake: RecordingIntake, incoming: Incoming, tmp_path: Path
) -> None:
    label = ended(incoming)
    lay(incoming.samples(label), 2, quiet_s=QUIET_ENDED_S + 1)
    assert await intake.sweep() == 1
    [row] = await stored(db)
    file = tmp_path / "store" / row.file
    assert (row.id, row.call_id, row.state, row.seconds, row.channels) == (label.id, CALL, RecordingState.STORED, 2, 1)
    assert row.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert list(incoming.folder.iterdir()) == []
    assert await intake.sweep() == 0


async def test_what_is_still_written_waits(intake: RecordingIntake, incoming: Incoming) -> None:
    lay(incoming.samples(ended(incoming)), 2, quiet_s=0)
    unended = incoming.announce(CALL, "message")
    lay(incoming.samples(unended), 2, quiet_s=QUIET_ENDED_S + 1)
    assert await intake.sweep() == 0


async def test_a_crash_leaves_a_partial_recording(db: Database, intake: RecordingIntake, incoming: Incoming) -> None:
    label = incoming.announce(CALL, "message")
    lay(incoming.samples(label), 1, quiet_s=QUIET_UNENDED_S + 1)
    assert await intake.sweep() == 1
    assert [row.state for row in await stored(db)] == [RecordingState.PARTIAL]


async def test_an_empty_recording_is_failed_not_silent(
    db: Database, intake: RecordingIntake, incoming: Incoming
) -> None:
    lay(incoming.samples(ended(incoming)), 0, quiet_s=QUIET_ENDED_S + 1)
    await intake.sweep()
    [row] = await stored(db)
    assert (row.state, row.sha256, row.seconds) == (RecordingState.FAILED, None, None)


async def test_a_talk_that_never_came_about_leaves_nothing(
    db: Database, intake: RecordingIntake, incoming: Incoming
) -> None:
    ended(incoming, "talk")
    assert await intake.sweep() == 0
    assert await stored(db) == []
    assert list(incoming.labels()) == []


async def test_a_short_talk_that_asterisk_has_not_written_yet_is_waited_for(
    db: Database, intake: RecordingIntake, incoming: Incoming
) -> None:
    label = ended(incoming, "talk")
    lay(incoming.samples(label), 0, quiet_s=QUIET_UNENDED_S)  # made when they began to wait
    assert await intake.sweep() == 0
    assert [one.id for one in incoming.labels()] == [label.id]
    lay(incoming.samples(label), 2, quiet_s=QUIET_ENDED_S + 1)
    assert await intake.sweep() == 1
    assert [(row.id, row.seconds) for row in await stored(db)] == [(label.id, 1.0)]


async def test_what_the_dialplan_recorded_alone_is_taken_in(
    db: Database, intake: RecordingIntake, incoming: Incoming
) -> None:
    lay(incoming.folder / f"without-{CALL}_node1-1.7.raw", 2, quiet_s=QUIET_ENDED_S + 1)
    lay(incoming.folder / "without-_node1-1.9.raw", 2, quiet_s=QUIET_ENDED_S + 1)
    assert await intake.sweep() == 2
    rows = await stored(db)
    assert {row.call_id for row in rows} == {CALL, unmet_call("node1-1.9")}
    assert {row.channels for row in rows} == {2}


async def test_while_the_database_is_away_the_files_wait(db: Database, incoming: Incoming, tmp_path: Path) -> None:
    label = ended(incoming)
    lay(incoming.samples(label), 2, quiet_s=QUIET_ENDED_S + 1)
    away = Database(f"sqlite+aiosqlite:///{tmp_path / 'nowhere.db'}")
    with pytest.raises(Unavailable):
        await RecordingIntake(away, incoming, Store.in_folder(tmp_path / "store")).sweep()
    await away.close()
    assert incoming.samples(label).exists()
    assert await RecordingIntake(db, incoming, Store.in_folder(tmp_path / "store")).sweep() == 1
    assert [row.state for row in await stored(db)] == [RecordingState.STORED]


FOREIGN = {
    "empty": b"",
    "torn": b'{"id": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "call_id": "cc',
    "no text": bytes(range(256)),
    "a list": b"[]",
    "null": b"null",
    "another's": b'{"id": "../../../etc/passwd", "call_id": "%s", "kind": "talk", "started_at": "x"}' % (b"c" * 32),
    "no such kind": b'{"id": "%s", "call_id": "%s", "kind": "fax", "started_at": "2026-11-22T05:00:00+00:00"}'
    % (b"0" * 31 + b"6", b"c" * 32),
    "no zone": b'{"id": "%s", "call_id": "%s", "kind": "talk", "started_at": "2026-11-22T05:00:00"}'
    % (b"0" * 31 + b"7", b"c" * 32),
    "deep": b"[" * 100_000,
    "a later version's": b'{"id": "%s", "speed": 2}' % (b"0" * 31 + b"9"),
}


async def test_what_is_no_label_is_put_aside_told_and_counted_and_the_rest_goes_on(
    db: Database, intake: RecordingIntake, incoming: Incoming
) -> None:
    before = REGISTRY.get_sample_value("gridline_recordings_total", {"kind": "", "state": "put-aside"}) or 0
    for number, text in enumerate(FOREIGN.values()):
        (incoming.folder / f"{number:032x}.json").write_bytes(text)
    (incoming.folder / f"{'e' * 32}.json").mkdir()
    (incoming.folder / "without-_node1-1.1.raw").mkdir()
    folder_of_sound = incoming.announce(CALL, "message")
    incoming.samples(folder_of_sound).mkdir()
    good = ended(incoming)
    lay(incoming.samples(good), 2, quiet_s=QUIET_ENDED_S + 1)
    with capture_logs() as told:
        assert await intake.sweep() == 1
    assert [row.id for row in await stored(db)] == [good.id]
    aside = {file.name for file in incoming.folder.glob("*.broken")}
    assert len(aside) == len(FOREIGN) + 3
    assert {line["file"] for line in told if line["event"] == "recording-put-aside"} == aside
    counted = REGISTRY.get_sample_value("gridline_recordings_total", {"kind": "", "state": "put-aside"})
    assert counted == before + len(aside)
    with capture_logs() as again:
        await intake.sweep()
    assert not [line for line in again if line["event"] == "recording-put-aside"]


async def test_a_bad_disk_under_one_recording_does_not_hold_up_the_others(
    db: Database, intake: RecordingIntake, incoming: Incoming, tmp_path: Path
) -> None:
    first, second = sorted((ended(incoming), ended(incoming)), key=lambda label: label.id)
    for label in (first, second):
        lay(incoming.samples(label), 1, quiet_s=QUIET_ENDED_S + 1)
    in_the_way = tmp_path / f"store/{datetime.now(UTC):%Y/%m/%d}/{first.id}.new"
    in_the_way.mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        await intake.sweep()
    assert [row.id for row in await stored(db)] == [second.id]
    in_the_way.rmdir()
    assert await intake.sweep() == 1


async def test_what_a_call_in_our_hands_records_is_left_alone_till_it_is_over(
    db: Database, incoming: Incoming, tmp_path: Path
) -> None:
    hands = {CALL}
    intake = RecordingIntake(db, incoming, Store.in_folder(tmp_path / "store"), in_hands=hands.__contains__)
    label = incoming.announce(CALL, "message")
    lay(incoming.samples(label), 2, quiet_s=QUIET_UNENDED_S + 60)  # the caller thinks long of his number
    assert await intake.sweep() == 0
    assert incoming.samples(label).exists()
    hands.clear()
    assert await intake.sweep() == 1
