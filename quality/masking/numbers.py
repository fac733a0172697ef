"""Numbers that belong to a person: telephones, accounts, documents, dates of birth; sums and terms are left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from appeals import numbering
from appeals.finding.words import plain
from gridline.errors import InvalidInput
from ivr.voice.spoken.written.morphology import nouns
from quality.masking.masks import Hidden, Mask
from quality.masking.numerals import digits, runs, words_of
from quality.masking.units import MONTHS, counts

FILLERS: Final = words_of("и да так дальше далее потом затем плюс тире дефис угу ага записали еще")
"""Said between the parts of one number."""
LONG: Final = 5
"""Digits in all that nobody says of minutes, roubles or kilowatts without naming the unit behind them."""
REACH: Final = 4
"""Words between what a number is and the number itself."""
_KINDS: Final[dict[str, Mask]] = {
    "телефон": Mask.PHONE,
    "мобильный": Mask.PHONE,
    "сотовый": Mask.PHONE,
    "паспорт": Mask.DOCUMENT,
    "серия": Mask.DOCUMENT,
    "снилс": Mask.DOCUMENT,
    "инн": Mask.DOCUMENT,
    "удостоверение": Mask.DOCUMENT,
    "свидетельство": Mask.DOCUMENT,
    "полис": Mask.DOCUMENT,
    "выдать": Mask.DOCUMENT,
    "карта": Mask.DOCUMENT,
    "счет": Mask.ACCOUNT,
    "лицевой": Mask.ACCOUNT,
    "абонент": Mask.ACCOUNT,
    "договор": Mask.ACCOUNT,
    "код": Mask.ACCOUNT,
}
_BORN: Final = ("рожд", "родил")


def find(words: Sequence[str]) -> Iterator[Hidden]:
    """The numbers to hide. An appeal's, known by its check digit and by what it is called, is nobody's secret."""
    for first, behind in runs(words, FILLERS):
        before = words[max(0, first - REACH) : first]
        if any(plain(word).startswith(_BORN) for word in before):
            yield Hidden(first, _through(words, behind), Mask.DATE)
            continue
        if counts(words, behind):
            continue
        written = digits(words[first:behind])
        called = next((kind for kind in map(_called, reversed(before)) if kind), None)
        if called is Mask.APPEAL and _is_appeal(written):
            continue
        if called not in (None, Mask.APPEAL) and len(written) >= 2:
            yield Hidden(first, behind, called)
        elif len(written) >= LONG:
            yield Hidden(first, behind, Mask.PHONE if len(written) in (10, 11) else Mask.NUMBER)


def _called(word: str) -> Mask | None:
    """What a word says that a number is."""
    bare = plain(word)
    lemmas = {bare, *(plain(noun.lemma) for noun in nouns(bare))}
    if lemmas & {"обращение", "жалоба", "заявка"}:
        return Mask.APPEAL
    return next((mark for lemma, mark in _KINDS.items() if lemma in lemmas), None)


def _through(words: Sequence[str], behind: int) -> int:
    """To the end of a date: months and years stand between its numbers."""
    at = behind
    while at < len(words) and (plain(words[at]) in MONTHS or bool(digits(words[at : at + 1]))):
        at += 1
    return at


def _is_appeal(written: str) -> bool:
    try:
        numbering.read(written)
    except InvalidInput:
        return False
    return True
