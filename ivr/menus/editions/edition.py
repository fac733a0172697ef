"""An edition as a value: the company's files, its own words and its recordings; and how two of them differ."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Self

Part = Literal["files", "words", "takes"]
PARTS: tuple[Part, ...] = ("files", "words", "takes")
ADDED: Final = ("knowledge/", "offices/")
"""Folders whose files are part of an edition since those were first kept; one stored before says nothing of them."""


@dataclass(frozen=True, slots=True)
class EditionChange:
    """One thing that is not as it was; what is not there is ""."""

    part: Part
    name: str
    """The file, below `dialplan`, or the prompt's id."""
    old: str
    new: str

    def diff(self) -> list[str]:
        """The lines of a file that differ, with those beside them, each with a sign before it."""
        lines = difflib.unified_diff(self.old.splitlines(), self.new.splitlines(), lineterm="", n=2)
        return [line for line in lines if not line.startswith(("---", "+++"))]


@dataclass(frozen=True)
class Edition:
    """What callers of one company meet."""

    files: Mapping[str, str]
    """The file, below `dialplan` -> its text."""
    words: Mapping[str, str]
    """Prompt -> the company's own wording."""
    takes: Mapping[str, str]
    """Prompt -> the SHA-256 of the company's own recording."""
    folders: tuple[str, ...] = ADDED
    """The added folders that it knows of."""

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """As it was stored."""
        parts = {part: dict(stored[part]) for part in PARTS}
        return cls(parts["files"], parts["words"], parts["takes"], tuple(stored.get("folders", ())))

    def stored(self) -> dict[str, Any]:
        """To be stored."""
        return {part: dict(getattr(self, part)) for part in PARTS} | {"folders": list(self.folders)}

    def knows(self, name: str) -> bool:
        """Whether it would hold this file if it were there."""
        return name.startswith(self.folders) or not name.startswith(ADDED)

    def with_(self, part: Part, name: str, value: str) -> Edition:
        """The same with one thing changed; "" takes it away."""
        rest = {key: one for key, one in getattr(self, part).items() if key != name}
        changed: dict[str, Any] = {part: {**rest, **({name: value} if value else {})}}
        return replace(self, **changed)


def changes(old: Edition, new: Edition) -> list[EditionChange]:
    """What is not as it was, files first; nothing of files that one of them does not know of."""
    return list(_changes(old, new))


def _changes(old: Edition, new: Edition) -> Iterator[EditionChange]:
    for part in PARTS:
        was, now = getattr(old, part), getattr(new, part)
        for name in sorted(was.keys() | now.keys()):
            if was.get(name, "") != now.get(name, "") and old.knows(name) and new.knows(name):
                yield EditionChange(part, name, was.get(name, ""), now.get(name, ""))


def merged(base: Edition, draft: Edition, now: Edition) -> tuple[Edition, list[EditionChange]]:
    """What the files hold `now` with what the draft changed, and what somebody else has changed there meanwhile.

    The latter are changes from the base to the files; where there are any, the merged edition is of no use.
    """
    taken, in_the_way = now, list[EditionChange]()
    for one in changes(base, draft):
        there = getattr(now, one.part).get(one.name, "")
        if there not in (one.old, one.new):
            in_the_way.append(EditionChange(one.part, one.name, one.old, there))
        taken = taken.with_(one.part, one.name, one.new)
    return taken, in_the_way
