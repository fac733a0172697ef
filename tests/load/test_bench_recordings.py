"""The recordings' benchmark itself: a small run gives every figure, and what was not done is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bench import aims
from bench.recordings import said, sounds
from bench.recordings.taking import fresh, grown
from bench.recordings.timing import TimedAsk, percentile, told
from bench.recordings.worker import apart
from recordings.audio import SAMPLE_RATE


def run(tmp_path: Path, *asked: str) -> Mapping[str, Any]:
    """The command's figures."""
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from service.cli import main; main()"),
            *("bench", "recordings", "--quick", "--json", str(figures), *asked),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: Mapping[str, Any] = json.loads(figures.read_text())
    assert "| recordings | `intake_x_realtime` | >= 400 |" in done.stdout
    return found


@pytest.mark.timeout(200)
def test_a_small_run_finds_and_judges_talks_on_both_databases(tmp_path: Path) -> None:
    found = run(tmp_path, "--part", "talks")
    for name in ("postgresql", "sqlite"):
        assert all(aim.value(found[name]) is not None for aim in aims.TALKS)
        assert found[name]["own_reviews_p95_ms"] > 0
        assert found[name]["search_fruitful"] > 0
    assert found["search_p95_ms"] == max(found[name]["search_p95_ms"] for name in ("postgresql", "sqlite"))


@pytest.mark.timeout(200)
def test_a_small_run_takes_recordings_in_and_plays_an_hour(tmp_path: Path) -> None:
    found = run(tmp_path, "--part", "intake")
    assert found["intake_x_realtime"] > 1
    assert found["growth"]["files"] == 20
    assert found["peak"]["peak_mb"] > found["peak"]["idle_mb"] > 10
    assert found["worker_growth_mb"] == found["growth"]["mb"]
    played = run(tmp_path, "--part", "sound")
    assert 0 < played["first_sound_ms"] <= played["first_sound_max_ms"]


async def test_a_round_tells_what_was_done_in_it(tmp_path: Path) -> None:
    url = await fresh(tmp_path / "var")
    async with apart("intake", tmp_path / "var", url) as process:
        assert (await process.round()).done == 0
        sounds.lay(tmp_path / "var/incoming", range(3), sounds.talk(1, seed=1))
        done = await process.round()
    assert (done.done, done.engine_mb) == (3, 0)
    assert done.cpu_s > 0
    assert len(list((tmp_path / "var/store").rglob("*.wav"))) == 3


def test_a_made_talk_is_two_people_by_turns() -> None:
    assert len(sounds.talk(2, seed=1)) == 2 * SAMPLE_RATE * 4


def test_what_was_said_is_found_by_its_stem_and_read_as_it_was() -> None:
    talk = said.SaidTalk(("провода", "света"), ("слушаю",))
    assert talk.stems.split() == ["провод", "свет", "слуша"]
    assert json.loads(talk.stored(0, "Верхнеск"))[-1][:2] == ["Верхнеск", 0.8]
    assert json.loads(talk.stored(1, "Верхнеск")) == [["слушаю", 0.0, 0.3, 0.9]]


def test_figures_are_values_that_were_measured() -> None:
    asked = [TimedAsk(float(ms), f"{ms}", ms) for ms in range(1, 101)]
    figures = told("search", asked)
    assert (figures["search_p95_ms"], figures["search_max_ms"]) == (96.0, 100.0)
    assert figures["search_slowest"][0] == "100 ms: 100; 100 found"
    assert figures["search_fruitful"] == 100
    assert percentile([3.0], 0.95) == 3.0
    assert grown([100.04, 110, 104.5]) == 4.5
