"""How often people are called, by rows of data, and whose clock counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gridline.companies import Companies
from gridline.errors import Misconfigured
from gridline.settings import HOUSE
from outreach import quiet
from outreach.campaigns import calling
from worklist.codes import AttemptResult

SHIPPED = calling.of_installation(Path("nowhere"))
RULE = SHIPPED.of("skek")


def test_the_clock_is_that_of_whoever_is_called() -> None:
    company = Companies.load(HOUSE / "dialplan/companies").by_id("mrsk-centra")
    assert quiet.zone_of("+73842123456", company).utcoffset(datetime(2026, 11, 28)) == timedelta(hours=7)  # noqa: DTZ001
    assert quiet.zone_of("+79131203402", company) == company.zone  # a mobile may be anywhere


def test_each_result_has_its_own_pauses_and_their_end() -> None:
    assert RULE.next_try(AttemptResult.BUSY, 1) == timedelta(minutes=5)
    assert RULE.next_try(AttemptResult.BUSY, 3) is None
    assert RULE.next_try(AttemptResult.TALKED, 1) is None


def test_a_company_has_its_own_row_and_mistakes_are_told(tmp_path: Path) -> None:
    own = tmp_path / "calling.yaml"
    row = "rules:\n  - company: skek\n    calls_a_minute: {}\n    confirm_after_minutes: 60\n"
    own.write_text(row.format(5), "utf-8")
    rules = calling.of_installation(tmp_path)
    assert rules.of("skek").calls_a_minute == 5
    assert rules.of("mrsk-centra").calls_a_minute == RULE.calls_a_minute
    own.write_text(row.format(0), "utf-8")
    with pytest.raises(Misconfigured, match="calls_a_minute"):
        calling.of_installation(tmp_path)
