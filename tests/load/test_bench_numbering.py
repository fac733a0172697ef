"""The benchmark of the numbering tables itself: a small run gives every figure on both databases."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from bench import aims
from bench.databases import BOTH
from bench.numbering import QUICK


def test_a_small_run_gives_every_figure(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from service.cli import main; main()"),
            *("bench", "numbering", "--quick", "--json", str(figures)),
        ],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(figures.read_text())
    for name in BOTH:
        assert found[name].keys() >= {aim.key for aim in aims.NUMBERING}
        assert found[name]["rows"] == sum(QUICK.values())
        assert found[name]["look_up_us"] > 0
    assert "| numbering, sqlite | `look_up_us` | <= 10 |" in done.stdout
