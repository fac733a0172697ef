"""Dates in a text as it was written: «до 22 ноября 2026 г.», «с 22.11 по 25.11», «22-25 ноября», «в 2026 году»."""

from __future__ import annotations

import re
from datetime import date

from ivr.voice.spoken.dates import MONTHS, year_words
from ivr.voice.spoken.numbers import Gender, GrammarCase
from ivr.voice.spoken.ordinals import ordinal
from ivr.voice.spoken.written.demands import DecidedBy, demand

_LEAP = 2000
_YEAR_ENDS = r"(?: ?(?:года|г\.?)(?![А-Яа-яЁё]))?"
_DIGITS = re.compile(
    r"(?<![\d.,:/-])(?P<day>\d{1,2})\.(?P<month>\d{1,2})(?:\.(?P<year>\d{4}|\d{2}))?(?![\d:]|[.,]\d)" + _YEAR_ENDS
)
_MONTH = "|".join(MONTHS)
_ENDING = r"-?(?:го|ого|е|ое)"
_DAY = rf"\d{{1,2}}(?:{_ENDING})?"
_JOINT = r"(?: ?, ?| и | по | до | на | ?[-–—] ?)"
_WORDS = re.compile(
    rf"(?<![\w.,-])(?P<days>{_DAY}(?:{_JOINT}{_DAY}){{0,30}}) (?P<month>{_MONTH})(?![а-яё])"
    rf"(?: (?P<year>\d{{4}})(?!\d){_YEAR_ENDS})?",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<![\w.,-])(?P<year>(?:19|20)\d\d) ?(?P<word>годом|году|года|год|г\.?)(?![А-Яа-яЁё])")
_AMONG_DAYS = re.compile(f"({_JOINT})")
_AFTER_JOINT: dict[str, GrammarCase] = {"по": GrammarCase.ACC, "на": GrammarCase.ACC, "до": GrammarCase.GEN}
_OWN_CASE: dict[str, GrammarCase] = {"год": GrammarCase.NOM, "года": GrammarCase.GEN, "годом": GrammarCase.INS}
_YEAR_WORD: dict[GrammarCase, str] = {
    **{
        GrammarCase.NOM: "год",
        GrammarCase.GEN: "года",
        GrammarCase.DAT: "году",
        GrammarCase.ACC: "год",
        GrammarCase.INS: "годом",
        GrammarCase.PREP: "году",
    },
}


def spoken_dates(text: str) -> str:
    """`text` with its dates and years in words, each in the case its place asks for; no date is left as it is."""
    text = _DIGITS.sub(_in_words, text)
    text = _YEAR.sub(_year, _WORDS.sub(_days, text))
    return re.sub(r"\b([СсКк]) (?=втор(?:ого|ому) )", r"\1о ", text)


def _in_words(match: re.Match[str]) -> str:
    """`22.11.2026` as `22 ноября 2026`; what is a clock time or no date stays."""
    day, month, year = int(match["day"]), int(match["month"]), match["year"]
    if year is None and (month in (5, 10) or len(match["month"]) == 1) and day < 25:
        return match[0]  # «в 17.10» is a time; a date of May or October is written out or has its year
    try:
        date(int(year or _LEAP) + (2000 if year and len(year) == 2 else 0), month, day)
    except ValueError:
        return match[0]
    return f"{day} {MONTHS[month - 1]}" + (f" {year if len(year) == 4 else '20' + year} г." if year else "")


def _days(match: re.Match[str]) -> str:
    pieces = _AMONG_DAYS.split(re.sub(_ENDING, "", match["days"]))
    days, joints = [int(piece) for piece in pieces[::2]], [piece.strip() for piece in pieces[1::2]]
    if not all(1 <= day <= 31 for day in days):
        return match[0]
    asked = demand(match.string, match.start())
    case: GrammarCase = asked.cases[0] if asked.by is DecidedBy.PREPOSITION else GrammarCase.GEN
    said = [ordinal(days[0], case, Gender.N)]
    span = joints in (["-"], ["–"], ["—"])
    if span and (asked.by is not DecidedBy.PREPOSITION or asked.word in ("с", "со")):
        said = [
            f"{'' if asked.word in ('с', 'со') else 'с '}{said[0]} по {ordinal(days[1], GrammarCase.ACC, Gender.N)}"
        ]
        joints = []
    for joint, day in zip(joints, days[1:], strict=False):
        own = _AFTER_JOINT.get(joint, case)
        said.append(f"{',' if joint in ',-–—' else ' ' + joint} {ordinal(day, own, Gender.N)}")
    year = f" {year_words(int(match['year']))} года" if match["year"] else ""
    return f"{''.join(said)} {match['month']}{year}"


def _year(match: re.Match[str]) -> str:
    asked = demand(match.string, match.start())
    case = _OWN_CASE.get(match["word"])
    if match["word"] == "году":
        case = GrammarCase.DAT if GrammarCase.DAT in asked.cases and asked.word != "по" else GrammarCase.PREP
    elif match["word"] == "год":
        case = GrammarCase.NOM
    elif case is None:  # «г.»
        case = (
            GrammarCase.PREP
            if asked.word in ("в", "во")
            else asked.cases[0]
            if asked.by is DecidedBy.PREPOSITION
            else GrammarCase.GEN
        )
    return f"{ordinal(int(match['year']), case)} {_YEAR_WORD[case]}"
