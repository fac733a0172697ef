"""The words that weekly hours are written in: days, clock times, breaks, days off; and clock times as minutes."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from gridline.calendar.hours import WEEKDAYS

Word = tuple[str, re.Match[str]]
"""A kind (a group of the pattern below, a weekday among them) and what was found."""

EXAMPLE: Final = "пн-чт 8:00-17:00, пт 8:00-16:00, обед 12:00-13:00; сб, вс выходной"
MIDNIGHT: Final = 24 * 60
_LONGEST: Final = 300

_DAYS = (
    r"пн|пон(?:ед)?|понедельник\w*",
    r"вт|втор|вторник\w*",
    r"ср|сред\w*",
    r"чт|чет(?:в)?|четверг\w*",
    r"пт|пят|пятниц\w*",
    r"сб|суб|суббот\w*",
    r"вс|вск|воск|воскр|воскресень\w*",
)
_CLOCK = (
    r"(?P<{0}h>\d{{1,2}})"
    r"(?:\s?[:.]\s?(?P<{0}m>\d{{2}})(?::00)?|\s(?P<{0}s>[0-5]0|[0-5]5)(?!\s?[:.\d]))?"
    r"(?:\s?ч(?:ас(?:а|ов)?)?\b\.?(?:\s?(?P<{0}w>\d{{2}})\s?мин(?:ут\w*)?\.?)?)?"
)
_BETWEEN = r"\s?(?:-|до|по)\s?"
_SCAN: Final = re.compile(
    r"(?P<span>(?:\bс\s)?(?P<dh>\d{1,2})-(?P<dm>[0-5]\d)" + _BETWEEN + r"(?P<eh>\d{1,2})-(?P<em>[0-5]\d)(?!\d)"
    r"|(?:\bс\s)?" + _CLOCK.format("f") + _BETWEEN + _CLOCK.format("l") + r"(?!\d))"
    r"|(?P<round>\bкруглосуточно\b|\b24\s?/\s?7\b|\b24 час\w*)"
    r"|(?P<until>\bдо\s"
    + _CLOCK.format("u")
    + r"(?!\d))"
    + "".join(rf"|(?P<{name}>\b(?:{ways})\b\.?)" for name, ways in zip(WEEKDAYS, _DAYS, strict=True))
    + r"|(?P<workdays>\b(?:будн\w+|рабочи\w+)(?: дн\w+)?\b)"
    r"|(?P<daily>\bежедневно\b|\bкаждый день\b|\bбез выходных\b|\bвсе дни(?: недели)?\b)"
    r"|(?P<nobreak>\bбез (?:обед\w*|перерыв\w*)(?: на обед\w*)?)"
    r"|(?P<rest>\b(?:обед\w*|технич\w+|перерыв\w*)(?: перерыв\w*)?(?: (?:на|для) обед\w*)?)"
    r"|(?P<weekend>\bвыходн\w+(?: дн\w+| день)?\b)"
    r"|(?P<shut>\b(?:не ?работа\w+|не ?принима\w+|закрыт\w*|нет при[её]ма|при[её]ма нет)\b)"
    r"|(?P<but>\bкроме\b|\bза исключением\b)"
    r"|(?P<to>-|\b(?:по|до)\b)"
    r"|(?P<end>;)"
    r"|(?P<idle>[\s,:.()]+|\b(?:с|со|в|во|и|на|а также|при[её]м\w*|граждан|потребител\w+|клиент\w+|работ\w*"
    r"|режим|график|часы|время|дни|для|понедельно)\b)"
)


class UnreadHours(ValueError):
    """What cannot be read; the message says which word and how to write it."""

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}. Пишите так: {EXAMPLE}")


def words(written: str) -> list[Word]:
    """The words of a text that mean something, in their order. Raises UnreadHours for one that nobody knows."""
    if len(written) > _LONGEST:
        raise UnreadHours(f"часы длиннее {_LONGEST} знаков")
    text, at, found = _unified(written), 0, []
    while at < len(text):
        word = _SCAN.match(text, at)
        if word is None:
            unknown = re.split(r"[\s,;]", text[at:])[0]
            raise UnreadHours(f"«{unknown[:30]}» не понять")
        found.append((str(word.lastgroup), word))
        at = word.end()
    return [word for word in found if word[0] != "idle"]


def _unified(written: str) -> str:
    """One kind of dash, small letters, minutes written small and high («8⁰⁰») behind a colon."""
    raised = re.sub(r"(?<=\d)[⁰¹²³⁴-⁹]{2}", lambda found: ":" + unicodedata.normalize("NFKC", found[0]), written)
    plain = re.sub(r"[\u2010-\u2015\u2212]", "-", raised.casefold().replace("ё", "е"))
    return " ".join(re.sub(r"\s*-\s*", "-", plain).split())


def span(found: re.Match[str]) -> tuple[int, int]:
    """From which minute until which. Raises UnreadHours."""
    if found["dh"]:
        return checked(_of(found["dh"], found["dm"]), _of(found["eh"], found["em"]))
    if found["lh"] == "00" and not found["lm"]:
        raise UnreadHours(f"«{found[0].strip()}» — одно время, а нужны начало и конец")
    return checked(minute(found, "f"), minute(found, "l"))


def minute(found: re.Match[str], which: str) -> int:
    """The minute of one clock time of the pattern. Raises UnreadHours."""
    return _of(found[f"{which}h"], found[f"{which}m"] or found[f"{which}s"] or found[f"{which}w"] or "0")


def _of(hour: str, minute: str) -> int:
    if int(hour) > 24 or int(minute) > 59 or (int(hour) == 24 and int(minute)):
        raise UnreadHours(f"нет такого времени: {hour}:{minute}")
    return int(hour) * 60 + int(minute)


def checked(first: int, last: int) -> tuple[int, int]:
    """The two as a span; 0:00 at its end is midnight. Raises UnreadHours."""
    last = last or MIDNIGHT
    if first >= last:
        raise UnreadHours("часы кончаются раньше начала; работу за полночь делят: 20:00-24:00 и 0:00-8:00")
    return first, last
