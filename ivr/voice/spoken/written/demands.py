"""Which case the word before a number asks of it: «до 5» and «замена 5» the genitive, «к 5» the dative."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from ivr.voice.spoken.numbers import GrammarCase
from ivr.voice.spoken.written import morphology

_GENITIVE = (
    *("до", "от", "из", "без", "для", "около", "у", "после", "более", "менее", "свыше", "больше", "меньше", "порядка"),
    *("кроме", "вместо", "близ", "возле", "напротив", "ранее", "позднее", "раньше", "позже", "против", "среди"),
    *("количестве", "течение", "продолжение", "протяжении", "из-за", "из-под", "сверх", "вплоть", "числе"),
)
_PREPOSITIONS: dict[str, tuple[GrammarCase, ...]] = {
    **dict.fromkeys(_GENITIVE, (GrammarCase.GEN,)),
    **dict.fromkeys(("к", "ко", "согласно", "благодаря"), (GrammarCase.DAT,)),
    **dict.fromkeys(("через", "про"), (GrammarCase.ACC,)),
    **dict.fromkeys(("над", "перед", "между"), (GrammarCase.INS,)),
    **dict.fromkeys(("с", "со"), (GrammarCase.GEN, GrammarCase.INS)),
    **dict.fromkeys(("в", "во", "на"), (GrammarCase.ACC, GrammarCase.PREP)),
    **dict.fromkeys(("о", "об"), (GrammarCase.PREP, GrammarCase.ACC)),
    **{"по": (GrammarCase.ACC, GrammarCase.DAT, GrammarCase.PREP), "при": (GrammarCase.PREP,)},
    **{"за": (GrammarCase.ACC, GrammarCase.INS), "под": (GrammarCase.INS, GrammarCase.ACC)},
}
_ACTIONS = (
    *("ение", "ание", "ытие", "ация", "укция", "замена", "ремонт", "обрыв", "прокладка", "монтаж", "установка"),
    *("потеря", "утечка", "порыв", "покраска", "расчистка", "вырубка", "обрезка", "проверка"),
)
_STATES = {"напряжение", "сечение", "давление", "отклонение", "помещение", "селение", "отделение"}
"""They end like doings and are none."""
_LAST_WORD = re.compile(r"([А-Яа-яЁё]+(?:-[А-Яа-яЁё]+)*) *[(«]?$")


NEAR = 80
"""Characters before a number in which the word that asks is looked for."""


class DecidedBy(Enum):
    """What kind of word asks."""

    PREPOSITION = auto()
    VERB = auto()
    NOUN = auto()
    NOTHING = auto()


@dataclass(frozen=True, slots=True)
class Demand:
    """The cases that may stand here, the likeliest first."""

    by: DecidedBy
    word: str
    """The word that asks, in small letters; empty where none stands there."""
    cases: tuple[GrammarCase, ...]


def is_action(word: str) -> bool:
    """Whether `word` is a noun of doing: what is measured after it is its object («замена 100 м кабеля»)."""
    lemmas = {reading.lemma for reading in morphology.nouns(word)}
    return any(lemma.endswith(_ACTIONS) for lemma in lemmas - _STATES)


def _after_preposition(before: str) -> bool:
    found = _LAST_WORD.search(before)
    return found is not None and found[1].lower() in _PREPOSITIONS


def demand(text: str, at: int) -> Demand:
    """What the words of `text` before `at` ask of a number that begins there."""
    before = text[max(0, at - NEAR) : at]
    found = _LAST_WORD.search(before)
    word = found[1].lower() if found else ""
    if word in _PREPOSITIONS:
        return Demand(DecidedBy.PREPOSITION, word, _PREPOSITIONS[word])
    if word and morphology.takes_object(word):
        return Demand(DecidedBy.VERB, word, (GrammarCase.ACC,))
    if word and morphology.nouns(word):
        # «без света 5 домов»: what has a preposition of its own governs nothing, unless it is a doing.
        loose = found is not None and not is_action(word) and _after_preposition(before[: found.start()])
        return Demand(DecidedBy.NOUN, word, (GrammarCase.NOM,) if loose else (GrammarCase.GEN,))
    return Demand(DecidedBy.NOTHING, word, (GrammarCase.NOM,))
