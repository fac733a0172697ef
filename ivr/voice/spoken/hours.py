"""Weekly hours in words: «с понедельника по четверг с восьми до семнадцати часов, в пятницу до шестнадцати часов»."""

from __future__ import annotations

from datetime import time
from itertools import pairwise

from gridline.calendar.hours import WEEKDAYS, Weekday
from gridline.calendar.written_hours import Spans, WeekHours
from ivr.voice.spoken.times import between_clocks

_FROM = ("понедельника", "вторника", "среды", "четверга", "пятницы", "субботы", "воскресенья")
_ON = ("понедельник", "вторник", "среду", "четверг", "пятницу", "субботу", "воскресенье")
_WHOLE_DAY = 24 * 60


def week_hours(hours: WeekHours) -> str:
    """The hours of the open days; a break that all of them have is said once, at the end."""
    groups: dict[Spans, list[Weekday]] = {}
    for day, spans in hours.items():
        groups.setdefault(spans, []).append(day)
    rests = {_rests(spans) for spans in groups}
    shared = rests.pop() if len(rests) == 1 else ""
    told = [f"{_days(days)} {_open(spans)}{'' if shared else _rests(spans)}" for spans, days in groups.items()]
    return ", ".join(told) + shared


def _days(days: list[Weekday]) -> str:
    numbers = [WEEKDAYS.index(day) for day in days]
    if len(numbers) == len(WEEKDAYS):
        return "ежедневно"
    first, last = numbers[0], numbers[-1]
    if len(numbers) > 2 and last - first == len(numbers) - 1:
        return f"{'со' if first == 1 else 'с'} {_FROM[first]} по {_ON[last]}"
    named = [_ON[number] for number in numbers]
    listed = " и ".join(filter(None, (", ".join(named[:-1]), named[-1])))
    return f"{'во' if first == 1 else 'в'} {listed}"


def _open(spans: Spans) -> str:
    first, last = spans[0][0], spans[-1][1]
    return "круглосуточно" if (first, last) == (0, _WHOLE_DAY) else between_clocks(_clock(first), _clock(last))


def _rests(spans: Spans) -> str:
    """«, перерыв с двенадцати до тринадцати часов»; empty for a day without one."""
    gaps = [between_clocks(_clock(one[1]), _clock(two[0])) for one, two in pairwise(spans)]
    return f", перерыв {' и '.join(gaps)}" if gaps else ""


def _clock(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)
