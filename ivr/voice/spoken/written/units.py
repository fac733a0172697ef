"""Units as causes abbreviate them, and the words they stand for."""

from __future__ import annotations

from ivr.voice.spoken.agreement import (
    CENTIMETRE,
    DAY,
    HOUR,
    KILOMETRE,
    KILOVOLT,
    KILOVOLT_AMPERE,
    KILOWATT,
    KOPECK,
    MEGAWATT,
    METRE,
    MILLIMETRE,
    MINUTE,
    MONTH,
    PER_CENT,
    PERSON,
    PIECE,
    RUBLE,
    SECOND,
    VOLT,
    WEEK,
    Noun,
)

LENGTHS = {"м": METRE, "км": KILOMETRE, "см": CENTIMETRE, "мм": MILLIMETRE}
RATINGS = {"В": VOLT, "кВ": KILOVOLT, "кВА": KILOVOLT_AMPERE}
"""They name a line or a transformer («ВЛ 10 кВ») and stand as they are after any noun."""
UNITS: dict[str, Noun] = {
    **LENGTHS,
    **{"сек": SECOND, "мин": MINUTE, "ч": HOUR, "час": HOUR, "дн": DAY, "нед": WEEK, "мес": MONTH},
    **{"руб": RUBLE, "коп": KOPECK, "шт": PIECE, "чел": PERSON, "%": PER_CENT},
    **RATINGS,
    **{"кВт": KILOWATT, "МВт": MEGAWATT},
}
_SHORT = "|".join(sorted(UNITS.keys() - {"%", "В", "ч", "час"}, key=len, reverse=True))
OTHER_PATTERN = rf"(?:%|(?:{_SHORT})(?![А-Яа-яЁё])\.?|В(?<=\d\d\d В)(?![А-Яа-яЁё]))"
"""Units that follow no clock. «5 В» may be a house, «220 В» is not."""
UNIT_PATTERN = rf"(?:{OTHER_PATTERN}|ч(?![А-Яа-яЁё])\.?|час\.)"
"""«час» with its stop is an abbreviation, without it a word in its own form."""
MEASURES = {noun.singular[0] for noun in UNITS.values() if noun is not PERSON and noun is not PIECE} | {"год", "градус"}
"""Nouns that say how much there is of something, rather than what is counted."""
