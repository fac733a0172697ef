"""The ear keeps the call's time: late frames tear nothing, missing ones are silence, and the picture shows both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from carrier.hearing.ear import Ear
from carrier.hearing.sound import clip
from ivr.voice.audio import RATE

FRAME = np.full(160, 5000, "<i2").tobytes()


def test_frames_that_come_late_and_together_stay_one_piece() -> None:
    ear = Ear(100.0)
    now = 100.0
    for number in range(50):
        now = 100.0 + 0.02 * (number + 1) + (0.2 if number % 7 == 0 else 0)
        ear.hear(FRAME, now)
    assert ear.seconds == 1.0
    assert int(ear.samples.min()) == 5000


def test_frames_held_up_by_our_own_process_are_no_gap() -> None:
    ear = Ear(0.0)
    ear.hear(FRAME * 10, 0.2)
    ear.hear(FRAME * 75, 1.7)  # nothing was read for 1.5 s, and then all of it
    assert ear.seconds == pytest.approx(1.7)
    assert ear.longest_silence_s() == 0


def test_time_without_frames_is_silence() -> None:
    ear = Ear(0.0)
    for number in range(50):
        ear.hear(FRAME, 0.02 * (number + 1))
    ear.hear(FRAME, 4.02)
    assert ear.seconds == pytest.approx(4.02)
    assert ear.longest_silence_s() == pytest.approx(3.0, abs=0.03)
    assert ear.longest_silence_s(2.0, 3.5) == pytest.approx(1.5, abs=0.03)
    assert ear.longest_silence_s(0, 1.0) == 0
    ear.pass_time(10.0)
    assert ear.longest_silence_s() == pytest.approx(5.98, abs=0.03)


def test_nothing_is_heard_after_the_end() -> None:
    ear = Ear(0.0)
    ear.close(2.0)
    ear.pass_time(60.0)
    assert ear.seconds == 2.0


def test_the_picture_shows_sound_and_silence() -> None:
    ear = Ear(0.0)
    ear.hear(FRAME * 50, 1.0)
    ear.pass_time(2.0)
    ear.hear(np.full(8000, 100, "<i2").tobytes(), 3.0)
    assert ear.picture() == "▇▇▇▇    ▂▂▂▂"
    assert len(Ear(0.0).picture()) == 0
    ear.pass_time(600.0)
    assert len(ear.picture()) == 60


def test_a_long_call_keeps_its_beginning(tmp_path: Path) -> None:
    ear = Ear(0.0)
    ear.hear(FRAME * 10, 0.2)
    ear.pass_time(200.0)
    ear.hear(FRAME * 10, 200.2)
    file = tmp_path / "deeper/ear.wav"
    ear.save(file)
    heard = clip(file)
    assert heard.seconds == pytest.approx(200.2)
    assert heard.samples[800] == pytest.approx(5000 / 32768)
    assert heard.samples[-800] == pytest.approx(5000 / 32768)
    assert not heard.samples[RATE : 199 * RATE].any()
