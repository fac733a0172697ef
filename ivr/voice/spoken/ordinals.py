"""Ordinal numbers in words: 23 in the genitive is «двадцать третьего»."""

from __future__ import annotations

from ivr.voice.spoken.numbers import CASES, Gender, GrammarCase, cardinal

LARGEST = 999_999

_ROOTS = (
    "нулев перв втор четвёрт пят шест седьм восьм девят десят одиннадцат двенадцат тринадцат "
    "четырнадцат пятнадцат шестнадцат семнадцат восемнадцат девятнадцат двадцат тридцат сороков "
    "пятидесят шестидесят семидесят восьмидесят девяност сот двухсот трёхсот четырёхсот пятисот "
    "шестисот семисот восьмисот девятисот"
)
_STEMS = dict(zip((0, 1, 2, *range(4, 21), *range(30, 101, 10), *range(200, 1000, 100)), _ROOTS.split(), strict=True))
_STRESSED = {0, 2, 6, 7, 8, 40}  # «второй», not «вторый»
_ENDINGS: dict[Gender, tuple[str, ...]] = {
    Gender.M: ("ый", "ого", "ому", "ый", "ым", "ом"),
    Gender.F: ("ая", "ой", "ой", "ую", "ой", "ой"),
    Gender.N: ("ое", "ого", "ому", "ое", "ым", "ом"),
    Gender.PL: ("ые", "ых", "ым", "ые", "ыми", "ых"),
}
_THIRD: dict[Gender, tuple[str, ...]] = {
    Gender.M: ("третий", "третьего", "третьему", "третий", "третьим", "третьем"),
    Gender.F: ("третья", "третьей", "третьей", "третью", "третьей", "третьей"),
    Gender.N: ("третье", "третьего", "третьему", "третье", "третьим", "третьем"),
    Gender.PL: ("третьи", "третьих", "третьим", "третьи", "третьими", "третьих"),
}


def ordinal(n: int, case: GrammarCase = GrammarCase.NOM, gender: Gender = Gender.M) -> str:
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


def _inflected(stem: str, case: GrammarCase, gender: Gender, *, stressed: bool) -> str:
    ending = _ENDINGS[gender][CASES.index(case)]
    return stem + ("ой" if stressed and ending == "ый" else ending)


def run_together(n: int) -> str:
    """What stands before a further root: «двух» in «двухэтажный», «двадцатиодно», «сто»."""
    return "".join(
        {"одного": "одно", "ста": "сто", "девяноста": "девяносто"}.get(word, word)
        for word in cardinal(n, GrammarCase.GEN).split()
    )


def _before_thousandth(n: int) -> str:
    return "" if n == 1 else run_together(n)
