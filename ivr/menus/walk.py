"""Leads one caller through a flow: says, asks, acts, and reports every step to the listener."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

import structlog

from gridline.clock import Clock
from ivr.menus.load import REPEAT
from ivr.menus.model import HANG_UP, ActionPlace, Flow, Menu, Place, Saying
from ivr.menus.vocabulary import FAILED, asks_again
from ivr.telephony import variables
from ivr.telephony.agi import CallerHungUp
from ivr.voice.prompts import Phrase

MOST_KEYS = 60
"""Keys one call may press in menus (attack A18: a robot); the next one leads to a person.

Without key presses every path ends (`check` proves it), so this bounds the whole call.
"""

log = structlog.get_logger(__name__)


class Standing(Protocol):
    """The part of a call the engine keeps: its id for the log, its place, a key pressed early, what it was offered."""

    @property
    def id(self) -> str:
        """The call's id."""

    place: str
    ahead: str
    """The key that cut a statement short, taken as the answer to the next menu; or ""."""
    danger_offered: bool
    """They know which key is danger: the first menu says it (`check`)."""


class MenuLine(Protocol):
    """What the engine needs from a caller's line; `ivr.line.Line` is one."""

    @property
    def call(self) -> Standing:
        """The call on this line."""

    def mark(self, name: str, value: str) -> None:
        """Set a channel variable with the next command."""

    async def say(self, *phrases: Phrase, last: bool = False) -> str:
        """Play; returns the key that cut it short, or "". `last`: the call ends with these words."""

    async def ask_key(self, *phrases: Phrase, wait_s: float = 5) -> str:
        """Play and wait; returns the key, or ""."""

    async def hang_up(self) -> None:
        """End the call."""


L = TypeVar("L", bound=MenuLine)
Act = Callable[[L, str], Awaitable[str]]
"""An action bound to its services: given the line and the place's topic ("" for none), it returns one of its exits."""


Asks = Callable[[L, Menu, tuple[str, ...]], Awaitable[str]]
"""Asks a caller in a menu, who may answer aloud; the key that they pressed or meant, or ""."""


@dataclass(frozen=True)
class Step:
    """One thing that happened in a place, for the call's record."""

    place: str
    said: tuple[str, ...]
    """Prompt ids played here by the engine itself; what an action says is reported by the line."""
    action: str
    key: str
    exit: str
    """In a menu `pressed`, `repeat`, `wrong-key`, `too-many-keys`, `silence`; elsewhere `said` or the action's own;
    anywhere `failed`, `hung-up`, `stopped` (by us)."""
    leads_to: str
    """The next place (the same while a menu asks again), `hang-up`, or "" when the caller has hung up."""
    started_at: datetime
    ended_at: datetime
    flow_version: str


@dataclass(frozen=True)
class _Outcome:
    exit: str
    leads_to: str
    key: str = ""


async def walk(
    flow: Flow,
    line: L,
    acts: Mapping[str, Act[L]],
    listener: Callable[[Step], None],
    clock: Clock,
    start: str = "",
    asks: Asks[L] | None = None,
) -> None:
    """Lead the caller from `start` (the flow's beginning by default) until the call ends.

    A controller that takes over a call passes the place it was in; if the flow no longer has that place, the call
    goes to the first menu. A failure in a place is logged and leads to its `failed` or `otherwise`, and so to a
    person. `asks` is for menus with words, where the caller may say them. Raises CallerHungUp.
    """
    await _Walk(flow, line, acts, listener, clock, asks).run(start)


class _Walk:
    """The state of one walk: bad tries in this menu, and keys pressed in all."""

    def __init__(
        self,
        flow: Flow,
        line: L,
        acts: Mapping[str, Act[L]],
        listener: Callable[[Step], None],
        clock: Clock,
        asks: Asks[L] | None,
    ) -> None:
        self._flow, self._line, self._listener, self._clock = flow, line, listener, clock
        self._act: Callable[[ActionPlace], Awaitable[str]] = lambda place: acts[place.action](line, place.topic)
        self._ask: Callable[[Menu, tuple[str, ...]], Awaitable[str]] = lambda menu, said: (
            asks(line, menu, said) if asks is not None and menu.words else line.ask_key(*said, wait_s=menu.wait_s)
        )
        self._keys = 0
        self._bad = 0
        self._opening = ""

    async def run(self, start: str) -> None:
        name = start or self._flow.start
        if name not in self._flow.places:
            first = self._flow.first_menu
            name = first.name if first is not None else self._flow.start
        while name != HANG_UP:
            place = self._flow.places[name]
            if name != self._line.call.place:
                self._line.call.place = name
                self._line.mark(variables.PLACE, name)
            following = await self._step(place)
            if following != name:
                self._bad, self._opening = 0, ""
            name = following
        await self._line.hang_up()

    async def _step(self, place: Place) -> str:
        started_at = self._clock.now()
        said = self._said(place)
        outcome = _Outcome("stopped", "")
        try:
            outcome = await self._outcome(place, said)
        except CallerHungUp:
            outcome = _Outcome("hung-up", "")
            raise
        except Exception:  # whatever breaks in a place, the caller goes on to a person
            log.exception("place-failed", call=self._line.call.id, place=place.name, flow=self._flow.version)
            outcome = _Outcome(FAILED, _when_failed(place))
        finally:
            self._listener(
                Step(
                    place.name,
                    said,
                    place.action if isinstance(place, ActionPlace) else "",
                    outcome.key,
                    outcome.exit,
                    outcome.leads_to,
                    started_at,
                    self._clock.now(),
                    self._flow.version,
                )
            )
        return outcome.leads_to

    def _said(self, place: Place) -> tuple[str, ...]:
        if isinstance(place, ActionPlace):
            return ()
        return (self._opening, *place.say) if self._opening else place.say

    async def _outcome(self, place: Place, said: tuple[str, ...]) -> _Outcome:
        if isinstance(place, Menu):
            ahead, self._line.call.ahead = self._line.call.ahead, ""
            if ahead not in place.press:  # a caller who only cut the statement short still hears the menu
                ahead = ""
            self._line.call.danger_offered = True
            return self._answered(place, ahead or await self._ask(place, said))
        if isinstance(place, Saying):
            key = await self._line.say(*said, last=place.then == HANG_UP)
            if key == REPEAT and self._count_key():
                return _Outcome("repeat", place.name, key)
            self._line.call.ahead = key
            return _Outcome("said", place.then, key)
        self._line.call.ahead = ""  # a key from before it answers no menu behind it
        exit = await self._act(place)
        if exit in place.exits_by_key and not self._count_key():
            exit = FAILED
        return _Outcome(exit, place.exits[exit])

    def _count_key(self) -> bool:
        """Count a key press; returns whether the limit still allows it."""
        self._keys += 1
        return self._keys <= MOST_KEYS

    def _answered(self, menu: Menu, key: str) -> _Outcome:
        """Where a key (or silence) in a menu leads; also sets what is said before the menu asks again."""
        self._opening = ""
        if key and not self._count_key():
            return _Outcome("too-many-keys", menu.otherwise, key)
        if key in menu.press:
            return _Outcome("pressed", menu.press[key], key)
        if not key and menu.silence:
            return _Outcome("silence", menu.silence)
        if key == REPEAT == menu.repeat:
            return _Outcome("repeat", menu.name, key)
        self._bad += 1
        self._opening = asks_again(key, self._bad)
        exit = "wrong-key" if key else "silence"
        return _Outcome(exit, menu.otherwise if self._bad >= menu.tries else menu.name, key)


def _when_failed(place: Place) -> str:
    if isinstance(place, Menu):
        return place.otherwise
    return place.then if isinstance(place, Saying) else place.exits[FAILED]
