"""The benchmark of backup and restore itself: a small run gives every figure on both databases."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.databases import BOTH


@pytest.mark.timeout(300)
def test_a_small_run_gives_every_figure(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from service.cli import main; main()", "bench", "restore"),
            *("--appeals", "300", "--recordings", "20", "--kilobytes", "10", "--json", str(figures)),
        ],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(figures.read_text())
    for name in BOTH:
        assert found[name]["restore_min"] > 0
        assert found[name]["backups_mb"] > 20 * 0.01
