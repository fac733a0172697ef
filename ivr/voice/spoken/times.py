"""Clock times and moments in words: «восемнадцать часов пять минут», «завтра с девяти часов»."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo

from ivr.voice.spoken.agreement import HOUR, MINUTE, counted
from ivr.voice.spoken.dates import on_day
from ivr.voice.spoken.numbers import GrammarCase, cardinal


def clock(at: time, case: GrammarCase = GrammarCase.NOM) -> str:
    """The full form: «восемнадцать часов пять минут», in the genitive «восемнадцати часов пяти минут»."""
    hours = counted(at.hour, HOUR, case)
    return f"{hours} {counted(at.minute, MINUTE, case)}" if at.minute else hours


def clock_short(at: time) -> str:
    """As people say it: «восемнадцать ноль пять», «восемнадцать часов» on the hour, «ноль часов пять минут»."""
    if not at.minute or not at.hour:
        return clock(at)
    minutes = cardinal(at.minute)
    return f"{cardinal(at.hour)} {'ноль ' if at.minute < 10 else ''}{minutes}"


def at_clock(at: time) -> str:
    """«в восемнадцать ноль пять», «в двадцать один час»."""
    return f"в {clock_short(at) if at.hour and at.minute else clock(at, GrammarCase.ACC)}"


def since_clock(at: time) -> str:
    """«с девяти часов», «с ноля часов»."""
    return f"с {clock(at, GrammarCase.GEN)}"


def until_clock(at: time) -> str:
    """«до восемнадцати часов пяти минут», «до двадцати четырёх часов» for midnight."""
    return f"до {clock(at, GrammarCase.GEN) if at.hour or at.minute else counted(24, HOUR, GrammarCase.GEN)}"


def between_clocks(first: time, last: time) -> str:
    """«с девяти до семнадцати часов», «с девяти часов тридцати минут до семнадцати часов»."""
    if not first.minute and not last.minute and first.hour > 1:  # «с одного», «с ноля» need their «часа», «часов»
        return f"с {cardinal(first.hour, GrammarCase.GEN)} {until_clock(last)}"
    return f"{since_clock(first)} {until_clock(last)}"


def at_moment(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """«сегодня в восемнадцать часов»; both moments aware, days reckoned in `zone`."""
    return f"{_day(moment, now, zone)} {at_clock(_clock(moment, zone))}"


def since_moment(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """«вчера с двадцати двух часов»."""
    return f"{_day(moment, now, zone)} {since_clock(_clock(moment, zone))}"


def until_moment(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """«двадцать третьего ноября до восемнадцати часов»; midnight ends the day before it: «до двадцати четырёх»."""
    return f"{on_day(_last_day(moment, zone), now.astimezone(zone).date())} {until_clock(_clock(moment, zone))}"


def period(start: datetime, end: datetime, now: datetime, zone: tzinfo) -> str:
    """«завтра с девяти до двенадцати часов»; over several days each end with its day."""
    if start.astimezone(zone).date() != _last_day(end, zone):
        return f"{since_moment(start, now, zone)}, {until_moment(end, now, zone)}"
    return f"{_day(start, now, zone)} {between_clocks(_clock(start, zone), _clock(end, zone))}"


def _last_day(end: datetime, zone: tzinfo) -> date:
    local = end.astimezone(zone)
    return local.date() - timedelta(days=0 if local.hour or local.minute else 1)


def _day(moment: datetime, now: datetime, zone: tzinfo) -> str:
    return on_day(moment.astimezone(zone).date(), now.astimezone(zone).date())


def _clock(moment: datetime, zone: tzinfo) -> time:
    return moment.astimezone(zone).time()
