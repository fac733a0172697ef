"""The calls benchmark itself: a small run whole, work that is not proved refused, the largest rate found."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from asterisk_conf.asterisk import find
from asterisk_conf.packages import PackageRoot
from bench.calls import AIMS, rates
from bench.calls.load import Load
from bench.calls.peers import COMMANDS, SERVERS
from bench.calls.rig import PACKAGES, Rig
from bench.calls.run import QUICK
from bench.calls.servers import running
from gridline.errors import Unavailable


@pytest.fixture(scope="module")
def packages() -> PackageRoot:
    """The package root with Asterisk and sipp; skips, saying so, where it is not."""
    packages = PackageRoot(PACKAGES)
    try:
        find(packages)
    except Unavailable as absent:
        pytest.skip(str(absent))
    if not packages.has("usr/bin/sipp"):
        pytest.skip("sipp is not in the package root: make setup")
    return packages


@pytest.mark.real_asterisk
@pytest.mark.timeout(400)
@pytest.mark.usefixtures("packages")
def test_a_small_run_gives_every_figure_with_its_work_proved(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from service.cli import main; main()"),
            *("bench", "calls", "--quick", "--json", str(figures)),
        ],
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(figures.read_text())
    assert found.keys() > AIMS.keys()
    assert found["concurrent_calls_limit"] == QUICK.crowd
    assert found["concurrent_calls_limit_of_playback"] == QUICK.crowd
    assert found["crowd"]["failed"] == found["playback"]["failed"] == 0
    assert found["menu"]["dialplan_with_ami_ms"] > 0
    assert found["look_up"]["SQLite"]["cpu_us"] > 0
    assert found["crowd"]["received"] > found["crowd"]["sent"] / 2 > 0
    assert found["menu"]["calls"] == QUICK.menu_calls
    assert found["menu_cpu_ratio_to_dialplan"] > 0.9  # the same calls, and more
    assert 0 < found["first_prompt_delay_ms"] < 1000
    for server in SERVERS:
        assert found["commands"][server]["p99_us"] >= found["commands"][server]["p50_us"] > 10
        assert found["commands"][server]["server_ms"] > 0
    for key in AIMS:
        assert f"| `{key}` |" in done.stdout


@pytest.mark.usefixtures("packages")
async def test_a_server_that_ran_no_command_is_refused(tmp_path: Path) -> None:
    async with running(Rig(tmp_path / "rig")) as servers:
        assert [server.name for server in servers] == list(SERVERS)
        for server in servers:
            assert (await server.proved(0)).commands == 0
            with pytest.raises(Unavailable, match=server.name):
                await server.proved(1)


async def test_the_climb_ends_at_the_largest_rate_held() -> None:
    placed: list[tuple[str, float]] = []

    def limited(name: str, most: float) -> rates.Subject:
        async def place(calls: int, rate: float) -> Load:
            placed.append((name, rate))
            late = 0.0 if rate <= most else 30.0
            return Load(rate, calls, calls, 0, 0, calls / rate + late)

        return rates.Subject(name, 0.1, place)

    found = await rates.climb([limited("slow", 118), limited("fast", 400), limited("none", 50)], 100, 4, 0.01)
    assert found == {"slow": 115, "fast": 152.1, "none": 0}
    assert [name for name, _ in placed].count("fast") == 4  # the others' failures cost it nothing


@pytest.mark.parametrize(
    ("load", "held"),
    [
        (Load(100, 200, 200, 0, 0, 2.4), True),
        (Load(100, 200, 199, 1, 0, 2.4), False),
        (Load(100, 200, 199, 0, 0, 2.4), False),
        (Load(100, 200, 200, 0, 0, 3.6), False),
    ],
)
def test_a_rate_is_held_only_without_a_failure_or_a_growing_queue(load: Load, held: bool) -> None:
    assert load.held(0.4) is held


def test_every_call_has_twenty_commands() -> None:
    script = Path(sys.modules["bench.calls.peers"].__file__ or "").with_name("fork.py").read_text()
    assert f"COMMANDS = {COMMANDS}" in script
