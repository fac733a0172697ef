"""The schedules of a file of offices: those with the same hours share one, a known one keeps its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gridline.calendar.hours import Schedule
from gridline.calendar.written_hours import Spans, WeekHours
from gridline.yaml.file import Tree

SayHours = Callable[[WeekHours], str]


class OfficeSchedules:
    """Those of the file, and those that a table makes new."""

    def __init__(self, known: Mapping[str, Schedule], trees: Mapping[str, Tree], say: SayHours) -> None:
        self._weeks = {name: schedule.week for name, schedule in known.items()}
        self._trees = dict(trees)
        self._spoken = {name: schedule.spoken for name, schedule in known.items()}
        self._say = say

    def name_of(self, hours: WeekHours, usual: str) -> str:
        """The schedule of these hours: the `usual` one where it says the same."""
        week = dict(hours)
        fitting = [name for name, known in self._weeks.items() if known == week]
        if fitting:
            return usual if usual in fitting else fitting[0]
        name = next(f"hours-{number}" for number in range(1, 1000) if f"hours-{number}" not in self._trees)
        self._weeks[name], self._spoken[name] = week, self._say(hours)
        self._trees[name] = {
            "spoken": self._spoken[name],
            "days": {day: _written(spans) for day, spans in week.items()},
        }
        return name

    def week(self, name: str) -> WeekHours:
        """The hours of one of them."""
        return self._weeks[name]

    def spoken(self, name: str) -> str:
        """As callers hear it; empty for a schedule that nobody knows."""
        return self._spoken.get(name, "")

    def used(self, names: set[str]) -> dict[str, Tree]:
        """As the file has them, without those that no office has any more."""
        return {name: tree for name, tree in self._trees.items() if name in names}


def _written(spans: Spans) -> str:
    return ", ".join(f"{_clock(first)}-{_clock(last)}" for first, last in spans)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
