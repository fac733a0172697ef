"""Free times of an office read out by day, three at once, until the caller takes one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from grid.offices import booking
from grid.offices.slots import OfficeTimes
from ivr.actions.questions import LOOK_UP_S, choose
from ivr.line import Line
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt

AT_ONCE: Final = 3
NEAR_DAYS: Final = 2
"""Days that have a name of their own: today, tomorrow, the day after."""
LATER, OTHER_DAY = "4", "5"


async def chosen(line: Line, services: Services, times: OfficeTimes) -> datetime | None:
    """The time they take, free as it was read out; None where nothing is free. Raises PersonWanted."""
    now = services.clock.now()
    since, until = times.period(now)
    async with services.db.read(within_s=LOOK_UP_S) as session:
        taken = await booking.taken(session, line.call.company.id, times.office.id, since, until)
    days = [(day, free) for day in times.days(now) if (free := times.free(day, now, taken))]
    nth = first = 0
    today = now.astimezone(times.zone).date()
    while days:
        day, free = days[nth % len(days)]
        screen, more = free[first : first + AT_ONCE], len(free) > first + AT_ONCE
        keys = [str(key) for key in range(1, len(screen) + 1)]
        words: list[Phrase] = [Prompt("appointment-day", day=on_that_day(day, today)), *_read_out(screen)]
        if more:
            words.append("appointment-later")
            keys.append(LATER)
        if len(days) > 1:
            words.append("appointment-other-day")
            keys.append(OTHER_DAY)
        key = await choose(line, *words, keys=keys)
        if key == LATER:
            first += AT_ONCE
        elif key == OTHER_DAY:
            nth, first = nth + 1, 0
        else:
            return screen[int(key) - 1]
    return None


def _read_out(screen: list[datetime]) -> list[Phrase]:
    return [
        Prompt("appointment-time", at=_capital(spoken.at_clock(at.time())), key=spoken.cardinal(key))
        for key, at in enumerate(screen, start=1)
    ]


def on_that_day(day: date, today: date) -> str:
    """«завтра, третьего декабря», «в пятницу, четвёртого декабря»."""
    words = spoken.on_day(day, today)
    if (day - today).days <= NEAR_DAYS:
        return f"{words}, {spoken.date_words(day)}"
    return f"{spoken.on_weekday(day)}, {words}"


def at_that_time(at: datetime, now: datetime, times: OfficeTimes) -> str:
    """«завтра, третьего декабря, в десять тридцать», by the office's clocks."""
    local = at.astimezone(times.zone)
    return f"{on_that_day(local.date(), now.astimezone(times.zone).date())}, {spoken.at_clock(local.time())}"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
