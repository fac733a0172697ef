"""The one table of the benchmarks: what was kept, what was not measured, and when nothing may be quoted."""

from __future__ import annotations

from dataclasses import replace

from bench.aims import APPEALS, CALLS, limits, table
from bench.quiet import Quietness, Watch

QUIET = Quietness(load_before=0.3, load_after=2.0, others=0.01, steal=0.0, cpus=2)


def test_each_figure_stands_with_its_aim_and_whether_it_was_kept() -> None:
    found = {"menu_cpu_ratio_to_dialplan": 1.3, "concurrent_calls_limit": 300, "menu": {"controller_python_ms": 3.5}}
    told = table({"calls": (CALLS, found), "register": (APPEALS, {})}, QUIET)
    assert "| calls | `menu_cpu_ratio_to_dialplan` | <= 1.25 | 1.3 | **no** |" in told
    assert "| calls | `concurrent_calls_limit` | >= 300 | 300 | yes |" in told
    assert "| calls | `menu.controller_python_ms` | <= 3.5 | 3.5 | yes |" in told
    assert "| register | `form49.s` | <= 30 | not measured | - |" in told
    assert "QUOTED" not in told
    assert limits(APPEALS)["register_ratio_to_bare_insert"] == 0.6


def test_figures_of_a_busy_machine_are_not_to_be_quoted() -> None:
    for busy in (replace(QUIET, load_before=1.1), replace(QUIET, others=0.06), replace(QUIET, steal=0.02)):
        assert not busy.quiet
        assert "NOT TO BE QUOTED" in table({}, busy)
    assert QUIET.quiet


def test_the_watch_takes_our_own_work_for_ours() -> None:
    watch = Watch()
    sum(range(20_000_000))
    told = watch.told()
    assert told.cpus >= 1
    assert 0 <= told.steal <= 1
    assert 0 <= told.others <= 1
