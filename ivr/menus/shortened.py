"""A menu as callers meet it in a storm: danger, «у меня иначе», a call back; what was heard before it stays."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from ivr.menus.check import check
from ivr.menus.model import ActionPlace, Flow, Menu, Place, Saying, version_of
from ivr.menus.vocabulary import POWER, Vocabulary

STORM_MENU: Final = "storm-menu"
STORM_MENU_WATER: Final = "storm-menu-water"
"""The same where the company supplies water as well."""
WATER: Final = "water"


def shortened(flow: Flow, vocabulary: Vocabulary) -> Flow:
    """The flow with its first menu cut down to 1 danger, 2 no power, 3 no water if it has that, 0 a person.

    What lies on the usual way there is kept (which branch, its announcement), its menus are not. A flow without such
    places, or that would break a rule when shortened, stays whole: a caller is served by it as well.
    """
    first = flow.first_menu
    if first is None or not {"0", "1"} <= first.press.keys():
        return flow
    power, water = _way(flow, first, ""), _way(flow, first, WATER)
    say = STORM_MENU_WATER if water else STORM_MENU
    if not power or say not in vocabulary.prompts:
        return flow
    past_power, past_water = _past(flow, power), _past(flow, water)
    press = {"1": first.press["1"], "2": past_power.get(power[0], power[0])}
    if water:
        press["3"] = past_water.get(water[0], water[0])
    # In a storm nobody is asked to speak, and the words would stand for other keys.
    menu = replace(
        first, say=(say,), press=MappingProxyType(press | {"0": first.press["0"]}), words=MappingProxyType({})
    )
    past = past_water | past_power
    for name in past_power.keys() & past_water.keys():
        if past_power[name] != past_water[name]:  # light or water is still to be asked there
            del past[name]
    places = {name: _led(place, past) for name, place in flow.places.items()} | {first.name: menu}
    kept = _reachable(flow.start, places)
    short = replace(flow, places=MappingProxyType(kept), version=version_of(flow.start, kept))
    return flow if check(short, vocabulary) else short


def _way(flow: Flow, first: Menu, topic: str) -> Sequence[str]:
    """The shortest way by the first menu's keys to the place about supply that has this topic; empty without one."""
    ways = deque[tuple[str, ...]]((target,) for target in first.press.values())
    seen = {first.name}
    while ways:
        way = ways.popleft()
        place = flow.places.get(way[-1])
        if place is None or place.name in seen:
            continue
        seen.add(place.name)
        if isinstance(place, ActionPlace) and place.action == POWER and place.topic == topic:
            return way
        ways.extend((*way, target) for _, target in place.leads())
    return ()


def _past(flow: Flow, way: Sequence[str]) -> dict[str, str]:
    """Each menu of the way -> the next place of it that is none."""
    past, behind = dict[str, str](), ""
    for name in reversed(way):
        if isinstance(flow.places[name], Menu):
            past[name] = behind
        else:
            behind = name
    return past


def _led(place: Place, past: Mapping[str, str]) -> Place:
    """The place, leading to what lies past a menu wherever it led to that menu without a key."""
    if isinstance(place, ActionPlace):
        return replace(place, exits=MappingProxyType({exit: past.get(to, to) for exit, to in place.exits.items()}))
    return replace(place, then=past.get(place.then, place.then)) if isinstance(place, Saying) else place


def _reachable(start: str, places: Mapping[str, Place]) -> dict[str, Place]:
    seen, ahead = {start}, [start]
    while ahead:
        for _, target in places[ahead.pop()].leads():
            if target in places and target not in seen:
                seen.add(target)
                ahead.append(target)
    return {name: place for name, place in places.items() if name in seen}
