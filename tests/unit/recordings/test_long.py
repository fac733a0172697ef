"""A talk of four hours costs no more memory than one of ten seconds: measured in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gridline.settings import HOUSE

HOURS = 4
MOST_MB = 60
GROWS_MB = 12
TAKEN_IN = """
import json, sys
from pathlib import Path
from recordings.audio import curve, to_wav

def peak_mb():
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024

raw, wav = Path(sys.argv[1]), Path(sys.argv[2])
before = peak_mb()
sound = to_wav(raw, 2, wav)
drawn = curve(wav, 400)
points = len(drawn.levels[0])
print(json.dumps({"seconds": sound.seconds, "points": points, "before": before, "intake_peak_mb": peak_mb()}))
"""


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """Four hours of two silent channels that take no room on the disk."""
    raw = tmp_path / "talk.raw"
    with raw.open("wb") as samples:
        samples.truncate(HOURS * 3600 * 8000 * 4)
    return raw


def test_four_hours_are_taken_in_within_constant_memory(talk: Path) -> None:
    wav = talk.with_suffix(".wav")
    done = subprocess.run(
        [sys.executable, "-c", TAKEN_IN, str(talk), str(wav)], cwd=HOUSE, capture_output=True, text=True, check=True
    )
    wav.unlink()
    told = json.loads(done.stdout)
    assert (told["seconds"], told["points"]) == (HOURS * 3600, 400)
    assert told["intake_peak_mb"] <= MOST_MB
    assert told["intake_peak_mb"] - told["before"] <= GROWS_MB
