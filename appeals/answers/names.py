"""A person's name in a letter: dative and greeting, but only when two dictionaries agree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from pymorphy3 import MorphAnalyzer
from pytrovich.enums import Case, Gender, NamePart
from pytrovich.maker import PetrovichDeclinationMaker

_WORD = re.compile(r"[А-ЯЁ][а-яё]+(-[А-ЯЁ][а-яё]+)?")
_PARTS = ((NamePart.LASTNAME, "Surn"), (NamePart.FIRSTNAME, "Name"), (NamePart.MIDDLENAME, "Patr"))
_ENDINGS = ((("вич", "ьич", "мич", "кич"), Gender.MALE, "masc"), (("вна", "чна"), Gender.FEMALE, "femn"))


@dataclass(frozen=True, slots=True)
class Spelled:
    """How a letter names a person: `to` is in the dative only when `sure`, otherwise as it was given."""

    to: str
    greeting: str
    sure: bool


def spelled(name: str | None) -> Spelled:
    """A name for the head of a letter; if in doubt it is not declined and the greeting is neutral.

    `sure` requires surname, name and patronymic, a patronymic that shows the gender, and the same dative
    of every word from pytrovich's rules and pymorphy3's dictionary (they differ on «Заяц», «Соловей», «Лев»).
    """
    words = (name or "").split()
    if all(word.isupper() or word.islower() for word in words):
        words = ["-".join(part.capitalize() for part in word.split("-")) for word in words]
    unsure = Spelled(" ".join((name or "").split()), "Здравствуйте!", sure=False)
    if len(words) != 3 or not all(_WORD.fullmatch(word) for word in words):
        return unsure
    gender_of_patronymic = next(
        ((gender, tag) for endings, gender, tag in _ENDINGS if words[2].endswith(endings)), None
    )
    if gender_of_patronymic is None:
        return unsure
    gender, tag = gender_of_patronymic
    declined = []
    for word, (part, grammeme) in zip(words, _PARTS, strict=True):
        dative = _petrovich().make(part, gender, Case.DATIVE, word)
        if dative.lower().replace("ё", "е") not in _dictionary_datives(word, grammeme, tag):
            return unsure
        declined.append(dative)
    respected = "Уважаемый" if gender is Gender.MALE else "Уважаемая"
    return Spelled(" ".join(declined), f"{respected} {words[1]} {words[2]}!", sure=True)


def _dictionary_datives(word: str, grammeme: str, gender: str) -> set[str]:
    datives = set()
    for parse in _morphology().parse(word):
        tag = parse.tag
        if grammeme in tag and "nomn" in tag and "sing" in tag and (gender in tag or "ms-f" in tag) and parse.is_known:
            inflected = parse.inflect({"datv", "sing"})
            if inflected is not None:
                datives.add(inflected.word.replace("ё", "е"))
    return datives


@cache
def _petrovich() -> PetrovichDeclinationMaker:
    return PetrovichDeclinationMaker()


@cache
def _morphology() -> MorphAnalyzer:
    return MorphAnalyzer()
