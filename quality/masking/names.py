"""Names of people, by what the dictionary knows of each word and of its neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from appeals.finding.words import plain
from ivr.voice.spoken.written.morphology import name_share, nouns
from quality.masking.masks import Hidden, Mask
from quality.masking.numerals import is_number, words_of

SURE: Final = 0.5
"""A word of whose readings so many are names is one by itself."""
LIKELY: Final = 0.05
"""So many are enough beside another name."""
_THINGS: Final = frozenset({"мороз", "мороза", "морозе", "морозы"})
"""Surnames by the dictionary, and something else in every talk of this trade."""
_CALLED: Final = words_of(
    "зовут фамилия фамилией фамилию фамилии имя отчество имени гражданин гражданка гражданки некто"
)
_BETWEEN: Final = words_of("меня мое моя это его ее вас по у будет")
"""Said between «зовут» and the name."""
_SHORTEST: Final = 3


def find(words: Sequence[str]) -> Iterator[Hidden]:
    """Runs of names. A word that may be one (Вера, Роман, Лев) is one beside another, or after «меня зовут»."""
    shares = [_share(word) for word in words]
    sure = [share >= SURE for share in shares]
    for at, share in enumerate(shares):
        beside = share >= LIKELY and any(sure[near] for near in (at - 1, at + 1) if 0 <= near < len(words))
        sure[at] = sure[at] or beside or (_may_be_called(words[at]) and _is_called(words, at))
    at = 0
    while at < len(words):
        first = at
        while at < len(words) and sure[at]:
            at += 1
        if at > first:
            yield Hidden(first, at, Mask.NAME)
        at += 1


def _is_called(words: Sequence[str], at: int) -> bool:
    """Whether somebody says before that a name follows."""
    before = at - 1
    while before > 0 and plain(words[before]) in _BETWEEN:
        before -= 1
    return before >= 0 and plain(words[before]) in _CALLED


def _may_be_called(word: str) -> bool:
    """After «фамилия» any noun is one: «правдолюбов» is many lovers of truth to the dictionary."""
    bare = plain(word)
    return bare not in _BETWEEN | _CALLED and not is_number(bare) and bool(nouns(word.lower()) or _share(word))


def _share(word: str) -> float:
    bare = plain(word)
    if is_number(bare) or not bare.isalpha() or len(bare) < _SHORTEST or bare in _THINGS or bare in _CALLED:
        return 0.0
    return name_share(word.lower())
