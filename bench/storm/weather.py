"""A town, a day and a storm, drawn by a seed: what goes dark when, and who calls about what."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

ORDINARY_A_MINUTE: Final = 446_000 / (365 * 24 * 60)
"""Calls of a region's line in a year (domain.md, section 8)."""
STORM_TIMES: Final = 20
SHARES: Final = {"connection": 0.52, "outage": 0.25, "metering": 0.11, "complaint": 0.031, "danger": 0.01}
"""What ordinary calls are about (domain.md, section 8; danger is ours); the rest want a person."""
DANGER_SHARE: Final = 0.015
"""Of the calls a storm adds; the other figures of this file are ours as well, and said in docs/performance.md."""
WRONG_PLACE, PRANK = 0.03, 0.01
REPEATS: Final = 0.3
"""So many who are dark call again while they are."""
PERSON_AFTER_ALL: Final = 0.15
"""So many who were told want to talk to a person all the same."""
STILL_DARK: Final = 0.5
"""Of those who are left dark when the rest has supply again, so many call then."""
KNOWN: Final = 0.6
"""Of premises, with a telephone number on file."""
HOUSES, TRANSFORMERS, FEEDERS = 12, 6, 4
"""Premises of a transformer, transformers of a feeder, feeders of a substation."""
STREETS: Final = ("Весенняя", "Лесная", "Садовая", "Новая", "Заречная", "Полевая", "Школьная", "Мирная")
SETTLEMENTS: Final = ("г. Кемерово", "п. Южный", "с. Берёзово", "д. Сухово", "п. Металлплощадка", "с. Елыкаево")


class Wish(StrEnum):
    """What a caller wants."""

    OUTAGE = "outage"
    DANGER = "danger"
    CONNECTION = "connection"
    METERING = "metering"
    COMPLAINT = "complaint"
    PERSON = "person"


class Finds(StrEnum):
    """How a caller whose number is not known says where they are."""

    ACCOUNT = "account"
    KEYS = "keys"
    ALOUD = "aloud"


@dataclass(frozen=True, slots=True)
class Home:
    """One premise of the town."""

    number: int
    settlement: str
    street: str
    house: str
    transformer: str
    feeder: str
    substation: str
    phone: str
    """E.164; of a known one it is on file."""
    known: bool

    @property
    def account(self) -> str:
        """As it is keyed."""
        return f"{4_000_000 + self.number}"

    @property
    def nodes(self) -> tuple[str, str, str]:
        """What feeds it."""
        return self.transformer, self.feeder, self.substation


@dataclass(frozen=True, slots=True)
class Blackout:
    """One true outage: what a node feeds is dark; `nested` is a transformer of it that stays dark longer."""

    node: str
    begins_s: float
    ends_s: float
    nested: str = ""
    nested_ends_s: float = 0.0

    def darkens(self, house: Home, at_s: float) -> bool:
        """Whether this house has no supply by it at this moment."""
        if self.node not in house.nodes or at_s < self.begins_s:
            return False
        return at_s < (self.nested_ends_s if self.nested == house.transformer else self.ends_s)


@dataclass(frozen=True, slots=True)
class Persona:
    """One call to come."""

    at_s: float
    house: Home
    subject: Wish
    finds: Finds
    patience_s: float
    knows_number: bool
    """Whether the number called from is the one on file."""
    wants_person: bool
    """Even when told."""


@dataclass(frozen=True, slots=True)
class Weather:
    """A whole night: the town, what is dark, who calls."""

    houses: Sequence[Home]
    blackouts: Sequence[Blackout]
    callers: Sequence[Persona]
    seconds: float

    def dark(self, house: Home, at_s: float) -> bool:
        """Whether this house has no supply."""
        return any(one.darkens(house, at_s) for one in self.blackouts)


def drawn(seed: int, *, substations: int, calm_s: float, storm_s: float, times: float = STORM_TIMES) -> Weather:
    """An ordinary time of `calm_s`, a storm of `storm_s`, and `calm_s` of calm behind it; one seed, one night."""
    draw = random.Random(seed)
    houses = list(_town(draw, substations))
    seconds = 2 * calm_s + storm_s
    blackouts = list(_blackouts(draw, houses, calm_s, storm_s))
    callers = [*_ordinary(draw, houses, blackouts, seconds), *_stormy(draw, houses, blackouts, calm_s, storm_s, times)]
    return Weather(houses, blackouts, sorted(callers, key=lambda one: one.at_s), seconds)


def _town(draw: random.Random, substations: int) -> Iterator[Home]:
    number = 0
    for substation in range(1, substations + 1):
        for feeder in range(1, FEEDERS + 1):
            settlement = SETTLEMENTS[(substation * FEEDERS + feeder) % len(SETTLEMENTS)]
            for transformer in range(1, TRANSFORMERS + 1):
                street = STREETS[(feeder + transformer) % len(STREETS)]
                for place in range(1, HOUSES + 1):
                    number += 1
                    yield Home(
                        number,
                        settlement,
                        f"ул. {street}",
                        str(number),
                        f"ТП-{substation}{feeder}{transformer}",
                        f"Ф-{substation}{feeder}",
                        f"ПС-{substation}",
                        f"+7913{2_000_000 + number}",
                        draw.random() < KNOWN,
                    )
                    del place


def _blackouts(draw: random.Random, houses: Sequence[Home], calm_s: float, storm_s: float) -> Iterator[Blackout]:
    """One transformer on the ordinary day; then feeders one after another, some with a transformer that stays dark."""
    feeders = sorted({one.feeder for one in houses})
    draw.shuffle(feeders)
    spare, *hit = feeders
    lone = min(one.transformer for one in houses if one.feeder == spare)
    yield Blackout(lone, calm_s * 0.3, calm_s * 0.3 + 3000)
    hit = hit[: max(1, round(len(hit) * 0.7))]
    for at, feeder in enumerate(hit):
        begins = calm_s + storm_s * 0.7 * at / len(hit)
        ends = min(begins + draw.uniform(3600, 7200), calm_s + storm_s)
        nested = draw.choice(sorted({one.transformer for one in houses if one.feeder == feeder})) if at % 3 == 0 else ""
        yield Blackout(feeder, begins, ends, nested, ends + 2400)


def _ordinary(
    draw: random.Random, houses: Sequence[Home], blackouts: Sequence[Blackout], seconds: float
) -> Iterator[Persona]:
    at = draw.expovariate(ORDINARY_A_MINUTE / 60)
    subjects, weights = [*map(Wish, SHARES), Wish.PERSON], [*SHARES.values(), 1 - sum(SHARES.values())]
    while at < seconds:
        (subject,) = draw.choices(subjects, weights)
        yield _persona(draw, at, draw.choice(houses), subject)
        at += draw.expovariate(ORDINARY_A_MINUTE / 60)
    del blackouts


def _stormy(
    draw: random.Random,
    houses: Sequence[Home],
    blackouts: Sequence[Blackout],
    calm_s: float,
    storm_s: float,
    times: float,
) -> Iterator[Persona]:
    """As many as make the storm's line `times` the ordinary one: soon after it goes dark most, then ever fewer."""
    many = round((times - 1) * ORDINARY_A_MINUTE * storm_s / 60)
    fed = {one: [house for house in houses if one.node in house.nodes] for one in blackouts}
    storms = [one for one in blackouts if one.begins_s >= calm_s]
    callers = 0
    while callers < many:
        blackout = draw.choice(storms)
        at, house = blackout.begins_s + draw.expovariate(1 / 1500), draw.choice(fed[blackout])
        if blackout.nested == house.transformer and draw.random() < STILL_DARK:
            at = blackout.ends_s + draw.expovariate(1 / 900)
        if not blackout.darkens(house, at):
            continue
        chance = draw.random()
        if chance < WRONG_PLACE:
            house = draw.choice(houses)
        elif chance < WRONG_PLACE + PRANK:
            prank = draw.choice(houses)
            yield _persona(draw, at, prank, Wish.OUTAGE)
            house = draw.choice(houses)
        subject = Wish.DANGER if draw.random() < DANGER_SHARE else Wish.OUTAGE
        first = _persona(draw, at, house, subject)
        yield first
        callers += 1
        while subject is Wish.OUTAGE and draw.random() < REPEATS:
            at += draw.uniform(600, 2400)
            if not blackout.darkens(house, at):
                break
            yield replace(first, at_s=at)
            callers += 1


def _persona(draw: random.Random, at: float, house: Home, subject: Wish) -> Persona:
    (finds,) = draw.choices(list(Finds), [0.55, 0.43, 0.02])
    patience = -math.log(1 - draw.random()) * (600 if subject is Wish.DANGER else 150)
    return Persona(
        at,
        house,
        subject,
        finds,
        max(20.0, patience),
        house.known and draw.random() < 0.95,
        draw.random() < PERSON_AFTER_ALL,
    )
