"""A settlement or street that a caller says: what is like it in the company's list is offered, and they decide."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from grid.places.by_sound import Alike, alike, telling
from ivr.actions.power.offered import offered
from ivr.actions.questions import MOST_DIGITS, PERSON_KEY, REPEAT_KEY, TRIES, PersonWanted, confirm
from ivr.line import Line
from ivr.menus.vocabulary import NOTHING_HEARD
from ivr.voice.hearing.answer import Pressed, Silent, Spoke, Unheard
from ivr.voice.hearing.hearing import CallersVoice
from ivr.voice.prompts import Phrase, Prompt

T = TypeVar("T")

MOST_PHRASES: Final = 5000
"""A recogniser held to a longer list than this takes too long to begin."""
YES: Final = frozenset(["ага", "верно", "да", "правильно", "так", "точно", "угу"])
NO: Final = frozenset(["не", "неверно", "неправильно", "нет"])
_PERSON: Final = frozenset(["оператор", "оператора", "оператору", "оператором", "диспетчер", "диспетчера", "человека"])
_LETTERS: Final = re.compile(r"[а-яё]+(?:-[а-яё]+)*")


async def named(
    line: Line, hearing: CallersVoice, question: str, things: Sequence[T], names: Callable[[T], Sequence[str]]
) -> T | str | None:
    """One of `things` that the caller said and confirmed, or the keys they pressed instead.

    `names` are spoken ones, the first for saying it. None: they go on by keys, in the rest of this call too. The third
    miss leads there, and so does an ear that is away, at once. Raises PersonWanted when they ask for a person.
    """
    opening: tuple[Phrase, ...] = ()
    expected = await asyncio.to_thread(phrases, [name for one in things for name in names(one)])
    left, misses = list(things), 0
    while misses < TRIES:
        # Held to the list a recogniser never hears a name that its model does not know: the second time it is free.
        held = () if misses else expected
        answer = await hearing.listen(line, *opening, question, phrases=held, at_most=MOST_DIGITS)
        opening = ()
        match answer:
            case Pressed(keys) if keys == PERSON_KEY:
                raise PersonWanted
            case Pressed(keys) if keys.startswith(REPEAT_KEY):
                continue
            case Pressed(keys):
                return keys
            case Unheard():
                break
            case Silent():
                opening = (NOTHING_HEARD,)
            case Spoke() as said if _PERSON & set(said.text.split()):
                raise PersonWanted
            case Spoke() as said:
                found = await asyncio.to_thread(alike, said.text, left, names)
                chosen = await _decided(line, hearing, found, names)
                if chosen is not None:
                    return chosen
                left = [one for one in left if one not in (found.things[:1] if found.clear else found.things)]
                opening = ("place-say-again",) if found.things else ("place-not-alike",)
        misses += 1
    line.call.by_keys = True
    return None


def phrases(names: Iterable[str]) -> tuple[str, ...]:
    """What a recogniser is to expect: words of Cyrillic letters alone, whatever a company's table holds.

    Each name with its kind and without, with «ё» and with «е»; none where there are too many.
    """
    found: dict[str, None] = {}
    for name in names:
        words, own = _LETTERS.findall(name.casefold()), telling(name)
        bare = [word for word in words if word.replace("ё", "е").partition("-")[0] in own]
        for phrase in (" ".join(words), " ".join(bare)):
            found |= dict.fromkeys(filter(None, (phrase, phrase.replace("ё", "е"))))
    return (*found, "оператор") if len(found) <= MOST_PHRASES else ()


async def _decided(line: Line, hearing: CallersVoice, found: Alike[T], names: Callable[[T], Sequence[str]]) -> T | None:
    """What they meant of what was found, said back where it is clear, or else chosen by a key."""
    if not found.things:
        return None
    if found.clear:
        first = found.things[0]
        return first if await _agreed(line, hearing, Prompt("place-heard", name=names(first)[0])) else None
    return await offered(line, found.things, lambda one: names(one)[0])


async def _agreed(line: Line, hearing: CallersVoice, question: Phrase) -> bool:
    """Yes or no, said or pressed; what cannot be understood is asked once more, for keys."""
    answer = await hearing.listen(line, question, phrases=sorted(YES | NO))
    match answer:
        case Pressed("1"):
            return True
        case Pressed("2"):
            return False
        case Pressed(keys) if keys == PERSON_KEY:
            raise PersonWanted
        case Spoke() as said:
            words = set(said.text.split())
            if bool(words & YES) != bool(words & NO):
                return bool(words & YES)
    return await confirm(line, question)
