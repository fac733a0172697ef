"""What numbers count: behind a number that has a unit nobody's secret stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from appeals.finding.words import plain
from ivr.voice.spoken.written.morphology import nouns
from quality.masking.numerals import words_of

MONTHS: Final = words_of(
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря год года году"
)
_UNITS: Final = words_of(
    "рубль копейка час минута секунда день сутки неделя месяц год вольт киловатт ватт киловольт ампер метр "
    "километр процент градус раз человек этап обращение квартал мегаватт заявка столб опора подстанция цифра знак"
)
_COUNTED: Final = words_of("квартир домов подъездов участков улиц корпусов офисов")
"""Parts of an address that are counted, not numbered: «двенадцать квартир»."""


def counts(words: Sequence[str], behind: int) -> bool:
    """Whether the word behind a run of numbers is what they count: «тысяча двести рублей»."""
    following = plain(words[behind]) if behind < len(words) else ""
    return following in MONTHS | _COUNTED or any(noun.lemma in _UNITS for noun in nouns(following))
