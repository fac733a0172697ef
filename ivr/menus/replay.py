"""Past calls led once more through a menu that nobody has heard yet: where would each of them have ended?

What is known of a caller is the keys they pressed in each place. So a place that they were never in, or were in once
less than the new menu leads them to, has no answer: such a call ends as «not known», and is never guessed at.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ivr.menus.load import REPEAT
from ivr.menus.model import HANG_UP, ActionPlace, Flow, Menu, Saying

LONGEST: Final = 500
"""Steps of one call: `check` proves that a menu ends, the line counts keys, and this holds for one with a mistake."""
PRESSED, TOO_MANY_KEYS = "pressed", "too-many-keys"
LEFT: Final = frozenset({"hung-up", "stopped"})
"""Exits behind which no place comes: the caller hung up, or we were stopped."""


class ReplayHow(StrEnum):
    """How a call came to its last place."""

    SAID_GOODBYE = "goodbye"
    """The menu ended the call."""
    HUNG_UP = "hung-up"
    """The caller did, or we were stopped."""
    NO_SUCH_KEY = "no-such-key"
    """They pressed a key that the place has no more."""
    NOT_KNOWN = "not-known"
    """What they would have done there, nothing tells."""


HOW: Final = {
    ReplayHow.SAID_GOODBYE: "попрощались",
    ReplayHow.HUNG_UP: "положили трубку или говорили с оператором",
    ReplayHow.NO_SUCH_KEY: "нажали клавишу, которой больше нет",
    ReplayHow.NOT_KNOWN: "дальше неизвестно",
}
"""The same in words."""


@dataclass(frozen=True, slots=True, order=True)
class ReplayEnd:
    """Where a call ended, and how."""

    place: str
    how: ReplayHow
    key: str = ""
    """The key that is not there."""

    @property
    def words(self) -> str:
        """In Russian."""
        key = f" «{self.key}»" if self.key else ""
        return f"{self.place or 'нет шагов'}: {HOW[self.how]}{key}"


@dataclass(frozen=True, slots=True)
class PastStep:
    """One step of a stored call (`ivr.journal.models.CallStep`) that is a place's own."""

    place: str
    exit: str
    key: str
    leads_to: str


@dataclass(frozen=True, slots=True)
class ReplayedCall:
    """One call by both menus."""

    call_id: str
    old: ReplayEnd
    new: ReplayEnd

    @property
    def changed(self) -> bool:
        """Whether it would have ended elsewhere, or nobody can say that it would not."""
        return self.old != self.new


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of all of them."""

    calls: tuple[ReplayedCall, ...]

    @property
    def moves(self) -> Counter[tuple[ReplayEnd, ReplayEnd]]:
        """(old end, new end) -> calls."""
        return Counter((one.old, one.new) for one in self.calls)

    def number(self, how: ReplayHow) -> int:
        """Calls that the new menu would have ended so."""
        return sum(one.new.how is how for one in self.calls)


def replay(flow: Flow, call_id: str, steps: Sequence[PastStep], was: Flow | None = None) -> ReplayedCall:
    """One call, its steps in their order, through `flow`; without any step its end is not known either way.

    Keys count in the place where they were pressed, in their order there. An action's exit is taken as stored where the
    place of that name does what it did in `was`, the menu in force: a step does not say which action it was.
    """
    return ReplayedCall(call_id, old_end(steps), _led(flow, steps, was))


def old_end(steps: Sequence[PastStep]) -> ReplayEnd:
    """Where the call really ended."""
    if not steps:
        return ReplayEnd("", ReplayHow.NOT_KNOWN)
    last = steps[-1]
    if last.leads_to == HANG_UP:
        return ReplayEnd(last.place, ReplayHow.SAID_GOODBYE)
    if last.exit in LEFT or not last.leads_to:
        return ReplayEnd(last.place, ReplayHow.HUNG_UP)
    return ReplayEnd(last.leads_to, ReplayHow.NOT_KNOWN)


def replayed(flow: Flow, calls: Iterable[tuple[str, Sequence[PastStep]]], was: Flow | None = None) -> Replayed:
    """Many calls: (id, steps)."""
    return Replayed(tuple(replay(flow, id, steps, was) for id, steps in calls))


def _led(flow: Flow, steps: Sequence[PastStep], was: Flow | None) -> ReplayEnd:
    known = defaultdict[str, deque[PastStep]](deque)
    for step in steps:
        known[step.place].append(step)
    name = flow.start if not steps or steps[0].place not in flow.places or known[flow.start] else steps[0].place
    bad = 0
    for _ in range(LONGEST):
        place = flow.places[name]
        then = known[name].popleft() if known[name] else None
        if then is not None and (then.exit in LEFT or not then.leads_to):
            return ReplayEnd(name, ReplayHow.HUNG_UP)
        if isinstance(place, Saying):
            following = name if then is not None and then.exit == "repeat" else place.then
        elif then is None:
            return ReplayEnd(name, ReplayHow.NOT_KNOWN)
        elif isinstance(place, ActionPlace):
            if then.exit not in place.exits or not _does_the_same(place, was):
                return ReplayEnd(name, ReplayHow.NOT_KNOWN)
            following = place.exits[then.exit]
        else:
            following, counts = _answered(place, then, bad)
            if not following:
                return ReplayEnd(name, ReplayHow.NO_SUCH_KEY, then.key)
            bad = bad + 1 if counts else bad
        if following == HANG_UP:
            return ReplayEnd(name, ReplayHow.SAID_GOODBYE)
        if following != name:
            name, bad = following, 0
    return ReplayEnd(name, ReplayHow.NOT_KNOWN)


def _answered(menu: Menu, step: PastStep, bad: int) -> tuple[str, bool]:
    """(next place, whether it was a bad try), as `ivr.menus.walk` would answer; no place: the key is there no more."""
    if step.exit == TOO_MANY_KEYS or step.exit == "failed":
        return menu.otherwise, False
    if step.key in menu.press:
        return menu.press[step.key], False
    if step.exit == PRESSED:
        return "", False
    if not step.key and menu.silence:
        return menu.silence, False
    if step.key == REPEAT == menu.repeat:
        return menu.name, False
    return (menu.otherwise if bad + 1 >= menu.tries else menu.name), True


def _does_the_same(place: ActionPlace, was: Flow | None) -> bool:
    before = was.places.get(place.name) if was is not None else None
    if not isinstance(before, ActionPlace):
        return before is None
    return (before.action, before.topic) == (place.action, place.topic)
