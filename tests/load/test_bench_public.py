"""The public page's benchmark itself: a small run gives every figure, its answers looked at."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from bench.public import AIMS, KINDS
from bench.public.readers import Answered


def test_a_small_run_gives_every_figure(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from service.cli import main; main()"),
            *("bench", "public", "--quick", "--json", str(figures)),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(figures.read_text())
    assert found.keys() > AIMS.keys()
    for name in KINDS:
        assert found[name]["answers"] > 10
        assert found[name]["cpu_s"] > 0
    assert found["unchanged"]["bytes_an_answer"] < found["json"]["bytes_an_answer"]
    assert "| public page | `answers_per_core_s` | >= 2000 |" in done.stdout


def test_the_figure_is_of_the_servers_own_time() -> None:
    reading = Answered(answers=3000, seconds=4.0, cpu_s=1.5, bytes_an_answer=1, p99_ms=1.0)
    assert (reading.per_core_s, reading.per_s) == (2000, 750)
