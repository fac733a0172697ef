"""Planned works ahead in a settlement that the caller names: the nearest of them, or those of a day that they key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from grid import feeds
from grid.outages import published
from grid.outages.published import PublicOutage, PublicPlace, PublicState
from grid.places.directory import Settlement
from gridline.companies import Company
from ivr.actions.power import address, words
from ivr.actions.questions import LOOK_UP_S, SILENCE, NumberAsked, PersonWanted, choose
from ivr.line import Line
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt

NEAREST: Final = 3
"""Works told unasked."""
STREETS_SAID: Final = 4
OTHER_DAY, ELSEWHERE = "1", "2"
_DAY_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class PlannedHere:
    """What is planned in one settlement, the earliest first."""

    name: str
    """As it is spoken."""
    works: Sequence[PublicOutage]
    key: str
    company: Company
    now: datetime
    as_of: datetime | None
    """Of the feed it came from, where that is old."""

    @property
    def today(self) -> date:
        """The day it is for the company."""
        return self.now.astimezone(self.company.zone).date()

    def on(self, day: date) -> list[PublicOutage]:
        """What begins, goes on or ends on a day of the company's zone."""
        zone = self.company.zone
        found = []
        for one in self.works:
            last = one.expected_end or one.starts_at
            if one.starts_at.astimezone(zone).date() <= day <= (last - timedelta(seconds=1)).astimezone(zone).date():
                found.append(one)
        return found


async def act(line: Line, services: Services, _topic: str) -> Literal["done", "operator"]:
    """Tell what is planned where they ask about, one settlement after another."""
    while True:
        settlement = await address.settlement(line, services)
        if settlement is None:
            await line.say("person-after-tries")
            raise PersonWanted
        ahead = await _looked_up(line, services, settlement)
        if await _tell(line, ahead) != ELSEWHERE:
            return "done"


async def _looked_up(line: Line, services: Services, settlement: Settlement) -> PlannedHere:
    company, now = line.call.company, services.clock.now()
    async with services.db.read(within_s=LOOK_UP_S) as session:
        planned = {id: one for id, one in (await published.current(session, company.id, now)).items() if one[0].planned}
        told = await published.told(session, company.id, planned)
        old = await feeds.age(session, company, now)
    here = [
        one
        for one in told
        if one.state is PublicState.AHEAD and any(place.key == settlement.key for place in one.places)
    ]
    as_of = now - old if old is not None else None
    return PlannedHere(spoken.address(settlement.name), here, settlement.key, company, now, as_of)


async def _tell(line: Line, ahead: PlannedHere) -> str:
    """Say it, and the works of each day they key; the key that leads on."""
    phrases = nearest(ahead)
    while True:
        key = await choose(line, *phrases, "planned-end-menu", keys=OTHER_DAY + ELSEWHERE, silence=SILENCE)
        if key != OTHER_DAY:
            return key
        day = await _day(line, ahead.today)
        phrases = _of(ahead, ahead.on(day)) or [
            Prompt("planned-none-on", settlement=ahead.name, day=spoken.on_day(day, ahead.today))
        ]


def nearest(ahead: PlannedHere) -> list[Phrase]:
    """The next works, and how many come after them; or that there are none."""
    if not ahead.works:
        phrases: list[Phrase] = [Prompt("planned-none", settlement=ahead.name)]
    else:
        phrases = [Prompt("planned-found", settlement=ahead.name), *_of(ahead, ahead.works[:NEAREST])]
        if (later := len(ahead.works) - NEAREST) > 0:
            phrases.append(Prompt("planned-later", later=spoken.cardinal(later, gender=spoken.Gender.N)))
    if ahead.as_of is not None:
        phrases.append(Prompt("outage-as-of", at=spoken.at_moment(ahead.as_of, ahead.now, ahead.company.zone)))
    return phrases


def _of(ahead: PlannedHere, works: Sequence[PublicOutage]) -> list[Phrase]:
    zone, now = ahead.company.zone, ahead.now
    phrases: list[Phrase] = []
    for one in works:
        here = [place for place in one.places if place.key == ahead.key]
        ends = one.expected_end
        when = spoken.period(one.starts_at, ends, now, zone) if ends else spoken.since_moment(one.starts_at, now, zone)
        phrases.append(Prompt("planned-works", what=words.BACK[one.service], when=when, places=_streets(here)))
    return phrases


def _streets(places: Sequence[PublicPlace]) -> str:
    """«улица Плановая, часть домов; улица Тёмная»; the whole settlement where one place is all of it."""
    if any(not place.street for place in places):
        return "весь населённый пункт"
    named = [f"{spoken.address(one.street)}{', часть домов' if one.houses else ''}" for one in places[:STREETS_SAID]]
    return "; ".join([*named, *["и другие улицы"] * (len(places) > STREETS_SAID)])


async def _day(line: Line, today: date) -> date:
    """The day they key as day and month, within what is published. Raises PersonWanted."""
    asked = NumberAsked(line, "planned-day-enter", at_most=_DAY_DIGITS)
    while True:
        digits = await asked.digits()
        if len(digits) < _DAY_DIGITS:
            await asked.wrong("too-few-digits")
        elif (day := next_of(int(digits[:2]), int(digits[2:]), today)) is None:
            await asked.wrong("planned-day-wrong")
        elif day > today + published.AHEAD:
            await asked.wrong("planned-day-too-far")
        else:
            return day


def next_of(day: int, month: int, today: date) -> date | None:
    """The next such day from `today` on; None where no month has it. In December «пятое января» is next year's."""
    for year in (today.year, today.year + 1):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found >= today:
            return found
    return None
