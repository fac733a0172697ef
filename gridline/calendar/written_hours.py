"""Weekly hours as people write them: «пн-чт 8-17, пт до 16:00, обед 12:00-12:48» read into days and minutes.

The text is cut into words that are known (days, hours, a break, a day off); a word that is none of them is refused, for
what is left out of somebody's hours is heard by a caller before a locked door.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from gridline.calendar.hours import WEEKDAYS, Weekday
from gridline.calendar.hours_words import MIDNIGHT, UnreadHours, Word, checked, minute, span, words

Spans = tuple[tuple[int, int], ...]
"""Minutes of the day, from and until."""
WeekHours = Mapping[Weekday, Spans]
"""Open days alone, in the order of the week."""


SHORT_DAYS: Final = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")


def read_hours(written: str) -> WeekHours:
    """The hours of each open day. Raises UnreadHours."""
    return _Reader(words(written)).read()


@dataclass
class _Clause:
    """Days with one kind of hours; days may stand before their hours or behind them."""

    days: list[Weekday] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    rests: list[tuple[int, int]] = field(default_factory=list)
    shut: bool = False
    days_behind: bool = False
    """The hours came first: «9-18 (пн-пт)»."""
    no_rest: bool = False

    @property
    def said(self) -> bool:
        """Whether something is known of its days."""
        return bool(self.spans) or self.shut


class _Reader:
    """Goes through the words of one text, a clause after another."""

    def __init__(self, text: Sequence[Word]) -> None:
        self._words = text
        self._clauses: list[_Clause] = [_Clause()]
        self._mode = "days"
        """What a day means now: `days` of the clause, `but` (left out), `rest` (of a break)."""
        self._range_from: Weekday | None = None
        self._rest_days: list[Weekday] = []

    @property
    def _now(self) -> _Clause:
        return self._clauses[-1]

    def read(self) -> WeekHours:
        """All of it. Raises UnreadHours."""
        last_day = None
        for nth, (kind, found) in enumerate(self._words):
            following = self._words[nth + 1][0] if nth + 1 < len(self._words) else ""
            if kind == "to":
                self._range_from = last_day if following in WEEKDAYS else None
            else:
                self._take(kind, found, following)
                self._range_from = None
            last_day = next((day for day in WEEKDAYS if day == kind), None)
        return self._together()

    def _take(self, kind: str, found: re.Match[str], following: str) -> None:
        if kind in WEEKDAYS:
            day = next(day for day in WEEKDAYS if day == kind)
            self._days(_range(self._range_from, day))
        elif kind == "workdays":
            self._days(list(WEEKDAYS[:5]))
        elif kind == "daily":
            if not self._now.said:  # «9-20 без выходных» says it behind the hours
                self._days(list(WEEKDAYS))
            elif not self._now.days:
                self._now.days = list(WEEKDAYS)
        elif kind == "weekend" and following in ("span", "round") and (self._now.said or not self._now.days):
            self._days(list(WEEKDAYS[5:]))
        elif kind in ("weekend", "shut"):
            self._shut(days_follow=following in WEEKDAYS)
        elif kind == "span":
            self._span(span(found))
        elif kind == "round":
            self._span((0, MIDNIGHT))
        elif kind == "until":
            self._until(minute(found, "u"))
        elif kind == "nobreak":
            next((clause for clause in reversed(self._clauses) if clause.spans), self._now).no_rest = True
        elif kind == "end" and self._now.said:
            self._clauses.append(_Clause())
            self._mode = "days"
        elif kind == "rest":
            self._mode, self._rest_days = "rest", []
        elif kind == "but":
            self._mode = "but"

    def _days(self, days: list[Weekday]) -> None:
        if self._mode == "rest":
            self._rest_days += [day for day in days if day not in self._rest_days]
            return
        if self._mode == "but":
            self._now.days = [day for day in self._now.days or WEEKDAYS if day not in days]
            return
        self._mode = "days"
        if self._now.said and self._now.days and not self._now.days_behind:
            self._clauses.append(_Clause())
        elif self._now.said and not self._now.days:
            self._now.days_behind = True
        self._now.days += [day for day in days if day not in self._now.days]

    def _shut(self, *, days_follow: bool) -> None:
        self._mode = "days"
        if self._now.days_behind and not days_follow:
            raise UnreadHours("не понять, какие дни рабочие, а какие выходные: пишите дни перед часами")
        if self._now.said:
            self._clauses.append(_Clause())
        self._now.shut = True

    def _span(self, hours: tuple[int, int]) -> None:
        if self._mode == "rest":
            self._rest(hours)
            return
        self._mode = "days"
        if self._now.shut and not self._now.days:
            raise UnreadHours("после слова «выходной» стоят часы")
        if self._now.shut or self._now.days_behind:
            self._clauses.append(_Clause())
        self._now.spans.append(hours)

    def _rest(self, hours: tuple[int, int]) -> None:
        """A break of the days it names, or else of every clause before it that has none."""
        self._mode = "days"
        open_ones = [clause for clause in self._clauses if clause.spans and not clause.no_rest]
        meant = [clause for clause in open_ones if set(clause.days) & set(self._rest_days)]
        if not self._rest_days:
            meant = [clause for clause in open_ones if not clause.rests] or open_ones[-1:]
        if not meant:
            raise UnreadHours("перерыв назван раньше часов работы")
        for clause in meant:
            if self._rest_days and not set(clause.days) <= set(self._rest_days):
                raise UnreadHours("перерыв не тех дней, что часы: назовите его сразу после их часов")
            clause.rests.append(hours)

    def _until(self, end: int) -> None:
        """«пт до 16»: it begins as the days before it do."""
        before = next((clause.spans[0][0] for clause in reversed(self._clauses[:-1]) if clause.spans), None)
        if before is None or self._now.spans:
            raise UnreadHours("написано, до какого часа, но не с какого")
        self._now.spans.append(checked(before, end))

    def _together(self) -> WeekHours:
        told: dict[Weekday, Spans] = {}
        for clause in self._clauses:
            if clause.spans and not clause.days:
                if clause.spans != [(0, MIDNIGHT)]:
                    raise UnreadHours("не сказано, по каким дням")
                clause.days = list(WEEKDAYS)
            if clause.days and not clause.said:
                raise UnreadHours("не у всех дней есть часы")
            for day in clause.days:
                if day in told:
                    raise UnreadHours("один день назван дважды")
                told[day] = _without(clause)
        open_days = {day: told[day] for day in WEEKDAYS if told.get(day)}
        if not open_days:
            raise UnreadHours("часов нет")
        return open_days


def _range(first: Weekday | None, last: Weekday) -> list[Weekday]:
    if first is None:
        return [last]
    begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last)
    if begin >= end:
        raise UnreadHours("дни идут в обратном порядке")
    return list(WEEKDAYS[begin : end + 1])


def _without(clause: _Clause) -> Spans:
    """The clause's hours less its breaks."""
    spans = sorted(clause.spans)
    for rest_first, rest_last in clause.rests:
        held = next((one for one in spans if one[0] < rest_first and rest_last < one[1]), None)
        if held is None:
            raise UnreadHours("перерыв не внутри часов работы")
        at = spans.index(held)
        spans[at : at + 1] = [(held[0], rest_first), (rest_last, held[1])]
    if any(before[1] > after[0] for before, after in pairwise(spans)):
        raise UnreadHours("часы одного дня находят друг на друга")
    return tuple(spans)


def as_written(week: WeekHours) -> str:
    """«пн-пт 8:00-12:00, 13:00-17:00; сб 9:00-14:00»: what `read_hours` reads as the same."""
    groups: list[tuple[list[int], Spans]] = []
    for day, spans in week.items():
        at = WEEKDAYS.index(day)
        if groups and groups[-1][1] == spans and groups[-1][0][-1] == at - 1:
            groups[-1][0].append(at)
        else:
            groups.append(([at], spans))
    return "; ".join(f"{_named(days)} {', '.join(map(_clocks, spans))}" for days, spans in groups)


def _named(days: list[int]) -> str:
    first, last = SHORT_DAYS[days[0]], SHORT_DAYS[days[-1]]
    return first if first == last else f"{first}-{last}"


def _clocks(span: tuple[int, int]) -> str:
    return "-".join(f"{minute // 60}:{minute % 60:02}" for minute in span)
