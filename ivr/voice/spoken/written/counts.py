"""Numbers beside nouns in a text as it was written: the noun tells in which case the number is said.

A writer puts the noun in its right form: «замена 3 опор» is the genitive (three in the nominative would have
«опоры»), «в 5 домах» the prepositional. Where a form fits several cases, the word before the number decides;
an abbreviated unit has no form and goes by that word alone. Without a noun a number is a name («ТП 5», «опора 3»).
"""

from __future__ import annotations

import re
from collections.abc import Collection

from ivr.voice.spoken.agreement import counted
from ivr.voice.spoken.numbers import CASES, Gender, GrammarCase, cardinal
from ivr.voice.spoken.ordinals import ordinal, run_together
from ivr.voice.spoken.written import morphology
from ivr.voice.spoken.written.demands import DecidedBy, Demand, demand, is_action
from ivr.voice.spoken.written.morphology import Reading
from ivr.voice.spoken.written.units import LENGTHS, MEASURES, RATINGS, UNIT_PATTERN, UNITS

_COLLECTIVE = {2: "двое", 3: "трое", 4: "четверо"}
_IN_A_ROW = {"этаж", "подъезд", "микрорайон", "квартал", "очередь", "секция", "корпус"}
"""What is numbered rather than counted, so that after a preposition 1 is the first."""
_OF_DAY = (["утра"], ["дня"], ["вечера"], ["ночи"])
_CARDINAL_ENDINGS: dict[str, GrammarCase] = {
    **dict.fromkeys(("ти", "и", "х", "ёх", "ех", "ух", "та"), GrammarCase.GEN),
    **dict.fromkeys(("мя", "ью", "ми"), GrammarCase.INS),
}

_AHEAD = r"(?=(?P<after>(?: +[а-яё-]+){1,4}))?"
_WITH_UNIT = re.compile(rf"(?<![\w.,])(?P<n>\d{{1,6}})(?: ?[-–—] ?(?P<to>\d{{1,6}}))? ?(?P<unit>{UNIT_PATTERN})")
_FRACTION = re.compile(rf"(?<![\w.,])(?P<whole>\d{{1,6}}),(?P<part>\d{{1,3}})(?!\d|,\d)(?: ?(?P<unit>{UNIT_PATTERN}))?")
_POINT = re.compile(rf"(?<![\w.,])(\d{{1,6}})\.(\d{{1,3}})(?= ?(?:{UNIT_PATTERN}))")
_ENDED = re.compile(r"(?<![\w.,])(?P<n>\d{1,6})-(?P<ending>[а-яё]{1,3})(?![а-яё-])" + _AHEAD)
_ADJECTIVE = re.compile(r"(?<![\w.,])(\d{1,3})-(?=[а-яё]{4,})")
_PLAIN = re.compile(r"(?<![\w.,-])(?P<n>\d{1,3}(?: \d{3})+|\d{1,6})(?: ?[-–—] ?(?P<to>\d{1,6}))?(?![\w-])" + _AHEAD)


def spoken_counts(text: str) -> str:
    """`text` with its numbers and units in words, each in the case its place asks for."""
    text = _POINT.sub(r"\1,\2", text)
    text = _FRACTION.sub(_fraction, text)
    text = _WITH_UNIT.sub(_measured, text)
    text = _ADJECTIVE.sub(lambda m: run_together(int(m[1])), text)
    text = _ENDED.sub(_ended, text)
    return _PLAIN.sub(_counted, text)


def _fraction(match: re.Match[str]) -> str:
    """«ноль целых четыре десятых киловольта»: what is measured in parts stands in the genitive singular."""
    asked = _of_unit(demand(match.string, match.start()), match["unit"])
    case: GrammarCase = GrammarCase.NOM if asked == GrammarCase.ACC else asked
    whole, part = int(match["whole"]), int(match["part"])
    place = ("десят", "сот", "тысячн")[len(match["part"]) - 1]
    words = [
        cardinal(whole, asked, Gender.F),
        _part(whole, "цел", asked, case),
        cardinal(part, asked, Gender.F),
        _part(part, place, asked, case),
    ]
    if match["unit"]:
        words.append(UNITS[match["unit"].rstrip(".")].singular[CASES.index(GrammarCase.GEN)])
    return " ".join(words)


def _part(n: int, stem: str, asked: GrammarCase, case: GrammarCase) -> str:
    if n % 10 == 1 and n % 100 != 11:
        return stem + {GrammarCase.NOM: "ая", GrammarCase.ACC: "ую"}.get(asked, "ой")
    return stem + {GrammarCase.DAT: "ым", GrammarCase.INS: "ыми"}.get(case, "ых")


def _measured(match: re.Match[str]) -> str:
    unit = UNITS[match["unit"].rstrip(".")]
    case = _of_unit(demand(match.string, match.start()), match["unit"])
    n, to = int(match["n"]), match["to"]
    first = f"{cardinal(n, case, unit.gender)}-" if to else ""
    return f"{first}{counted(int(to or n), unit, case)}"


def _of_unit(asked: Demand, unit: str | None) -> GrammarCase:
    """The case of a measure, by the word before it alone."""
    if asked.by is DecidedBy.NOUN:
        return GrammarCase.GEN if is_action(asked.word) and unit not in RATINGS else GrammarCase.NOM
    if asked.word in ("в", "во") and unit and unit.rstrip(".") in LENGTHS:
        return GrammarCase.PREP  # «в 5 км от города», but «в 5 мин»
    return asked.cases[0]


def _counted(match: re.Match[str]) -> str:
    n, to = int(match["n"].replace(" ", "")), int(match["to"] or 0)
    asked = demand(match.string, match.start())
    after = match["after"] or ""
    an_hour = asked.by is DecidedBy.PREPOSITION and after.split()[:1] in _OF_DAY
    noun = () if an_hour else _noun(after)
    last = to or n
    if noun and (said := _agreeing(last, noun, asked)):
        case, gender, words = said
        return f"{cardinal(n, case, gender)}-{words}" if to else words
    if noun and not to and (place := _numbered(n, noun, asked)):
        return place
    if " " in match["n"] or match["n"] != str(n):
        return match[0]  # digits that are no number: a code, read out one by one
    # a number that is a name, or an hour: «с 9 до 17»
    case = GrammarCase.NOM if noun or asked.by is not DecidedBy.PREPOSITION else asked.cases[0]
    return f"{cardinal(n, case)} {cardinal(to, case)}" if to else cardinal(n, case)


def _noun(after: str) -> tuple[Reading, ...]:
    """The noun that a number counts: the first word after it, or the one behind its adjectives."""
    found: tuple[Reading, ...] = ()
    for word in after.split():
        found = morphology.nouns(word) or found
        if not morphology.is_adjective(word):  # «рабочих» in «2 рабочих дня» is a noun too
            break
    return found


def _agreeing(n: int, noun: tuple[Reading, ...], asked: Demand) -> tuple[GrammarCase, Gender, str] | None:
    """Case, gender and words of a number that counts this noun; None where the noun's form fits no count."""
    fitting: dict[GrammarCase, Reading] = {}
    for reading in noun:
        for case in _fits(n, reading):
            fitting.setdefault(case, reading)
    if not fitting:
        return None
    wanted = asked.cases
    if asked.by is DecidedBy.NOUN and noun[0].lemma in MEASURES and not is_action(asked.word):
        wanted = (GrammarCase.NOM,)
    if _is_place_in_a_row(n, noun, wanted, fitting):
        return None
    case = next(case for case in (*wanted, GrammarCase.NOM, *fitting) if case in fitting)
    reading = fitting[case]
    if reading.only_plural and n in _COLLECTIVE and case in (GrammarCase.NOM, GrammarCase.ACC):
        return case, reading.gender, _COLLECTIVE[n]
    return case, reading.gender, cardinal(n, case, reading.gender)


def _is_place_in_a_row(
    n: int, noun: tuple[Reading, ...], wanted: tuple[GrammarCase, ...], fitting: Collection[GrammarCase]
) -> bool:
    """«до 3 этажа» is the third floor: the case that is asked for fits no count, but the noun in its singular."""
    if wanted == (GrammarCase.NOM,):
        return False
    if n % 10 == 1 and noun[0].lemma in _IN_A_ROW:
        return True
    return not any(case in fitting for case in wanted) and any(
        not reading.plural and reading.case in wanted for reading in noun
    )


def _fits(n: int, noun: Reading) -> tuple[GrammarCase, ...]:
    """The cases in which the number may be, with its noun in this form."""
    last, teens = n % 10, 11 <= n % 100 <= 14
    if last == 1 and not teens:
        return (noun.case,) if not noun.plural or noun.only_plural else ()
    if 2 <= last <= 4 and not teens:
        if not noun.plural and noun.case == GrammarCase.GEN:
            return (GrammarCase.NOM, GrammarCase.ACC)
        if noun.only_plural and noun.case == GrammarCase.GEN:
            return (GrammarCase.NOM, GrammarCase.ACC, GrammarCase.GEN)
        return (noun.case,) if noun.plural and noun.case not in (GrammarCase.NOM, GrammarCase.ACC) else ()
    if noun.plural and noun.case == GrammarCase.GEN:
        return (GrammarCase.NOM, GrammarCase.ACC, GrammarCase.GEN)
    return (noun.case,) if noun.plural and noun.case not in (GrammarCase.NOM, GrammarCase.ACC) else ()


def _numbered(n: int, noun: tuple[Reading, ...], asked: Demand) -> str | None:
    """«на 2 этаже» is the second floor: a singular that no count of this size takes."""
    bound = asked.by in (DecidedBy.PREPOSITION, DecidedBy.NOUN)  # «ТП 5 отключение»: 5 belongs to what stands before it
    for reading in noun:
        if not reading.plural and (not bound or reading.case in asked.cases):
            return ordinal(n, reading.case, reading.gender)
    return None


def _ended(match: re.Match[str]) -> str:
    """«3-й», «2-го», «5-ти»: the ending was written."""
    n, ending = int(match["n"]), match["ending"]
    if (case := _CARDINAL_ENDINGS.get(ending)) and not (ending == "х" and n > 4):
        return cardinal(n, case)
    fitting = [(reading.case, reading.gender) for reading in _noun(match["after"] or "") if not reading.plural]
    every: list[tuple[GrammarCase, Gender]] = [
        (case, gender) for gender in (Gender.M, Gender.F, Gender.N) for case in CASES
    ]
    for case, gender in [*fitting, *every]:
        if (said := ordinal(n, case, gender)).endswith(ending):
            return said
    return match[0]
