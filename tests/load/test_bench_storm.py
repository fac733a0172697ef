"""The storm's benchmark itself, small: a night through the real parts, and a storm through Asterisk."""

from __future__ import annotations

from pathlib import Path

import pytest

from asterisk_conf.asterisk import find
from asterisk_conf.packages import PackageRoot
from bench import aims
from bench.storm import QUICK, SEED, real, simulated, town
from gridline.errors import Unavailable


@pytest.mark.timeout(180)
async def test_a_small_night_keeps_the_aims_that_the_same_night_without_means_does_not() -> None:
    found = await simulated(SEED, QUICK)
    kept = {aim.key: aim.kept(value) for aim in aims.STORM if (value := aim.value(found)) is not None}
    handful = {"seconds_to_truth_p95.known", "seconds_to_truth_p95.unknown", "danger_wait_p99_s"}
    assert [key for key, is_kept in kept.items() if not is_kept and key not in handful] == []
    assert found["danger_wait_p99_s"] <= 60  # the longest of five; the aim is one of a whole night
    assert kept.keys() >= {"told_own_truth_share", "reports_lost", "danger_wait_p99_s", "minutes_to_proposal_p50"}
    assert found["calls"] > 150
    bare = found["bare"]
    assert bare["calls"] == found["calls"]
    assert bare["told_own_truth_share"] < found["told_own_truth_share"]
    assert bare["minutes_to_proposal_p50"] > found["minutes_to_proposal_p50"]
    assert bare["callbacks_promised"] == 0 < found["callbacks_promised"]


@pytest.mark.real_asterisk
@pytest.mark.timeout(300)
async def test_a_small_storm_through_asterisk_is_told_and_loses_nothing(tmp_path: Path) -> None:
    packages = PackageRoot(town.PACKAGES)
    try:
        find(packages)
    except Unavailable as absent:
        pytest.skip(str(absent))
    if not packages.has("usr/bin/sipp"):
        pytest.skip("sipp is not in the package root: make setup")
    found = await real.storm(tmp_path, QUICK.real)
    assert found["failed_in_sipp"] == 0
    assert found["calls_refused_without_word"] == 0
    assert found["told_own_truth_share"] == 1, found["went_astray"]
    assert found["reports_lost"] == 0
    assert found["danger_wait_p99_s"] <= 30
