"""An address chosen from the company's own list: settlement and street said or spelled on keys, house by number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from grid import places, premises
from grid.models import Premise
from grid.places import districts
from grid.places.directory import Settlement, find_settlements, find_streets
from ivr.actions.power import keypad
from ivr.actions.power.asked import Place, stand_in
from ivr.actions.power.by_voice import named
from ivr.actions.power.offered import OFFERED, offered
from ivr.actions.questions import LOOK_UP_S, MOST_DIGITS, PERSON_KEY, REPEAT_KEY, TRIES, PersonWanted, confirm
from ivr.line import Line
from ivr.menus.vocabulary import NOTHING_HEARD, WRONG_KEY
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt

T = TypeVar("T")

SCREENS: Final = 2
"""So many times four are read out; where there are more, more letters are asked for."""
NO_STREET: Final = "Без улицы"
MOST: Final = 20_000
"""More settlements or streets than any company has in one branch."""


async def chosen(line: Line, services: Services) -> Place | None:
    """The place; None where it is not on the list or cannot be spelled: then it is a message. Raises PersonWanted."""
    call = line.call
    company, branch = call.company.id, call.branch.id if call.branch else ""
    town = await settlement(line, services)
    if town is None:
        return None
    branch = town.branch or branch
    async with services.db.read(within_s=LOOK_UP_S) as session:
        streets = await find_streets(session, company, town.key, branch=branch, most=MOST)
    street = await picked(line, services, "street", streets, lambda one: (one.name, *one.former))
    if street is None:
        return None
    number = await _digits(line, "house-enter")
    if number is None:
        return None
    async with services.db.read(within_s=LOOK_UP_S) as session:
        houses = await premises.houses(session, company, town.key, street.key, number, branch=branch)
    house = next(iter(houses), None)
    if len(houses) > 1:
        house = await offered(line, houses, _house)
    place = stand_in(company, branch, town, street, number, house)
    address = spoken.address(place.premise.address)
    return place if await confirm(line, Prompt("premise-confirm", address=address)) else None


async def settlement(line: Line, services: Services) -> Settlement | None:
    """One of the settlements served; None where it is not on the list or cannot be spelled. Raises PersonWanted."""
    branch = line.call.branch.id if line.call.branch else ""
    services.hearing.wake()
    async with services.db.read(within_s=LOOK_UP_S) as session:
        served = await find_settlements(session, line.call.company.id, branch=branch, most=MOST)
    return await picked(line, services, "settlement", served, _settlement)


async def picked(
    line: Line, services: Services, what: str, things: Sequence[T], names: Callable[[T], Sequence[str]]
) -> T | None:
    """One of them: said, where callers are heard, or else spelled; None after three bad tries at that."""
    if len(things) <= 1:
        return next(iter(things), None)
    if len(things) <= OFFERED:
        return await offered(line, things, lambda one: _aloud(names(one))[0])
    keyed, opening = "", tuple[Phrase, ...]()
    if services.hearing.offered(line.call):
        aloud = await named(line, services.hearing, f"{what}-say", things, lambda one: _aloud(names(one)))
        if aloud is not None and not isinstance(aloud, str):
            return aloud
        keyed, opening = aloud or "", () if aloud else ("speech-by-keys",)
    return await _spelled(line, f"{what}-letters", things, names, keyed, opening)


async def _spelled(
    line: Line,
    question: str,
    things: Sequence[T],
    names: Callable[[T], Sequence[str]],
    keyed: str,
    opening: tuple[Phrase, ...],
) -> T | None:
    """One of them, by the first letters of its name (`keyed` already, maybe) and then from a list of a few."""
    for _ in range(TRIES):
        keys = keyed if keyed.isdigit() else await _digits(line, question, opening=opening)
        if keys is None:
            return None
        found = [one for one in things if any(keypad.begins(name, keys) for name in names(one))]
        if len(found) == 1:
            return found[0]
        if 0 < len(found) <= OFFERED * SCREENS:
            return await offered(line, found, lambda one: _aloud(names(one))[0])
        keyed, opening = "", ("letters-too-few",) if found else ("letters-none",)
    return None


async def _digits(line: Line, question: Phrase, *, opening: tuple[Phrase, ...] = ()) -> str | None:
    """What was keyed; None after three tries without a digit. Raises PersonWanted on 0 alone.

    `opening` is said before the first of them.
    """
    for _ in range(TRIES):
        keyed = await line.ask_digits(*opening, question, at_most=MOST_DIGITS)
        if keyed == PERSON_KEY:
            raise PersonWanted
        if keyed.isdigit():
            return keyed
        opening = () if keyed.startswith(REPEAT_KEY) else (WRONG_KEY,) if keyed else (NOTHING_HEARD,)
    return None


def _settlement(one: Settlement) -> tuple[str, ...]:
    """Its name, and the same without its district where it has one."""
    return tuple(dict.fromkeys((one.name, districts.apart(one.name)[0])))


def _aloud(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(spoken.address(name) or NO_STREET for name in names)


def _house(one: Premise) -> str:
    return spoken.address(places.one_line(settlement="", street="", house=one.house, building=one.building, flat=""))
