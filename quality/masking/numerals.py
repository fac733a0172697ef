"""Numbers as they are spoken: which words say one, and which digits a run of them writes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

from appeals.finding.words import plain
from ivr.voice.spoken.numbers import Gender, GrammarCase, cardinal
from ivr.voice.spoken.ordinals import ordinal


def words_of(line: str) -> frozenset[str]:
    """The words of a list that is written as one line."""
    return frozenset(line.split())


SINGLE: Final = (*range(21), *range(30, 100, 10), *range(100, 1000, 100))
"""What one word says; everything else is said by several."""
_THOUSAND: Final = words_of("тысяча тысячи тысяче тысячу тысячей тысячью тысяч тысячам тысячами")


def is_number(word: str) -> bool:
    """Whether a word says a number: digits, «пять», «двухсот», «третьего», «тысяч»."""
    return word.isdigit() or plain(word) in _values() or plain(word) in _THOUSAND


def digits(words: Iterable[str]) -> str:
    """What a run of number words writes: «восемь девятьсот двадцать три ноль ноль» is 892300.

    Words that are no numbers are passed over. A smaller rank after a larger one is of the same number («двадцать три»),
    anything else begins the next one.
    """
    written: list[str] = []
    value, rank = None, 0
    """What is being said, and the least rank it has a word of."""
    for word in map(plain, words):
        if word in _THOUSAND:
            value, rank = (value or 1) * 1000, 1000
        elif word.isdigit():
            written += [str(value)] if value is not None else []
            written.append(word)
            value = None
        elif (said := _values().get(word)) is not None:
            own = _rank(said)
            if value is not None and said and own < rank:
                value, rank = value + said, own
            else:
                written += [str(value)] if value is not None else []
                value, rank = said, own if said else 0
    return "".join([*written, *([str(value)] if value is not None else [])])


def runs(words: Sequence[str], fillers: frozenset[str]) -> list[tuple[int, int]]:
    """Where numbers stand, (first, behind the last) each; a filler between two numbers is part of the run."""
    found: list[tuple[int, int]] = []
    for at, word in enumerate(words):
        if not is_number(word):
            continue
        if found and all(plain(between) in fillers for between in words[found[-1][1] : at]):
            found[-1] = (found[-1][0], at + 1)
        else:
            found.append((at, at + 1))
    return found


def _rank(said: int) -> int:
    """Hundreds 100, tens 10, teens and units 1."""
    return 100 if said >= 100 else 10 if said >= 20 else 1


@cache
def _values() -> dict[str, int]:
    """Every form of every number word."""
    forms: dict[str, int] = {}
    for n in SINGLE:
        for case in GrammarCase:
            for gender in Gender:
                forms[plain(cardinal(n, case, gender))] = n
                forms.setdefault(plain(ordinal(n, case, gender)), n)
    return forms | {"нуль": 0, "нуля": 0, "нолик": 0, "полтора": 1, "оба": 2}
