"""Dates, clock times and lengths of time, as they are said."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.voice import spoken

RUSSIAN = re.compile(r"^[а-яё]+(,? [а-яё]+)*$")
MOSCOW = ZoneInfo("Europe/Moscow")
KUZBASS = ZoneInfo("Asia/Novokuznetsk")
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)  # noon in Moscow, 16:00 in Kuzbass


def test_every_day_of_four_years_has_its_own_words() -> None:
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(4 * 365 + 1)]
    said = [spoken.date_words(day, year=True) for day in days]
    assert len(set(said)) == len(days)
    assert all(RUSSIAN.match(words) for words in said)
    assert [day for day, words in zip(days, said, strict=True) if words.split()[-1] != "года"] == []
    assert {spoken.until(day).split()[0] for day in days} == {"до"}
    assert {spoken.since(day).split()[0] for day in days if day.day == 2} == {"со"}
    assert {spoken.since(day).split()[0] for day in days if day.day != 2} == {"с"}


def test_every_minute_of_a_day_is_said_in_its_own_way() -> None:
    minutes = [time(hour, minute) for hour in range(24) for minute in range(60)]
    for way in (spoken.clock, spoken.clock_short, spoken.at_clock, spoken.since_clock, spoken.until_clock):
        said = [way(at) for at in minutes]
        assert len(set(said)) == len(minutes)
        assert all(RUSSIAN.match(words) for words in said)


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 15 * 366 * 86_400).map(lambda s: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=s)),
    st.integers(1, 90 * 86_400),
    st.sampled_from([MOSCOW, KUZBASS]),
)
def test_moments_hold_no_digit_and_stand_in_the_zone(start: datetime, seconds: int, zone: ZoneInfo) -> None:
    end = start + timedelta(seconds=seconds)
    now = start - timedelta(minutes=5)
    for words in (
        spoken.at_moment(start, now, zone),
        spoken.since_moment(start, now, zone),
        spoken.until_moment(end, now, zone),
        spoken.period(start, end, now, zone),
    ):
        assert RUSSIAN.match(words), words
    assert spoken.clock(start.astimezone(zone).time(), spoken.GrammarCase.GEN) in spoken.since_moment(start, now, zone)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 30 * 86_400))
def test_durations_are_one_or_two_units(seconds: int) -> None:
    words = spoken.duration(seconds)
    assert RUSSIAN.match(words)
    assert RUSSIAN.match(spoken.about(seconds))


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (spoken.date_words(date(2026, 11, 23)), "двадцать третьего ноября"),
        (spoken.date_words(date(2026, 11, 23), spoken.GrammarCase.NOM), "двадцать третье ноября"),
        (spoken.date_words(date(2026, 5, 3), spoken.GrammarCase.DAT), "третьему мая"),
        (spoken.date_words(date(2027, 1, 11), year=True), "одиннадцатого января две тысячи двадцать седьмого года"),
        (spoken.until(date(2026, 11, 23)), "до двадцать третьего ноября"),
        (spoken.until(date(2026, 11, 23), date(2026, 1, 1)), "до двадцать третьего ноября"),
        (spoken.until(date(2027, 1, 2), date(2026, 12, 3)), "до второго января две тысячи двадцать седьмого года"),
        (spoken.since(date(2026, 5, 2)), "со второго мая"),
        (spoken.since(date(2026, 5, 12)), "с двенадцатого мая"),
        (spoken.on_day(date(2026, 11, 23), date(2026, 11, 22)), "завтра"),
        (spoken.on_day(date(2026, 12, 23), date(2026, 11, 22)), "двадцать третьего декабря"),
        (spoken.on_weekday(date(2026, 11, 24)), "во вторник"),
        (spoken.weekday(date(2026, 11, 25)), "среда"),
        (spoken.clock(time(18, 5)), "восемнадцать часов пять минут"),
        (spoken.clock(time(21, 21)), "двадцать один час двадцать одна минута"),
        (spoken.clock_short(time(18, 5)), "восемнадцать ноль пять"),
        (spoken.clock_short(time(0, 5)), "ноль часов пять минут"),
        (spoken.clock_short(time(9, 30)), "девять тридцать"),
        (spoken.at_clock(time(18, 5)), "в восемнадцать ноль пять"),
        (spoken.at_clock(time(21, 0)), "в двадцать один час"),
        (spoken.since_clock(time(9, 0)), "с девяти часов"),
        (spoken.until_clock(time(18, 5)), "до восемнадцати часов пяти минут"),
        (spoken.until_clock(time(0, 0)), "до двадцати четырёх часов"),
        (spoken.at_moment(NOW, NOW, MOSCOW), "сегодня в двенадцать часов"),
        (spoken.at_moment(NOW, NOW, KUZBASS), "сегодня в шестнадцать часов"),
        (spoken.since_moment(NOW - timedelta(hours=13), NOW, MOSCOW), "вчера с двадцати трёх часов"),
        (spoken.until_moment(NOW + timedelta(hours=12), NOW, MOSCOW), "сегодня до двадцати четырёх часов"),
        (spoken.until_moment(NOW + timedelta(hours=12), NOW, KUZBASS), "завтра до четырёх часов"),
        (spoken.period(NOW, NOW + timedelta(hours=3), NOW, MOSCOW), "сегодня с двенадцати до пятнадцати часов"),
        (
            spoken.period(NOW, NOW + timedelta(minutes=90), NOW, MOSCOW),
            "сегодня с двенадцати часов до тринадцати часов тридцати минут",
        ),
        (
            spoken.period(NOW, NOW + timedelta(days=40), NOW, MOSCOW),
            "сегодня с двенадцати часов, первого января две тысячи двадцать седьмого года до двенадцати часов",
        ),
        (spoken.duration(0), "ноль секунд"),
        (spoken.duration(7505), "два часа пять минут"),
        (spoken.duration(61, spoken.GrammarCase.ACC), "одну минуту одну секунду"),
        (spoken.duration(2 * 86_400 + 5), "два дня"),
        (spoken.about(20), "меньше минуты"),
        (spoken.about(61), "около двух минут"),
        (spoken.about(12 * 60), "около пятнадцати минут"),
        (spoken.about(55 * 60 + 1), "около часа"),
        (spoken.about(61 * 60), "около полутора часов"),
        (spoken.about(100 * 60), "около двух часов"),
        (spoken.about(30 * 3600), "больше суток"),
    ],
)
def test_golden(said: str, wanted: str) -> None:
    assert said == wanted


def test_an_estimate_is_never_shorter_than_the_truth() -> None:
    said_minutes = {"меньше минуты": 1, "около минуты": 1, "около часа": 60, "около полутора часов": 90}
    for minutes in range(1, 60):
        said_minutes[f"около {spoken.counted(minutes, spoken.MINUTE, spoken.GrammarCase.GEN)}"] = minutes
    for hours in range(2, 25):
        said_minutes[f"около {spoken.counted(hours, spoken.HOUR, spoken.GrammarCase.GEN)}"] = hours * 60
    for seconds in range(0, 24 * 3600, 7):
        assert said_minutes[spoken.about(seconds)] * 60 >= seconds


def test_a_negative_duration_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        spoken.duration(-1)
