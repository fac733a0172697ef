"""Abbreviations in a text as it was written, opened in the case their place asks for: «на ул. Мира», «обрыв ВЛ»."""

from __future__ import annotations

import re
from collections.abc import Iterable

from grid.places.kinds import SAID, compact
from ivr.voice.spoken.numbers import CASES, GrammarCase
from ivr.voice.spoken.written import morphology
from ivr.voice.spoken.written.demands import DecidedBy, Demand, demand

_FIXED = {
    **{"т.к.": "так как", "т.е.": "то есть", "и т.д.": "и так далее", "и т.п.": "и тому подобное"},
    **{"т.ч.": "том числе", "№": "номер", "кВт": "киловатт", "кВ": "киловольт", "%": "процентов"},
}
_PLANT = {
    **{"ВЛ": "воздушная линия", "КЛ": "кабельная линия", "ЛЭП": "линия электропередачи", "ПС": "подстанция"},
    **{"ТП": "трансформаторная подстанция", "КТП": "трансформаторная подстанция", "РП": "распределительный пункт"},
    **{"РУ": "распределительное устройство", "оп.": "опора", "ф.": "фидер", "яч.": "ячейка"},
}
_HOUSES = {"д": "дом", "кв": "квартира", "корп": "корпус", "уч": "участок"}
_ACRONYMS = ("пгт", "рп", "кп", "дп", "нп", "снт", "днт", "гск")
"""They are written without a stop; in capitals people say their letters."""
_NUMBER = re.compile(r"(?<![\w.,-])(\d{1,4}) $")
_LOCATING = ("в", "во", "на", "о", "об")
"""Where something is, not where it goes: a place after them stands in the prepositional."""


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_OPENED = re.compile(rf"(?<![А-Яа-яЁё])(?:{_any_of(_FIXED)})(?![А-Яа-яЁё])")
_PLANT_SEEN = re.compile(rf"(?<![А-Яа-яЁё])(?P<short>{_any_of(_PLANT)})(?![А-Яа-яЁё])")
_PLACE_SEEN = re.compile(
    r"(?<![А-Яа-яЁё.-])(?:"
    rf"(?P<house>{_any_of(_HOUSES)})\. ?(?=\d)|"
    rf"(?P<letter>ст|[сдпх])\. ?(?=[«А-ЯЁ])|"
    rf"(?P<stopped>{_any_of(way for way in SAID if len(way) > 1 and way != 'ст' and '/' not in way)}|г)\.|"
    rf"(?P<hyphened>{_any_of(way for way in SAID if '-' in way)})(?P<ending>[а-яё]{{0,2}})(?![А-Яа-яЁё.-])|"
    rf"(?P<acronym>{_any_of(_ACRONYMS)})(?![А-Яа-яЁё.-])"
    r")"
)


def spoken_abbreviations(text: str) -> str:
    """`text` with what the network and addresses abbreviate in words. Text that holds none comes out as it is."""
    text = _PLANT_SEEN.sub(lambda m: _in_place(m, _PLANT[m["short"]], after_noun=GrammarCase.GEN), text)
    return _PLACE_SEEN.sub(_place, compact(text))


def spoken_signs(text: str) -> str:
    """`text` with the units and signs that no number stands before, and fixed phrases, in words."""
    return _OPENED.sub(lambda m: _FIXED[m[0]], text)


def _place(match: re.Match[str]) -> str:
    if match["hyphened"]:
        word = SAID[match["hyphened"]]
        if match["ending"]:  # «в р-не», «до пр-та»
            forms = [morphology.in_case(word, case) for case in CASES]
            return next((form for form in forms if form.endswith(match["ending"])), match[0])
        return _in_place(match, word, after_noun=GrammarCase.NOM)
    if match["house"]:
        return _in_place(match, _HOUSES[match["house"]], after_noun=GrammarCase.NOM) + " "
    short = match["letter"] or match["stopped"] or match["acronym"]
    return _in_place(match, SAID[short], after_noun=GrammarCase.NOM) + (" " if match["letter"] else "")


def _in_place(match: re.Match[str], words: str, *, after_noun: GrammarCase) -> str:
    if number := _NUMBER.search(match.string, max(0, match.start() - 8), match.start()):
        case = _case(demand(match.string, number.start()), after_noun=GrammarCase.GEN)
        return morphology.after_number(words, int(number[1]), case)
    return morphology.in_case(words, _case(demand(match.string, match.start()), after_noun))


def _case(asked: Demand, after_noun: GrammarCase) -> GrammarCase:
    match asked.by:
        case DecidedBy.PREPOSITION:
            return (
                GrammarCase.PREP
                if asked.word in _LOCATING
                else GrammarCase.DAT
                if asked.word == "по"
                else asked.cases[0]
            )
        case DecidedBy.VERB:
            return GrammarCase.ACC
        case DecidedBy.NOUN:
            return after_noun if asked.cases[0] == GrammarCase.GEN else GrammarCase.NOM
        case DecidedBy.NOTHING:
            return GrammarCase.NOM
