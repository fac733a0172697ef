"""Questions an action asks: a choice of keys, yes or no, a number; a caller who cannot answer gets a person."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ivr.line import Line
from ivr.menus.vocabulary import NOTHING_HEARD, WRONG_KEY, asks_again
from ivr.voice import spoken
from ivr.voice.prompts import Phrase

TRIES = 3
LOOK_UP_S = 2.0
"""How long a caller waits for the database before the action fails and they reach a person."""
MOST_DIGITS = 32
"""Most keys taken as one number; a robot's further keys count as the next try (attack A19)."""
PERSON_KEY = "0"
REPEAT_KEY = "*"
ASKING_AGAIN = (WRONG_KEY, NOTHING_HEARD)
"""What is said before a further try and asks for it."""
SILENCE = "silence"
"""What `choose` returns for silence where it is an answer; no key."""


class PersonWanted(Exception):
    """The caller pressed 0, or could not manage a question in three tries."""


async def choose(line: Line, *phrases: Phrase, keys: Collection[str], wait_s: float = 5, silence: str = "") -> str:
    """The key pressed among `keys`; `*` says it again, 0 and three bad tries raise PersonWanted.

    `silence` is the key that silence stands for; with "" silence is a bad try.
    """
    opening: tuple[Phrase, ...] = ()
    bad = 0
    while bad < TRIES:
        key = await line.ask_key(*opening, *phrases, wait_s=wait_s)
        if key and key in keys:  # "" is in every string
            return key
        if not key and silence:
            return silence
        if key == PERSON_KEY:
            raise PersonWanted
        if key == REPEAT_KEY:
            opening = ()
            continue
        bad += 1
        opening = (asks_again(key, bad),)
    await line.say("person-after-tries")
    raise PersonWanted


def with_keys(names: Sequence[str]) -> str:
    """«Тарифы, нажмите один. Льготы, два.»: the verb once, as every menu says it."""
    first, *rest = names
    others = [f"{name}, {spoken.cardinal(at)}." for at, name in enumerate(rest, start=2)]
    return " ".join([f"{first}, нажмите {spoken.cardinal(1)}.", *others])


async def confirm(line: Line, *phrases: Phrase) -> bool:
    """Whether the caller pressed 1 (yes) or 2 (no)."""
    return await choose(line, *phrases, keys="12") == "1"


class NumberAsked:
    """One number being asked for; counts bad tries of every kind together."""

    def __init__(self, line: Line, *question: Phrase, at_most: int) -> None:
        self._line = line
        self._question = question
        self._at_most = at_most
        self._bad = 0
        self._opening: tuple[Phrase, ...] = ()

    async def digits(self) -> str:
        """The digits keyed, at least one. Raises PersonWanted on 0 alone or after three bad tries."""
        while True:
            # Take far more keys than needed: the rest of a number keyed twice would cut the next prompt short (F33).
            keyed = await self._line.ask_digits(*self._opening, *self._question, at_most=MOST_DIGITS)
            if keyed == PERSON_KEY:
                raise PersonWanted
            if keyed.startswith(REPEAT_KEY):
                self._opening = ()
            elif not keyed:
                await self.wrong(NOTHING_HEARD)
            elif REPEAT_KEY in keyed:
                await self.wrong(WRONG_KEY)
            elif len(keyed) > self._at_most:
                await self.wrong("too-many-digits")
            else:
                return keyed

    async def wrong(self, *why: Phrase) -> None:
        """Explain, before asking again, why this answer was not accepted; the third time raises PersonWanted.

        That time nobody is invited to try once more.
        """
        self._bad += 1
        if self._bad >= TRIES:
            await self._line.say(*(one for one in why if one not in ASKING_AGAIN), "person-after-tries")
            raise PersonWanted
        self._opening = why
