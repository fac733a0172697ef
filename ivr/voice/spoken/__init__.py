"""Spoken Russian: pure functions from values to words, ready to fill a prompt's placeholders."""

from ivr.voice.spoken.addresses import address
from ivr.voice.spoken.agreement import (
    ADDRESS,
    APPEAL,
    DAY,
    DIGIT,
    HOUR,
    MESSAGE,
    METRE,
    MINUTE,
    MONTH,
    PERSON,
    RUBLE,
    SECOND,
    STAGE,
    WEEK,
    WORKING_DAY,
    YEAR,
    Noun,
    counted,
    form,
)
from ivr.voice.spoken.codes import digit_by_digit
from ivr.voice.spoken.dates import date_words, on_day, on_weekday, since, until, weekday
from ivr.voice.spoken.durations import about, duration
from ivr.voice.spoken.free_text import speakable
from ivr.voice.spoken.numbers import Gender, GrammarCase, cardinal
from ivr.voice.spoken.ordinals import ordinal
from ivr.voice.spoken.phones import phone
from ivr.voice.spoken.times import (
    at_clock,
    at_moment,
    clock,
    clock_short,
    period,
    since_clock,
    since_moment,
    until_clock,
    until_moment,
)

__all__ = [
    "ADDRESS",
    "APPEAL",
    "DAY",
    "DIGIT",
    "HOUR",
    "MESSAGE",
    "METRE",
    "MINUTE",
    "MONTH",
    "PERSON",
    "RUBLE",
    "SECOND",
    "STAGE",
    "WEEK",
    "WORKING_DAY",
    "YEAR",
    "Gender",
    "GrammarCase",
    "Noun",
    "about",
    "address",
    "at_clock",
    "at_moment",
    "cardinal",
    "clock",
    "clock_short",
    "counted",
    "date_words",
    "digit_by_digit",
    "duration",
    "form",
    "on_day",
    "on_weekday",
    "ordinal",
    "period",
    "phone",
    "since",
    "since_clock",
    "since_moment",
    "speakable",
    "until",
    "until_clock",
    "until_moment",
    "weekday",
]
