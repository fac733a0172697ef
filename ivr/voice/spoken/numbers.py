"""Whole numbers in words, in every case and gender: 21 -> «двадцать одна», «двадцати одной»."""

from __future__ import annotations

from enum import StrEnum


class GrammarCase(StrEnum):
    """The six cases, in the order in which forms are listed."""

    NOM = "nom"
    GEN = "gen"
    DAT = "dat"
    ACC = "acc"
    INS = "ins"
    PREP = "prep"


class Gender(StrEnum):
    """What a number agrees with."""

    M = "m"
    F = "f"
    N = "n"
    PL = "pl"
    """A noun that has no singular («одни сутки»), or several of a place in a row («двенадцатые»)."""


CASES = tuple(GrammarCase)
LARGEST = 10**12 - 1

_ONE: dict[Gender, tuple[str, ...]] = {
    Gender.M: ("один", "одного", "одному", "один", "одним", "одном"),
    Gender.F: ("одна", "одной", "одной", "одну", "одной", "одной"),
    Gender.N: ("одно", "одного", "одному", "одно", "одним", "одном"),
    Gender.PL: ("одни", "одних", "одним", "одни", "одними", "одних"),
}
_TWO: dict[Gender, tuple[str, ...]] = {
    Gender.M: ("два", "двух", "двум", "два", "двумя", "двух"),
    Gender.F: ("две", "двух", "двум", "две", "двумя", "двух"),
    Gender.N: ("два", "двух", "двум", "два", "двумя", "двух"),
    Gender.PL: ("два", "двух", "двум", "два", "двумя", "двух"),
}
_SMALL: dict[int, tuple[str, ...]] = {
    0: ("ноль", "ноля", "нолю", "ноль", "нолём", "ноле"),
    3: ("три", "трёх", "трём", "три", "тремя", "трёх"),
    4: ("четыре", "четырёх", "четырём", "четыре", "четырьмя", "четырёх"),
}
_LIKE_FIVE = (  # пяти, пятью
    "пять шесть семь девять десять одиннадцать двенадцать тринадцать четырнадцать пятнадцать шестнадцать "
    "семнадцать восемнадцать девятнадцать двадцать тридцать"
)
_SOFT = dict(zip((5, 6, 7, *range(9, 20), 20, 30), _LIKE_FIVE.split(), strict=True))
_SMALL |= {n: (w, w[:-1] + "и", w[:-1] + "и", w, w + "ю", w[:-1] + "и") for n, w in _SOFT.items()}
_SMALL[8] = ("восемь", "восьми", "восьми", "восемь", "восемью", "восьми")
_TENS: dict[int, tuple[str, ...]] = {
    20: _SMALL[20],
    30: _SMALL[30],
    40: ("сорок", "сорока", "сорока", "сорок", "сорока", "сорока"),
    90: ("девяносто", "девяноста", "девяноста", "девяносто", "девяноста", "девяноста"),
}
for _n, _word, _genitive, _instrumental in (
    (50, "пятьдесят", "пятидесяти", "пятьюдесятью"),
    (60, "шестьдесят", "шестидесяти", "шестьюдесятью"),
    (70, "семьдесят", "семидесяти", "семьюдесятью"),
    (80, "восемьдесят", "восьмидесяти", "восемьюдесятью"),
):
    _TENS[_n] = (_word, _genitive, _genitive, _word, _instrumental, _genitive)
_HUNDREDS: dict[int, tuple[str, ...]] = {
    100: ("сто", "ста", "ста", "сто", "ста", "ста"),
    200: ("двести", "двухсот", "двумстам", "двести", "двумястами", "двухстах"),
    300: ("триста", "трёхсот", "трёмстам", "триста", "тремястами", "трёхстах"),
    400: ("четыреста", "четырёхсот", "четырёмстам", "четыреста", "четырьмястами", "четырёхстах"),
}
for _n in (5, 6, 7, 8, 9):
    _endings = ("сот", "сот", "стам", "сот", "стами", "стах")
    _HUNDREDS[_n * 100] = tuple(bare + ending for bare, ending in zip(_SMALL[_n], _endings, strict=True))


def _declined(stem: str, singular: str, plural: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Both numbers of a noun from its endings; `-` is none."""
    one, many = (tuple(stem + ending.strip("-") for ending in endings.split()) for endings in (singular, plural))
    return one, many


_SCALES: tuple[tuple[int, Gender, tuple[tuple[str, ...], tuple[str, ...]]], ...] = (
    (10**9, Gender.M, _declined("миллиард", "- а у - ом е", "ы ов ам ы ами ах")),
    (10**6, Gender.M, _declined("миллион", "- а у - ом е", "ы ов ам ы ами ах")),
    (10**3, Gender.F, _declined("тысяч", "а и е у ей е", "и - ам и ами ах")),
)


def agreed(n: int, case: GrammarCase, singular: tuple[str, ...], plural: tuple[str, ...]) -> str:
    """The form of a noun (six cases each of singular and plural) after the number `n` in `case`.

    1 and 21 (not 11) take the singular, 2-4 and 22-24 (not 12-14) the genitive singular where the
    number stands in the nominative or accusative, all others the genitive plural there, and the
    plural of the case itself elsewhere.
    """
    last, teens = n % 10, 11 <= n % 100 <= 14
    if last == 1 and not teens:
        return singular[CASES.index(case)]
    if case in (GrammarCase.NOM, GrammarCase.ACC):
        return singular[1] if 2 <= last <= 4 and not teens else plural[1]
    return plural[CASES.index(case)]


def cardinal(n: int, case: GrammarCase = GrammarCase.NOM, gender: Gender = Gender.M) -> str:
    """`n` in words: cardinal(21, GrammarCase.GEN, Gender.F) is «двадцати одной». ValueError outside 0..10**12-1."""
    if not 0 <= n <= LARGEST:
        raise ValueError(f"no words for {n}")
    if n == 0:
        return _SMALL[0][CASES.index(case)]
    words: list[str] = []
    for scale, scale_gender, (singular, plural) in _SCALES:
        count, n = divmod(n, scale)
        if count:
            if count > 1 or scale != 1000:  # «тысяча двести», but «один миллион двести»
                words += _below_thousand(count, case, scale_gender)
            words.append(agreed(count, case, singular, plural))
    return " ".join(words + _below_thousand(n, case, gender))


def _below_thousand(n: int, case: GrammarCase, gender: Gender) -> list[str]:
    at, words = CASES.index(case), []
    if n >= 100:
        words.append(_HUNDREDS[n // 100 * 100][at])
    rest = n % 100
    if rest >= 20:
        words.append(_TENS[rest // 10 * 10][at])
        rest %= 10
    if rest == 1:
        words.append(_ONE[gender][at])
    elif rest == 2:
        words.append(_TWO[gender][at])
    elif rest:
        words.append(_SMALL[rest][at])
    return words
