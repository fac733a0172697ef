"""A few names read out, each with its key, four at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from ivr.actions.questions import choose
from ivr.line import Line
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt

T = TypeVar("T")

OFFERED: Final = 4
"""Names read out at once; «другое» is the fifth key."""
OTHER: Final = "9"


async def offered(
    line: Line, things: Sequence[T], name: Callable[[T], str], *opening: Phrase, which: Phrase = "place-which"
) -> T | None:
    """One of them, by its spoken `name`; None for none of them. `which` asks for it. Raises PersonWanted."""
    for first in range(0, len(things), OFFERED):
        screen = things[first : first + OFFERED]
        keys = "".join(str(key) for key in range(1, len(screen) + 1))
        key = await choose(line, *opening, which, *choices([name(one) for one in screen]), keys=keys + OTHER)
        if key != OTHER:
            return screen[int(key) - 1]
    return None


def choices(names: Sequence[str]) -> list[Phrase]:
    """Each spoken name with its key, then that it may be none of them."""
    keyed = enumerate(names, start=1)
    return [
        *(Prompt("place-choice", name=name, key=spoken.cardinal(key)) for key, name in keyed),
        "place-none-of-these",
    ]
