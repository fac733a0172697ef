"""Addresses in what was said: what follows «улица», «дом», «квартира», and a mail address spelt out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from appeals.finding.words import plain
from ivr.voice.spoken.numbers import GrammarCase
from ivr.voice.spoken.written.morphology import is_adjective, name_share, nouns
from quality.masking.masks import Hidden, Mask
from quality.masking.numerals import is_number, words_of
from quality.masking.units import counts

_STREETS: Final = words_of(
    "улица проспект переулок бульвар шоссе набережная проезд тупик микрорайон аллея квартал линия"
)
_HOUSES: Final = words_of("дом корпус строение квартира подъезд офис участок домофон")
_LETTERS: Final = words_of("а б в г д дробь литера")
_COMMON: Final = words_of(
    "мой моя моем моей наш наша нашей нашем ваш ваша вашей вашем этот эта этой этом весь вся всей всем каждый "
    "какая какой соседний соседняя соседней соседнем другой другая другом такой такая многоквартирный частный "
    "частном жилой"
)
"""Adjectives that name no street."""
_STREET_WORDS: Final = 3
"""The longest name of a street: «Сорок лет Октября»."""
_MAIL_REACH: Final = 4


def find(words: Sequence[str]) -> Iterator[Hidden]:
    """The parts of addresses: each street's name with the numbers behind it, each house, each mail address."""
    at = 0
    while at < len(words):
        behind = _street(words, at) or _house(words, at)
        if behind:
            yield Hidden(_begins(words, at), behind, Mask.ADDRESS)
        at = max(at + 1, behind)
    yield from _mails(words)


def _is(word: str, known: frozenset[str]) -> bool:
    """Whether it is one of these nouns, of one thing: «часы работы офисов два» is no address."""
    bare = plain(word)
    return bare in known or any(noun.lemma in known and not noun.plural for noun in nouns(bare))


def _street(words: Sequence[str], at: int) -> int:
    """Where the address ends that a word like «улица» begins; 0 when it is none."""
    if not _is(words[at], _STREETS):
        return 0
    end = _years(words, at + 1)
    while end < len(words) and end - at <= _STREET_WORDS and _names_a_street(words[end]):
        end += 1
    numbered = _houses(words, end)
    named = end > at + 1 or numbered > end or _adjective_before(words, at)
    return numbered if named else 0


def _years(words: Sequence[str], at: int) -> int:
    """Behind «сорок лет» of «Сорок лет Октября»; `at` where no years follow."""
    end = at
    while end < len(words) and is_number(words[end]):
        end += 1
    return end + 1 if end > at and words[end : end + 1] == ["лет"] else at


def _names_a_street(word: str) -> bool:
    """«Весенняя», «Ленина», «Шахтёров»; not «на улице темно», «на улице столб»."""
    if is_number(word) or _is(word, _HOUSES):
        return False
    named = is_adjective(plain(word)) or name_share(word.lower()) > 0
    return named or any(noun.case is GrammarCase.GEN for noun in nouns(word.lower()))


def _house(words: Sequence[str], at: int) -> int:
    """Where a house's or a flat's number ends; 0 when none is said."""
    return _houses(words, at) if _is(words[at], _HOUSES) and _numbers(words, at + 1) > at + 1 else 0


def _houses(words: Sequence[str], at: int) -> int:
    """Over a house's number with its letter, and further «дом», «квартира» that have numbers."""
    end = _numbers(words, at)
    while end < len(words) and _is(words[end], _HOUSES) and (behind := _numbers(words, end + 1)) > end + 1:
        end = behind
    return end


def _numbers(words: Sequence[str], at: int) -> int:
    """Behind the numbers that begin here, and their letter; `at` where they count something."""
    end = at
    while end < len(words) and is_number(words[end]):
        end += 1
    if end > at and counts(words, end):
        return at
    if end > at and end < len(words) and plain(words[end]) in _LETTERS:
        return _numbers(words, end + 1)
    return end


def _begins(words: Sequence[str], at: int) -> int:
    """«Тёплая улица», «Весенняя дом пять»: an adjective before belongs to it."""
    return at - 1 if _adjective_before(words, at) else at


def _adjective_before(words: Sequence[str], at: int) -> bool:
    if at == 0 or is_number(words[at - 1]) or plain(words[at - 1]) in _COMMON:
        return False
    return is_adjective(plain(words[at - 1]))


def _mails(words: Sequence[str]) -> Iterator[Hidden]:
    """«Иванов собака яндекс точка ру»."""
    for at, word in enumerate(words):
        if plain(word) != "собака":
            continue
        following = [plain(one) for one in words[at + 1 : at + 1 + _MAIL_REACH]]
        if "точка" in following:
            yield Hidden(max(0, at - 2), min(len(words), at + following.index("точка") + 3), Mask.EMAIL)
