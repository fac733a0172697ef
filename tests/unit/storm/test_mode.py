"""When a line is in a storm: by its rate, with hysteresis, and by a person's word for a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gridline.errors import Misconfigured
from ivr.storm.limits import StormLimit, StormOf, of_installation
from ivr.storm.mode import BY_RATE, Lull, StormMode, decided
from ivr.storm.rates import Rates

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LIMIT = StormLimit(of=StormOf.COMPANY, on=20, off=8, calm_min=10, window_s=120, hand_min=60)


def after(rates: list[float], mode: StormMode | None = None) -> list[bool]:
    """Whether the mode was on after each minute with these rates."""
    mode, lull, shown = mode or StormMode(), Lull(), []
    for minute, rate in enumerate(rates):
        now = NOW + minute * MINUTE
        lull = lull.seen(rate, LIMIT, now)
        mode = decided(mode, lull, rate, LIMIT, now) or mode
        shown.append(mode.on)
    return shown


def test_the_limit_switches_it_on_and_only_lasting_calm_switches_it_off() -> None:
    assert after([3, 19.9, 20, 12, 25]) == [False, False, True, True, True]
    assert after([20, *[7.0] * 10, 7]) == [*[True] * 11, False]
    assert after([20, *[7.0] * 9, 8, *[7.0] * 10, 7]) == [*[True] * 21, False], "a rise begins the calm anew"


def test_it_does_not_flutter_between_the_two_limits() -> None:
    assert after([20, *[15.0, 9.0] * 30]) == [True] * 61


def test_a_persons_word_stands_for_its_time() -> None:
    off = StormMode(False, "user:igor", NOW, 40, 8, NOW + 5 * MINUTE, 1)
    assert after([50] * 7, off) == [*[False] * 5, True, True]
    on = StormMode(True, "user:igor", NOW, 1, 20, NOW + 30 * MINUTE, 1)
    assert after([0] * 31, on)[29:] == [True, False]


def test_a_switch_says_by_what_it_was_decided() -> None:
    switched = decided(StormMode(ordinal=4), Lull(), 26, LIMIT, NOW)
    assert switched == StormMode(True, BY_RATE, NOW, 26, 20, None, 5)


def test_rates_are_of_the_window_of_branch_and_company() -> None:
    rates = Rates()
    for second in range(120):
        rates.came("mrsk-centra", "kursk" if second % 4 == 0 else "", NOW + timedelta(seconds=second))
    end = NOW + timedelta(seconds=119)
    assert rates.a_minute(("mrsk-centra", ""), end, 120) == 60
    assert rates.a_minute(("mrsk-centra", "kursk"), end, 120) == 15
    assert rates.a_minute(("mrsk-centra", ""), end + timedelta(seconds=61), 120) == 30
    assert rates.a_minute(("mrsk-centra", ""), end + timedelta(hours=2), 120) == 0
    assert rates.a_minute(("skek", ""), end, 120) == 0


def test_a_companys_own_row_goes_before_everybodys(tmp_path: Path) -> None:
    shipped = of_installation(tmp_path)
    (tmp_path / "storm.yaml").write_text(
        "limits:\n  - {of: company, company: skek, on: 5, off: 2, calm_min: 3, window_s: 60, hand_min: 30}\n", "utf-8"
    )
    limits = of_installation(tmp_path)
    assert limits.of("skek", "").on == 5
    assert limits.of("mrsk-centra", "") == shipped.of("skek", "")
    assert limits.of("skek", "kursk") == shipped.of("skek", "kursk")


def test_limits_that_would_flutter_are_refused(tmp_path: Path) -> None:
    (tmp_path / "storm.yaml").write_text(
        "limits:\n  - {of: company, on: 5, off: 5, calm_min: 3, window_s: 60, hand_min: 30}\n", "utf-8"
    )
    with pytest.raises(Misconfigured, match="off должно быть меньше on"):
        of_installation(tmp_path)
