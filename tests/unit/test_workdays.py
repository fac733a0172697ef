"""The production calendar against the government's decrees, day by day, and its arithmetic against plain counting."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridline.calendar.workdays import ProductionCalendar
from gridline.errors import InvalidInput

CALENDAR = ProductionCalendar()

WORKED_WEEKENDS = {
    2022: ["03-05"],
    2023: [],
    2024: ["04-27", "11-02", "12-28"],
    2025: ["11-01"],
    2026: [],
    2027: ["02-20"],
}
WEEKDAYS_OFF = {
    year: days.split()
    for year, days in {
        2022: "01-03 01-04 01-05 01-06 01-07 02-23 03-07 03-08 05-02 05-03 05-09 05-10 06-13 11-04",
        2023: "01-02 01-03 01-04 01-05 01-06 02-23 02-24 03-08 05-01 05-08 05-09 06-12 11-06",
        2024: "01-01 01-02 01-03 01-04 01-05 01-08 02-23 03-08 04-29 04-30 05-01 05-09 05-10 06-12 11-04 12-30 12-31",
        2025: "01-01 01-02 01-03 01-06 01-07 01-08 05-01 05-02 05-08 05-09 06-12 06-13 11-03 11-04 12-31",
        2026: "01-01 01-02 01-05 01-06 01-07 01-08 01-09 02-23 03-09 05-01 05-11 06-12 11-04 12-31",
        2027: "01-01 01-04 01-05 01-06 01-07 01-08 02-22 02-23 03-08 05-03 05-10 06-14 11-04 11-05 12-31",
    }.items()
}
WORKED_IN_YEAR = {2022: 247, 2023: 247, 2024: 248, 2025: 247, 2026: 247, 2027: 247}
"""Worked days a year of the five-day week as the published production calendars give them."""

BEFORE_HOLIDAYS = {
    2023: ["02-22", "03-07", "11-03"],
    2024: ["02-22", "03-07", "05-08", "06-11", "11-02"],
    2025: ["03-07", "04-30", "06-11", "11-01"],
    2026: ["04-30", "05-08", "06-11", "11-03"],
    2027: ["02-20", "04-30", "06-11", "11-03"],
}
"""The short days of the published production calendars; that of a moved day among them."""


@pytest.mark.parametrize("year", BEFORE_HOLIDAYS)
def test_the_days_before_holidays_are_those_of_the_published_calendars(year: int) -> None:
    first = date(year, 1, 1)
    days = [first + timedelta(days=n) for n in range(365)]
    assert [f"{day:%m-%d}" for day in days if CALENDAR.is_before_holiday(day)] == BEFORE_HOLIDAYS[year]
    assert {date.fromisoformat(f"{year}-{day}") for day in BEFORE_HOLIDAYS[year]} <= set(CALENDAR.unusual(year))


def test_a_day_of_the_table_is_as_short_as_the_table_says() -> None:
    eve, plain = date(2026, 4, 30), date(2026, 7, 1)
    calendar = ProductionCalendar({eve: True, plain: True}, [plain])
    assert not calendar.is_before_holiday(eve)
    assert calendar.is_shortened(plain)
    assert not CALENDAR.is_shortened(plain)


@pytest.mark.parametrize("year", WEEKDAYS_OFF)
def test_every_day_of_the_year_is_as_decreed(year: int) -> None:
    worked = {date.fromisoformat(f"{year}-{day}") for day in WORKED_WEEKENDS[year]}
    off = {date.fromisoformat(f"{year}-{day}") for day in WEEKDAYS_OFF[year]}
    day, count = date(year, 1, 1), 0
    while day.year == year:
        expected = day in worked or (day.weekday() < 5 and day not in off)
        assert CALENDAR.is_working(day) is expected, day
        count += expected
        day += timedelta(days=1)
    assert count == WORKED_IN_YEAR[year]


def test_an_uploaded_day_wins_both_ways() -> None:
    calendar = ProductionCalendar({date(2026, 7, 1): False, date(2026, 7, 4): True})
    assert not calendar.is_working(date(2026, 7, 1))
    assert calendar.is_working(date(2026, 7, 4))
    assert calendar.next_working(date(2026, 7, 1)) == date(2026, 7, 2)


def test_next_working_keeps_a_worked_day_and_leaves_the_new_year_holidays() -> None:
    assert CALENDAR.next_working(date(2026, 12, 30)) == date(2026, 12, 30)
    assert CALENDAR.next_working(date(2026, 12, 31)) == date(2027, 1, 11)


def test_working_days_do_not_count_the_first_day() -> None:
    assert CALENDAR.add_working_days(date(2025, 10, 30), 2) == date(2025, 11, 1)  # a worked Saturday
    assert CALENDAR.add_working_days(date(2025, 10, 30), 3) == date(2025, 11, 5)
    assert CALENDAR.add_working_days(date(2025, 10, 30), 0) == date(2025, 10, 30)


@settings(max_examples=60, deadline=None)
@given(start=st.dates(date(2022, 1, 1), date(2027, 6, 1)), n=st.integers(1, 60))
def test_n_working_days_later_there_are_n_worked_days_between(start: date, n: int) -> None:
    end = CALENDAR.add_working_days(start, n)
    days = [start + timedelta(days=i) for i in range(1, (end - start).days + 1)]
    assert sum(CALENDAR.is_working(day) for day in days) == n
    assert CALENDAR.is_working(end)


def test_years_without_a_calendar_are_refused() -> None:
    with pytest.raises(InvalidInput, match="2101"):
        CALENDAR.is_working(date(2101, 1, 1))
    with pytest.raises(ValueError, match="negative"):
        CALENDAR.add_working_days(date(2026, 1, 1), -1)
