"""Dates in words: «двадцать третьего ноября», «до второго января две тысячи двадцать седьмого года», «завтра»."""

from __future__ import annotations

from datetime import date

from ivr.voice.spoken.numbers import Gender, GrammarCase
from ivr.voice.spoken.ordinals import ordinal

MONTHS = (
    *("января", "февраля", "марта", "апреля", "мая", "июня"),
    *("июля", "августа", "сентября", "октября", "ноября", "декабря"),
)
_WEEKDAYS = ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье")
_ON_WEEKDAYS = ("в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу", "в воскресенье")
_NEAR = {-2: "позавчера", -1: "вчера", 0: "сегодня", 1: "завтра", 2: "послезавтра"}


def date_words(day: date, case: GrammarCase = GrammarCase.GEN, *, year: bool = False) -> str:
    """The date; in the genitive (the default) it answers «when»: «двадцать третьего ноября»."""
    words = f"{ordinal(day.day, case, Gender.N)} {MONTHS[day.month - 1]}"
    return f"{words} {year_words(day.year)} года" if year else words


def year_words(year: int) -> str:
    """The year in the genitive, without «года»: «две тысячи двадцать шестого»."""
    return ordinal(year, GrammarCase.GEN)


def until(day: date, today: date | None = None) -> str:
    """«до двадцать третьего ноября»; the year too when it is not that of `today`."""
    return f"до {date_words(day, year=_other_year(day, today))}"


def since(day: date, today: date | None = None) -> str:
    """«с двадцать третьего ноября», «со второго мая»."""
    words = date_words(day, year=_other_year(day, today))
    return f"со {words}" if words.startswith("втор") else f"с {words}"


def on_day(day: date, today: date) -> str:
    """When: «вчера», «сегодня», «завтра», «послезавтра», else the date, with the year if it is another."""
    near = _NEAR.get((day - today).days)
    return near or date_words(day, year=_other_year(day, today))


def weekday(day: date) -> str:
    """«понедельник»."""
    return _WEEKDAYS[day.weekday()]


def on_weekday(day: date) -> str:
    """«в понедельник», «во вторник»."""
    return _ON_WEEKDAYS[day.weekday()]


def _other_year(day: date, today: date | None) -> bool:
    return today is not None and day.year != today.year
