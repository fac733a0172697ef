"""A company's menu as data: places that say, ask for a key, or do something, and where each of them leads."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

HANG_UP = "hang-up"
"""The one target that is not a place: the call ends."""


@dataclass(frozen=True)
class Menu:
    """Says something and waits for a key.

    Every place knows its `line`, and the `file` of one that stands in another file than the company's.
    """

    name: str
    say: tuple[str, ...]
    press: Mapping[str, str]
    """Key -> name of the place."""
    otherwise: str
    """Where the call goes after `tries` wrong keys or silences, or when the menu cannot be said."""
    repeat: str = ""
    """The key that repeats the menu without counting as a try."""
    silence: str = ""
    """Where the first silence leads, for menus after an answer; with "" silence counts as a try."""
    tries: int = 3
    wait_s: int = 5
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Key -> what may be said instead of it, where the company lets its callers speak to menus."""
    line: int = field(default=0, compare=False)
    file: str = field(default="", compare=False)

    def leads(self) -> Iterator[tuple[str, str]]:
        """(by what, to where): keys, then `silence` and `otherwise`."""
        yield from self.press.items()
        if self.silence:
            yield "silence", self.silence
        yield "otherwise", self.otherwise


@dataclass(frozen=True)
class Saying:
    """Says something and moves on."""

    name: str
    say: tuple[str, ...]
    then: str
    line: int = field(default=0, compare=False)
    file: str = field(default="", compare=False)

    def leads(self) -> Iterator[tuple[str, str]]:
        """(by what, to where)."""
        yield "then", self.then


@dataclass(frozen=True)
class ActionPlace:
    """Runs an action and goes where its exit leads."""

    name: str
    action: str
    exits: Mapping[str, str]
    topic: str = ""
    """The topic, for actions that take one (`operator`: whose queue and hours)."""
    exits_by_key: frozenset[str] = field(default=frozenset(), compare=False)
    """Exits reached by a key press (a property of the action, not of the file)."""
    line: int = field(default=0, compare=False)
    file: str = field(default="", compare=False)

    def leads(self) -> Iterator[tuple[str, str]]:
        """(by what, to where)."""
        yield from self.exits.items()


Place = Menu | Saying | ActionPlace


@dataclass(frozen=True)
class Flow:
    """One menu file, loaded: a call keeps the Flow it began with, even if the file is reloaded meanwhile."""

    file: Path
    start: str
    places: Mapping[str, Place]
    version: str
    """Hash of the file's meaning: comments, spaces and the order of places do not change it."""

    @property
    def first_menu(self) -> Menu | None:
        """The first menu reached without pressing anything."""
        seen, ahead = {self.start}, deque([self.start])
        while ahead:
            place = self.places.get(ahead.popleft())
            if isinstance(place, Menu):
                return place
            for _, target in place.leads() if place is not None else ():
                if target not in seen:
                    seen.add(target)
                    ahead.append(target)
        return None


def version_of(start: str, places: Mapping[str, Place]) -> str:
    """The hash of a flow's meaning, 64 hex digits."""
    meaning = {name: [type(place).__name__, _meaning(place)] for name, place in places.items()}
    written = json.dumps([start, meaning], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def _meaning(place: Place) -> dict[str, object]:
    said = {field.name: getattr(place, field.name) for field in fields(place) if field.compare}
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in said.items()}
