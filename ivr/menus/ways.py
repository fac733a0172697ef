"""The ways that keys alone lead through a menu: for whoever presses them all, or looks for the shortest of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ivr.menus.model import HANG_UP, ActionPlace, Flow, Menu, Saying

ON_THE_WAY: Final[Mapping[str, tuple[str, str]]] = {"find_branch": ("done", "1"), "announcement": ("none", "")}
"""Actions that lead on to a menu: by which exit, and the key for what they ask of who calls from a branch's town."""


@dataclass(frozen=True, slots=True)
class Press:
    """A key in a menu, and the place it leads to."""

    menu: Menu
    key: str
    target: str


@dataclass(frozen=True, slots=True)
class Way:
    """Keys from the first menu on."""

    presses: tuple[Press, ...]
    asked: tuple[tuple[int, str], ...]
    """Keys that an action on the way takes, each with the number of presses before it."""
    ends_at: str
    """The place: an action, a statement before the end, or a menu that an earlier way led to."""


def ways(flow: Flow) -> Iterator[Way]:
    """The fewest ways that press every key there is; each menu is reached by the shortest."""
    first = flow.first_menu
    if first is None:
        return
    seen, ahead = {first.name}, deque([(first, Way((), (), first.name))])
    while ahead:
        menu, way = ahead.popleft()
        for key, target in menu.press.items():
            place, keys = _reached(flow, target)
            presses = (*way.presses, Press(menu, key, target))
            further = Way(presses, (*way.asked, *((len(presses), one) for one in keys)), place)
            reached = flow.places.get(place)
            if isinstance(reached, Menu) and place not in seen:
                seen.add(place)
                ahead.append((reached, further))
            else:
                yield further


def way_to(flow: Flow, action: str) -> Way | None:
    """The shortest way to a place that does this."""
    for way in ways(flow):
        place = flow.places.get(way.ends_at)
        if isinstance(place, ActionPlace) and place.action == action:
            return way
    return None


def _reached(flow: Flow, name: str) -> tuple[str, list[str]]:
    """The place where this one leads without a choice of the caller's; and the keys asked for on the way."""
    keys = list[str]()
    while name != HANG_UP:
        match flow.places[name]:
            case Saying() as saying:
                name = saying.then
            case ActionPlace() as place if place.action in ON_THE_WAY:
                exit, key = ON_THE_WAY[place.action]
                keys += [key] if key else []
                name = place.exits[exit]
            case _:
                break
    return name, keys
