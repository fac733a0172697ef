"""What people say in a made past: some words in nearly every talk, most in few, one in next to none."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, product
from typing import Final

from appeals.finding.words import plain, stem, tokens
from bench.appeals.past import WORDS
from quality.masking.masking import masked_words
from quality.masking.masks import Mask
from quality.transcripts.transcripts import SpokenWord

GREETED: Final = ("здравствуйте", "оператор", "слушаю")
EACH: Final = 12
"""Words of one side."""
RARE: Final = 20_000
"""Different words of which each talk has one: fifty talks of a million share it."""
_HEADS, _MIDDLES, _TAILS = (
    ["бар", "вел", "гор", "дол", "жур", "зав", "кам", "лош", "мур", "нов", "поч", "руд", "сол", "тул", "хол"],
    ["ан", "ев", "ик", "ол", "ур", "ям", "ец", "ов", "ин", "ат", "ош", "ул"],
    ["бак", "дор", "кит", "лог", "мыс", "нар", "пас", "рок", "сад", "тар", "фор", "чан"],
)
_WORD_S: Final = 0.4


def invented(count: int) -> list[str]:
    """So many words that sound Russian and are none."""
    whole = ["".join(parts) for parts in product(_HEADS, _MIDDLES, _TAILS)]
    whole += [f"{first}{second}" for first, second in product(whole[:120], whole[-200:])]
    return whole[:count]


COMMON: Final = [*WORDS, *invented(1_900)]
"""In the order of how often they are said: the chance of the n-th is as 1/n."""
NAMED: Final = [f"{word}ск" for word in invented(RARE)]
"""The rare ones."""
_CHANCES: Final = list(accumulate(1 / rank for rank in range(1, len(COMMON) + 1)))


def drawn(chance: random.Random, count: int) -> list[str]:
    """Words as they are said."""
    return chance.choices(COMMON, cum_weights=_CHANCES, k=count)


@dataclass(frozen=True)
class SaidTalk:
    """One talk's words, to which each recording adds a rare one of the caller's."""

    caller: tuple[str, ...]
    agent: tuple[str, ...]

    @cached_property
    def stems(self) -> str:
        """What is searched of it on SQLite, as the product stores it."""
        return " ".join(tokens(self._searched))

    @cached_property
    def words(self) -> str:
        """What is searched of it on PostgreSQL."""
        return plain(self._searched)

    @property
    def _searched(self) -> str:
        both = (masked_words(_timed(side)) for side in (self.caller, self.agent))
        return " ".join(word.text for side in both for word in side if word.text not in frozenset(Mask))

    @cached_property
    def _stored(self) -> tuple[str, str]:
        return tuple(  # type: ignore[return-value]
            json.dumps([[one.text, one.start, one.end, 0.9] for one in _timed(side)])
            for side in (self.caller, self.agent)
        )

    def stored(self, channel: int, rare: str) -> str:
        """The channel's words as the database keeps them."""
        own = self._stored[channel]
        at = len(self.caller) * _WORD_S
        return own if channel else f"{own[:-1]}, {json.dumps([rare, round(at, 2), round(at + 0.3, 2), 0.8])}]"


def talks(chance: random.Random, count: int) -> list[SaidTalk]:
    """Different talks."""
    return [SaidTalk(tuple(drawn(chance, EACH)), (*GREETED, *drawn(chance, EACH - len(GREETED)))) for _ in range(count)]


def rare_stem(word: str) -> str:
    """As SQLite's index has it."""
    return stem(plain(word))


def _timed(words: Sequence[str]) -> list[SpokenWord]:
    return [SpokenWord(word, round(at * _WORD_S, 2), round(at * _WORD_S + 0.3, 2)) for at, word in enumerate(words)]
