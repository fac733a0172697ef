"""The Russian production calendar: working days, days moved and shortened, and a company's overrides."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

import holidays

from gridline.errors import InvalidInput

FIRST_YEAR, LAST_YEAR = 1992, 2100
"""Years the calendar covers: before 1992 the public holidays were different."""

MOVED_DAYS_KNOWN_TO: Final = 2027
"""The last year whose moved days `holidays` knows; later years are uploaded once their decree is out."""

CORRECTIONS: Final[Mapping[date, bool]] = MappingProxyType({})
"""Days on which `holidays` is wrong (True = worked), each with the government's decree.

Empty: version 0.109 agrees with the decrees № 1505 of 29.08.2022, № 1314 of 10.08.2023, № 1335 of 04.10.2024
and № 1466 of 24.09.2025 on every day of 2023-2026; tests/unit/test_workdays.py checks each day, so an error in a
new version of the library is noticed and its day goes here.
"""

HOLIDAYS: Final = frozenset(
    {*((1, day) for day in range(1, 9)), (2, 23), (3, 8), (5, 1), (5, 9), (6, 12), (11, 4)}  # ТК РФ, ст. 112
)
"""Month and day of each public holiday. The working day directly before one is an hour shorter (ТК РФ, ст. 95)."""
SHORT_FOR_ANOTHER: Final = frozenset({date(2024, 11, 2), date(2025, 11, 1), date(2027, 2, 20)})
"""Worked weekends in place of a day before a public holiday, as short as it (приказ Минтруда № 287н of 11.05.2022).

A later year's are uploaded with its decree.
"""


class ProductionCalendar:
    """Worked days and days off of a five-day week. No clock, no files: whoever reads them says so with `take`.

    `overrides` is the uploaded table (True = worked) and wins over everything else; `shortened` are those of its worked
    days that are an hour shorter for everybody.
    """

    def __init__(
        self, overrides: Mapping[date, bool] = MappingProxyType({}), shortened: Collection[date] = frozenset()
    ) -> None:
        self.take(overrides, shortened)
        self._russia = holidays.country_holidays("RU", language="ru")

    def take(self, overrides: Mapping[date, bool], shortened: Collection[date] = frozenset()) -> None:
        """From now on this is the uploaded table."""
        self._own = frozenset(overrides)
        self._shortened = frozenset(shortened)
        self._known: Mapping[date, bool] = {**CORRECTIONS, **overrides}

    def unusual(self, year: int) -> list[date]:
        """The worked weekends, the weekdays off and the short days of a year."""
        first = date(year, 1, 1)
        days = (first + timedelta(days=i) for i in range((date(year + 1, 1, 1) - first).days))
        return [day for day in days if self._is_unusual(day)]

    def _is_unusual(self, day: date) -> bool:
        moved = self.is_working(day) is not (day.weekday() < 5)
        return moved or self.is_shortened(day) or self.is_before_holiday(day)

    def is_shortened(self, day: date) -> bool:
        """Whether the uploaded table says that this day is an hour shorter for everybody."""
        return day in self._shortened

    def is_before_holiday(self, day: date) -> bool:
        """Whether by law this working day is an hour shorter; a day of the uploaded table is as the table says."""
        if day in self._own or not self.is_working(day):
            return False
        following = day + timedelta(days=1)
        return (following.month, following.day) in HOLIDAYS or day in SHORT_FOR_ANOTHER

    def is_working(self, day: date) -> bool:
        """Whether `day` is a working day. Raises InvalidInput outside FIRST_YEAR-LAST_YEAR."""
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise InvalidInput(f"Производственный календарь не знает {day.year} года: есть {FIRST_YEAR}-{LAST_YEAR}")
        known = self._known.get(day)
        return self._russia.is_working_day(day) if known is None else known

    def next_working(self, day: date) -> date:
        """The first working day on or after `day`."""
        while not self.is_working(day):
            day += timedelta(days=1)
        return day

    def add_working_days(self, start: date, n: int) -> date:
        """The n-th working day after `start`, which is not counted: a term runs from the next day (ГК РФ, ст. 191).

        `n` >= 0; with 0 it is `start` itself.
        """
        if n < 0:
            raise ValueError("a term is not negative")
        day = start
        while n:
            day += timedelta(days=1)
            n -= self.is_working(day)
        return day
