"""Whole numbers in words, in every case and gender: 21 -> «двадцать одна», «двадцати одной»."""

from __future__ import annotations

from typing import Literal

Case = Literal["nom", "gen", "dat", "acc", "ins", "prep"]
Gender = Literal["m", "f", "n"]
CASES: tuple[Case, ...] = ("nom", "gen", "dat", "acc", "ins", "prep")
LARGEST = 10**12 - 1

_ONE: dict[Gender, tuple[str, ...]] = {
    "m": ("один", "одного", "одному", "один", "одним", "одном"),
    "f": ("одна", "одной", "одной", "одну", "одной", "одной"),
    "n": ("одно", "одного", "одному", "одно", "одним", "одном"),
}
_TWO: dict[Gender, tuple[str, ...]] = {
    "m": ("два", "двух", "двум", "два", "двумя", "двух"),
    "f": ("две", "двух", "двум", "две", "двумя", "двух"),
    "n": ("два", "двух", "двум", "два", "двумя", "двух"),
}
_SMALL: dict[int, tuple[str, ...]] = {
    0: ("ноль", "ноля", "нолю", "ноль", "нолём", "ноле"),
    3: ("три", "трёх", "трём", "три", "тремя", "трёх"),
    4: ("четыре", "четырёх", "четырём", "четыре", "четырьмя", "четырёх"),
}
_SOFT = {  # decline like «пять»: пяти, пятью
    5: "пять", 6: "шесть", 7: "семь", 9: "девять", 10: "десять", 11: "одиннадцать", 12: "двенадцать",
    13: "тринадцать", 14: "четырнадцать", 15: "пятнадцать", 16: "шестнадцать", 17: "семнадцать",
    18: "восемнадцать", 19: "девятнадцать", 20: "двадцать", 30: "тридцать",
}  # fmt: skip
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
    _bare = _SMALL[_n]
    _HUNDREDS[_n * 100] = (
        _bare[0] + "сот", _bare[1] + "сот", _bare[2] + "стам", _bare[3] + "сот", _bare[4] + "стами", _bare[5] + "стах",
    )  # fmt: skip
_SCALES: tuple[tuple[int, Gender, tuple[tuple[str, ...], tuple[str, ...]]], ...] = (
    (10**9, "m", (("миллиард", "миллиарда", "миллиарду", "миллиард", "миллиардом", "миллиарде"),
                  ("миллиарды", "миллиардов", "миллиардам", "миллиарды", "миллиардами", "миллиардах"))),
    (10**6, "m", (("миллион", "миллиона", "миллиону", "миллион", "миллионом", "миллионе"),
                  ("миллионы", "миллионов", "миллионам", "миллионы", "миллионами", "миллионах"))),
    (10**3, "f", (("тысяча", "тысячи", "тысяче", "тысячу", "тысячей", "тысяче"),
                  ("тысячи", "тысяч", "тысячам", "тысячи", "тысячами", "тысячах"))),
)  # fmt: skip


def agreed(n: int, case: Case, singular: tuple[str, ...], plural: tuple[str, ...]) -> str:
    """The form of a noun (six cases each of singular and plural) after the number `n` in `case`.

    1 and 21 (not 11) take the singular, 2-4 and 22-24 (not 12-14) the genitive singular where the
    number stands in the nominative or accusative, all others the genitive plural there, and the
    plural of the case itself elsewhere.
    """
    last, teens = n % 10, 11 <= n % 100 <= 14
    if last == 1 and not teens:
        return singular[CASES.index(case)]
    if case in ("nom", "acc"):
        return singular[1] if 2 <= last <= 4 and not teens else plural[1]
    return plural[CASES.index(case)]


def cardinal(n: int, case: Case = "nom", gender: Gender = "m") -> str:
    """`n` in words: cardinal(21, "gen", "f") is «двадцати одной». ValueError outside 0..10**12-1."""
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


def _below_thousand(n: int, case: Case, gender: Gender) -> list[str]:
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
