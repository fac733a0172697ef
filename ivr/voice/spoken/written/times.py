"""Clock times in a text as it was written: «с 9.00 до 17.00», «в 14:30», «до 24:00», «9-00», «в 9 ч 30 мин»."""

from __future__ import annotations

import re
from datetime import time

from ivr.voice.spoken.times import at_clock, between_clocks, clock, clock_short, since_clock, until_clock
from ivr.voice.spoken.written.demands import DecidedBy, demand
from ivr.voice.spoken.written.units import OTHER_PATTERN

_HOURS = r"(?:ч(?:ас(?:а|ов)?)?\b\.?)"
_TIME = (
    r"(?:[01]?\d|2[0-4])"
    rf"(?:[:.][0-5]\d|-(?:00|30)(?= (?:до|по|{_HOURS})\b| ?[-–—]| ?$| ?[.,;)])|"
    rf" ?{_HOURS} ?[0-5]\d ?мин(?:ут[аы]?)?\b\.?)"
    rf"(?!\d|[.,:]\d| ?{OTHER_PATTERN})(?: ?{_HOURS})?"
)
_ALONE = r"(?<![\d.,:/-])"
_SPAN = re.compile(rf"(?:\b[СсОо][оОтТ]? )?{_ALONE}(?P<first>{_TIME})(?: (?:до|по) | ?[-–—] ?)(?P<last>{_TIME})")
_ONE = re.compile(rf"(?P<before>(?<![А-Яа-яЁё])(?:[Сс]о?|[Дд]о|[Вв]о?) )?{_ALONE}(?P<time>{_TIME})")


def spoken_times(text: str) -> str:
    """`text` with its clock times in words; what is no time is left as it is."""
    return _ONE.sub(_one, _SPAN.sub(_span, text))


def _span(match: re.Match[str]) -> str:
    first, last = _read(match["first"]), _read(match["last"])
    return between_clocks(first, last) if first is not None and last is not None else match[0]


def _one(match: re.Match[str]) -> str:
    at = _read(match["time"])
    if at is None:
        return match[0]
    asked = demand(match.string, match.start("time"))
    if asked.by is not DecidedBy.PREPOSITION or (asked.word == "по"):
        return clock_short(at)
    said = {"с": since_clock, "со": since_clock, "до": until_clock, "в": at_clock, "во": at_clock}.get(asked.word)
    if said is None:
        return f"{match['before'] or ''}{clock(at, asked.cases[0])}"
    return said(at)


def _read(written: str) -> time | None:
    """24:00 is midnight, as the end of a day; None for 24:30."""
    hour, minute = (int(digits) for digits in re.findall(r"\d+", written))
    if hour == 24:
        return time() if not minute else None
    return time(hour, minute)
