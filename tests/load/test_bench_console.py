"""The console's benchmark itself: a small run whole, events found again on a screen, what nothing shows refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from asterisk_conf.asterisk import find
from asterisk_conf.packages import PackageRoot
from bench.calls.load import Load
from bench.console import AIMS, QUICK
from bench.console.consoles import LoadStage
from bench.console.delays import Match, Moment, RowState, matched, percentile, told
from bench.console.house import PACKAGES
from bench.console.screen import CHROMIUM
from bench.console.wire import Seen
from gridline.errors import Unavailable

FIRST, SECOND = "2026-11-22T09:00:00.500000+00:00", "2026-11-22T09:00:01.250000+00:00"


@pytest.fixture(scope="module")
def packages() -> PackageRoot:
    """The package root with Asterisk and sipp; skips, saying so, where it or Chromium is not."""
    packages = PackageRoot(PACKAGES)
    try:
        find(packages)
    except Unavailable as absent:
        pytest.skip(str(absent))
    if not packages.has("usr/bin/sipp"):
        pytest.skip("sipp is not in the package root: make setup")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no {CHROMIUM}: gridline setup --tests")
    return packages


@pytest.mark.real_asterisk
@pytest.mark.timeout(400)
@pytest.mark.usefixtures("packages")
def test_a_small_run_gives_every_figure_with_its_work_proved(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from service.cli import main; main()"),
            *("bench", "console", "--quick", "--json", str(figures)),
        ],
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(figures.read_text())
    assert found.keys() > AIMS.keys() | {"event_to_screen_p50_ms", "event_to_screen_p99_ms_1"}
    for consoles in QUICK.stages:
        stage = found["stages"][str(consoles)]
        assert stage["calls"] == QUICK.calls
        assert stage["events"] == 2 * QUICK.calls  # each caller comes to the queue and leaves it
        assert 1 < stage["elements_changed"] <= stage["events"]
        assert 0 < stage["p50_ms"] <= stage["p99_ms"] <= stage["worst_ms"]
    others = stage["others"]
    assert others["consoles"] == others["whole"] == QUICK.stages[-1] - 1
    assert others["messages"] > others["consoles"]
    assert (others["ended"], others["resets"], others["different"], stage["stream_unseen"]) == (0, 0, 0, 0)
    card = found["card"]
    assert card["cards"] == QUICK.cards
    assert card["card_last_calls"] >= QUICK.cards
    assert card["card_open_appeals"] >= QUICK.cards
    assert 0 < card["card_server_p50_ms"] < card["card_p50_ms"] <= card["card_ms"]
    assert found["filled"]["appeals"] >= QUICK.rows
    for key in AIMS:
        assert f"| `{key}` |" in done.stdout


def came(at: float, id: str, stamp: str) -> Seen:
    return Seen(at, {"Event": "QueueCallerJoin", "Queue": "q", "Uniqueid": id, "Timestamp": stamp})


def went(at: float, id: str) -> Seen:
    return Seen(at, {"Event": "QueueCallerLeave", "Queue": "q", "Uniqueid": id, "Timestamp": "1.0"})


ONE, TWO = "1795338000.500000", "1795338001.250000"
EVENTS = [came(10.0, "a", ONE), came(11.0, "b", TWO), went(12.0, "a"), went(13.0, "b")]


def test_events_tell_how_many_wait_and_since_when() -> None:
    other = Seen(10.5, {"Event": "QueueCallerJoin", "Queue": "other", "Uniqueid": "x", "Timestamp": ONE})
    assert told([*EVENTS[:1], other, Seen(10.6, {"Event": "Newchannel"}), *EVENTS[1:]], "q") == [
        Moment(10.0, RowState(1, FIRST)),
        Moment(11.0, RowState(2, FIRST)),
        Moment(12.0, RowState(1, SECOND)),
        Moment(13.0, RowState(0, "")),
    ]


def test_a_change_that_shows_several_events_counts_for_each() -> None:
    shown = [Moment(10.25, RowState(1, FIRST)), Moment(12.5, RowState(1, SECOND)), Moment(13.5, RowState(0, ""))]
    assert matched(told(EVENTS, "q"), shown) == Match((0.25, 1.5, 0.5, 0.5), unseen=0, strange=0)


def test_what_is_never_shown_and_what_never_was_are_counted() -> None:
    shown = [Moment(10.25, RowState(1, FIRST)), Moment(11.5, RowState(7, FIRST))]
    assert matched(told(EVENTS, "q"), shown) == Match((0.25,), unseen=3, strange=1)


def test_the_percentile_is_a_value_that_was_measured() -> None:
    values = [float(one) for one in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile([3.0], 0.99)) == (51.0, 100.0, 3.0)


WHOLE = {"consoles": 3, "whole": 3, "ended": 0, "resets": 0, "different": 0, "messages": 9, "bytes": 99, "heard": []}
HELD, FAILED = Load(20, 40, 40, 0, 0, 2.5), Load(20, 40, 39, 1, 0, 2.5)
SHOWN = Match((0.01, 0.02), unseen=0, strange=0)


@pytest.mark.parametrize(
    ("load", "screen", "heard", "proved"),
    [
        (HELD, SHOWN, WHOLE, True),
        (FAILED, SHOWN, WHOLE, False),
        (HELD, Match((0.01,), unseen=1, strange=0), WHOLE, False),
        (HELD, Match((0.01, 0.02), unseen=0, strange=1), WHOLE, False),
        (HELD, SHOWN, WHOLE | {"whole": 2}, False),
        (HELD, SHOWN, WHOLE | {"different": 1}, False),
    ],
)
def test_a_stage_whose_work_is_not_proved_has_no_figures(
    load: Load, screen: Match, heard: dict[str, object], proved: bool
) -> None:
    stage = LoadStage(
        consoles=4,
        load=load,
        calls_per_s=20.0,
        events=2,
        changes=2,
        screen=screen,
        stream=SHOWN,
        heard=heard,
        behind_s=(0.001,),
        clock_error_s=0.001,
        controller_cores=0.3,
        busy=1.0,
    )
    if proved:
        assert stage.figures()["p99_ms"] == 20.0
    else:
        with pytest.raises(Unavailable, match="не доказана"):
            stage.figures()
