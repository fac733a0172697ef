"""What the dictionary knows of a written word: which noun it may be, in which case; pymorphy3 behind some questions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from pymorphy3 import MorphAnalyzer

from ivr.voice.spoken.numbers import Gender, GrammarCase

WORDS_KEPT = 4096
_CASES: dict[str, GrammarCase] = {
    **{
        "nomn": GrammarCase.NOM,
        "gent": GrammarCase.GEN,
        "gen2": GrammarCase.GEN,
        "datv": GrammarCase.DAT,
        "accs": GrammarCase.ACC,
        "acc2": GrammarCase.ACC,
    },
    **{"ablt": GrammarCase.INS, "loct": GrammarCase.PREP, "loc2": GrammarCase.PREP},
}
_GRAMMEMES: dict[GrammarCase, str] = {
    **{
        GrammarCase.NOM: "nomn",
        GrammarCase.GEN: "gent",
        GrammarCase.DAT: "datv",
        GrammarCase.ACC: "accs",
        GrammarCase.INS: "ablt",
        GrammarCase.PREP: "loct",
    },
}
_GENDERS: dict[str, Gender] = {"masc": Gender.M, "femn": Gender.F, "neut": Gender.N}


_UNMEANT = {"опор", "проводы", "лёт"}
"""Nouns of the dictionary that share forms with what a network is made of, and that nobody means here."""

SURNAMES = re.compile(r"(ов|ев|ин|[сц]кий|ова|ева|ина|[сц]кая|ову|еву|ину|енко|ич|ична|овна|евна|вич[ау]|юк|чук|ян)$")
"""How surnames and patronymics end."""
UNKNOWN = 0.1
"""How likely a word that no dictionary has is taken for a person's name."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One noun that a written word may be."""

    lemma: str
    case: GrammarCase
    plural: bool
    gender: Gender
    animate: bool = False
    only_plural: bool = False
    """It has no singular: «сутки», «ножницы»."""


@lru_cache(WORDS_KEPT)
def nouns(word: str) -> tuple[Reading, ...]:
    """The nouns that `word` may be, the likeliest first; empty when it is none."""
    found = []
    for parse in _dictionary().parse(word):
        tag = parse.tag
        case = _CASES.get(tag.case or "")
        if tag.POS != "NOUN" or case is None or "Abbr" in tag or parse.normal_form in _UNMEANT:
            continue
        only_plural = "Pltm" in tag
        gender = Gender.PL if only_plural else _GENDERS.get(tag.gender or "", Gender.M)
        animate = tag.animacy == "anim"
        found.append(Reading(parse.normal_form, case, tag.number == "plur", gender, animate, only_plural))
    return tuple(found)


@lru_cache(WORDS_KEPT)
def is_adjective(word: str) -> bool:
    """Whether `word` may stand between a number and its noun: «3 новых опоры»."""
    return any(parse.tag.POS in ("ADJF", "PRTF") for parse in _dictionary().parse(word))


@lru_cache(WORDS_KEPT)
def name_share(word: str) -> float:
    """Which share of the readings of `word` (lower case) is a first name, a surname or a patronymic, 0 to 1.

    A word that the dictionary does not have may be one: it has `UNKNOWN`, and more only where it ends as surnames do,
    for recognisers hear many words that are none.
    """
    parses = _dictionary().parse(word)
    if not parses[0].is_known and not SURNAMES.search(word):
        return UNKNOWN
    named = sum(parse.score for parse in parses if {"Name", "Surn", "Patr"} & parse.tag.grammemes)
    return float(named) if named or parses[0].is_known else UNKNOWN


@lru_cache(WORDS_KEPT)
def in_case(words: str, case: GrammarCase) -> str:
    """A noun with the adjectives before it, given in the nominative, in `case`; what follows the noun stays."""
    return _declined(words, case, case, plural=False, noun_plural=False)


@lru_cache(WORDS_KEPT)
def after_number(words: str, n: int, case: GrammarCase) -> str:
    """As `in_case`, for a noun that `n` counts: «трансформаторные подстанции» after 3."""
    one, few = (n % 10 == 1 and n % 100 != 11), (2 <= n % 10 <= 4 and not 12 <= n % 100 <= 14)
    if one:
        return in_case(words, case)
    if case not in (GrammarCase.NOM, GrammarCase.ACC):
        return _declined(words, case, case, plural=True, noun_plural=True)
    if few:
        return _declined(words, GrammarCase.NOM, GrammarCase.GEN, plural=True, noun_plural=False)
    return _declined(words, GrammarCase.GEN, GrammarCase.GEN, plural=True, noun_plural=True)


def _declined(words: str, case: GrammarCase, noun_case: GrammarCase, *, plural: bool, noun_plural: bool) -> str:
    """Adjectives in one case and number, their noun in another; what follows the noun stays."""
    said = words.split()
    for at, word in enumerate(said):
        parses = [parse for parse in _dictionary().parse(word) if {"nomn", "sing"} in parse.tag]
        adjective = next((parse for parse in parses if parse.tag.POS == "ADJF"), None)  # «рабочий» is a noun too
        parse = adjective if adjective and at + 1 < len(said) else parses[0]
        is_noun = parse is not adjective
        own_case, many = (noun_case, noun_plural) if is_noun else (case, plural)
        inanimate = {"inan"} if own_case == GrammarCase.ACC and "masc" in parse.tag else set()
        inflected = parse.inflect({_GRAMMEMES[own_case], "plur" if many else "sing"} | inanimate)
        said[at] = inflected.word if inflected else word
        if is_noun:
            break
    return " ".join(said)


@lru_cache(WORDS_KEPT)
def takes_object(word: str) -> bool:
    """Whether `word` is a verb whose object stands in the accusative: «ждать 21 минуту»."""
    return any(
        parse.tag.POS in ("VERB", "INFN", "GRND") and "tran" in parse.tag for parse in _dictionary().parse(word)[:1]
    )


@cache
def _dictionary() -> Any:
    return MorphAnalyzer(lang="ru")
