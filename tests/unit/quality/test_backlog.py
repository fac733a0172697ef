"""How far back recordings are looked for: all at first and each hour, a day in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from quality.backlog import LATE, WHOLE_EVERY, Backlog

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
WHOLE = timedelta(days=30)


def test_the_whole_is_looked_at_until_it_is_worked_off_and_again_after_an_hour() -> None:
    backlog = Backlog(30)
    assert backlog.since(NOW) == backlog.since(NOW) == NOW - WHOLE
    backlog.worked_off(NOW)
    soon, later = NOW + timedelta(minutes=5), NOW + WHOLE_EVERY
    assert backlog.since(soon) == soon - LATE
    backlog.worked_off(soon)
    assert backlog.since(later) == later - WHOLE
