"""Labels of recordings and the sound that is made of them: real files, whole, broken off and empty."""

from __future__ import annotations

import math
import os
import shutil
import wave
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from gridline.clock import SetClock
from recordings.audio import loudness_of, to_wav
from recordings.incoming import Incoming, raw_seconds, unmet_call

NOW = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)


@pytest.fixture
def incoming(tmp_path: Path) -> Incoming:
    return Incoming(tmp_path / "incoming", SetClock(NOW), least_free=1)


def samples(seconds: float, channels: int = 1) -> bytes:
    times = np.arange(int(8000 * seconds)) / 8000
    left = (8000 * np.sin(2 * np.pi * 440 * times)).astype("<i2")
    return np.column_stack([left, *[np.zeros_like(left)] * (channels - 1)]).tobytes()


def test_a_label_lies_there_before_any_sound(incoming: Incoming) -> None:
    label = incoming.announce("c" * 32, "message")
    assert incoming.label(label.id) == label
    assert label.started_at == NOW.isoformat()
    assert not label.ended
    assert incoming.samples(label).name == f"{label.id}.sln"
    assert incoming.samples(incoming.announce("c" * 32, "talk")).suffix == ".raw"


def test_a_label_is_on_disk_before_any_sound(incoming: Incoming, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def told(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    monkeypatch.setattr("os.fsync", told)
    label = incoming.announce("c" * 32, "message", company_id="skek", caller="+79131203401")
    assert synced == [str(incoming.folder / f"{label.id}.new"), str(incoming.folder)]
    assert incoming.label(label.id) == label


def test_the_end_of_a_call_is_written_on_its_label(incoming: Incoming) -> None:
    label = incoming.announce("c" * 32, "talk")
    incoming.ended(label.id)
    incoming.ended("no-such-label")
    assert [one.ended for one in incoming.labels()] == [True]


def test_forgotten_is_forgotten_with_its_sound(incoming: Incoming) -> None:
    label = incoming.announce("c" * 32, "message")
    incoming.samples(label).write_bytes(samples(1))
    incoming.forget(label)
    incoming.forget(label)
    assert list(incoming.folder.iterdir()) == []


def test_what_the_dialplan_recorded_alone_is_adopted(incoming: Incoming) -> None:
    file = incoming.folder / "without-_node1-1.1.raw"
    file.write_bytes(samples(1, 2))
    os.utime(file, (NOW.timestamp() - 60, NOW.timestamp() - 60))
    label = incoming.adopt(file, unmet_call("node1-1.1"))
    assert label.ended
    assert (NOW - datetime.fromisoformat(label.started_at)).total_seconds() == 61  # its length before it came to rest
    assert incoming.samples(label).exists()
    assert not file.exists()


def test_room_is_measured_on_the_disk(tmp_path: Path) -> None:
    assert Incoming(tmp_path, SetClock(NOW), least_free=1).has_room()
    assert not Incoming(tmp_path, SetClock(NOW), least_free=2**62).has_room()
    free = shutil.disk_usage(tmp_path).free
    nearly = Incoming(tmp_path, SetClock(NOW), least_free=free * 2 // 3)
    assert (nearly.has_room("talk"), nearly.has_room("message")) == (False, True)
    gone = Incoming(tmp_path / "gone", SetClock(NOW), least_free=1)
    (tmp_path / "gone").rmdir()
    assert not gone.has_room()
    with pytest.raises(OSError, match="gone"):
        gone.announce("c" * 32, "message")


def test_samples_are_counted_in_seconds(tmp_path: Path) -> None:
    file = tmp_path / "x.sln"
    assert raw_seconds(file) == 0
    file.write_bytes(samples(1.5))
    assert raw_seconds(file) == 1.5


def test_the_wav_holds_both_sides_and_says_how_loud_each_is(tmp_path: Path) -> None:
    raw = tmp_path / "x.raw"
    raw.write_bytes(samples(2, 2))
    sound = to_wav(raw, 2, tmp_path / "store/x.wav")
    with wave.open(str(tmp_path / "store/x.wav")) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, 8000, 16000)
    assert sound.seconds == 2
    assert sound.bytes == (tmp_path / "store/x.wav").stat().st_size
    assert -20 < sound.loudness[0] < -10
    assert sound.loudness[1] == -math.inf
    assert loudness_of(tmp_path / "store/x.wav") == list(sound.loudness)


def test_a_last_frame_that_a_crash_cut_is_left_out(tmp_path: Path) -> None:
    raw = tmp_path / "x.raw"
    raw.write_bytes(samples(1, 2) + b"\x01\x02\x03")
    assert to_wav(raw, 2, tmp_path / "x.wav").seconds == 1


def test_no_sound_is_no_wav(tmp_path: Path) -> None:
    raw = tmp_path / "x.raw"
    raw.write_bytes(b"\x01")
    with pytest.raises(ValueError, match="no samples"):
        to_wav(raw, 2, tmp_path / "x.wav")
    assert not (tmp_path / "x.wav").exists()
