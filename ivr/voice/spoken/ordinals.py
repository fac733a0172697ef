"""Ordinal numbers in words: 23 in the genitive is «двадцать третьего»."""

from __future__ import annotations

from typing import Literal

from ivr.voice.spoken.numbers import CASES, Case, Gender, cardinal

LARGEST = 999_999

_STEMS = {
    0: "нулев", 1: "перв", 2: "втор", 4: "четвёрт", 5: "пят", 6: "шест", 7: "седьм", 8: "восьм", 9: "девят",
    10: "десят", 11: "одиннадцат", 12: "двенадцат", 13: "тринадцат", 14: "четырнадцат", 15: "пятнадцат",
    16: "шестнадцат", 17: "семнадцат", 18: "восемнадцат", 19: "девятнадцат", 20: "двадцат", 30: "тридцат",
    40: "сороков", 50: "пятидесят", 60: "шестидесят", 70: "семидесят", 80: "восьмидесят", 90: "девяност",
    100: "сот", 200: "двухсот", 300: "трёхсот", 400: "четырёхсот", 500: "пятисот", 600: "шестисот", 700: "семисот",
    800: "восьмисот", 900: "девятисот",
}  # fmt: skip
_STRESSED = {0, 2, 6, 7, 8, 40}  # «второй», not «вторый»
_ENDINGS: dict[str, tuple[str, ...]] = {
    "m": ("ый", "ого", "ому", "ый", "ым", "ом"),
    "f": ("ая", "ой", "ой", "ую", "ой", "ой"),
    "n": ("ое", "ого", "ому", "ое", "ым", "ом"),
    "pl": ("ые", "ых", "ым", "ые", "ыми", "ых"),
}
_THIRD: dict[str, tuple[str, ...]] = {
    "m": ("третий", "третьего", "третьему", "третий", "третьим", "третьем"),
    "f": ("третья", "третьей", "третьей", "третью", "третьей", "третьей"),
    "n": ("третье", "третьего", "третьему", "третье", "третьим", "третьем"),
    "pl": ("третьи", "третьих", "третьим", "третьи", "третьими", "третьих"),
}


def ordinal(n: int, case: Case = "nom", gender: Gender | Literal["pl"] = "m") -> str:
    """`n`-th in words; the accusative is that of a thing. ValueError outside 0..999999."""
    if not 0 <= n <= LARGEST:
        raise ValueError(f"no ordinal for {n}")
    if n and n % 1000 == 0:
        return _inflected(_before_thousandth(n // 1000) + "тысячн", case, gender, stressed=False)
    last = n % 100 if n % 100 <= 20 and n % 100 else n % 10 or n % 100 or n % 1000
    before = n - last
    lead = [cardinal(before)] if before else []
    if last == 3:
        return " ".join([*lead, _THIRD[gender][CASES.index(case)]])
    return " ".join([*lead, _inflected(_STEMS[last], case, gender, stressed=last in _STRESSED)])


def _inflected(stem: str, case: Case, gender: str, *, stressed: bool) -> str:
    ending = _ENDINGS[gender][CASES.index(case)]
    return stem + ("ой" if stressed and ending == "ый" else ending)


def run_together(n: int) -> str:
    """What stands before a further root: «двух» in «двухэтажный», «двадцатиодно», «сто»."""
    return "".join(
        {"одного": "одно", "ста": "сто", "девяноста": "девяносто"}.get(word, word)
        for word in cardinal(n, "gen").split()
    )


def _before_thousandth(n: int) -> str:
    return "" if n == 1 else run_together(n)
