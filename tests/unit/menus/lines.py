"""A caller's line that follows a script: which keys are pressed, when the caller hangs up, what cannot be played."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from gridline.errors import Unavailable
from ivr.telephony.agi import CallerHungUp
from ivr.voice.prompts import Phrase

HANGS_UP = "hangs up"


@dataclass
class StandingCall:
    """The part of a call that the engine uses."""

    id: str = "c" * 32
    place: str = ""
    ahead: str = ""
    danger_offered: bool = False


class ScriptedLine:
    """Each prompt takes the next key of the script ("" is silence); after its end there is only silence."""

    def __init__(self, keys: Iterable[str] = (), *, unplayable: Collection[str] = ()) -> None:
        self.call = StandingCall()
        self.heard: list[tuple[str, ...]] = []
        self.waits: list[float] = []
        self.marks: list[tuple[str, str]] = []
        self.hung_up = False
        self._keys = iter(keys)
        self._unplayable = unplayable

    def mark(self, name: str, value: str) -> None:
        self.marks.append((name, value))

    async def say(self, *phrases: Phrase, last: bool = False) -> str:
        ids = tuple(phrase if isinstance(phrase, str) else phrase.id for phrase in phrases)
        self.heard.append(ids)
        for id in ids:
            if id in self._unplayable:
                raise Unavailable(f"«{id}» не звучит")
        key = next(self._keys, "")
        if key == HANGS_UP:
            self.hung_up = True
            raise CallerHungUp
        return key

    async def ask_key(self, *phrases: Phrase, wait_s: float = 5) -> str:
        self.waits.append(wait_s)
        return await self.say(*phrases)

    async def hang_up(self) -> None:
        self.hung_up = True
