"""Text written for the eye (a cause, a note, a name) made speakable: no digit, Latin letter or markup is left."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, time

from ivr.voice.spoken.agreement import METRE, MINUTE, RUBLE, Noun, counted
from ivr.voice.spoken.codes import LETTERS
from ivr.voice.spoken.dates import date_words
from ivr.voice.spoken.numbers import cardinal
from ivr.voice.spoken.times import clock_short

_ABBREVIATIONS = {
    "т.к.": "так как", "т.е.": "то есть", "и т.д.": "и так далее", "и т.п.": "и тому подобное", "т.ч.": "том числе",
    "оп.": "опора", "ф.": "фидер", "яч.": "ячейка", "пос.": "посёлок",
    "дер.": "деревня", "ул.": "улица", "г.": "город", "р-н": "район", "обл.": "область", "пер.": "переулок",
    "пр-т": "проспект", "мкр.": "микрорайон", "кВ": "киловольт", "кВт": "киловатт", "№": "номер", "%": "процентов",
}  # fmt: skip
_PLANT = {  # as a cause begins with it, after a noun, after «в» or «на»
    "ВЛ": ("воздушная линия", "воздушной линии", "воздушной линии"),
    "КЛ": ("кабельная линия", "кабельной линии", "кабельной линии"),
    "ЛЭП": ("линия электропередачи", "линии электропередачи", "линии электропередачи"),
    "ПС": ("подстанция", "подстанции", "подстанции"),
    "ТП": ("трансформаторная подстанция", "трансформаторной подстанции", "трансформаторной подстанции"),
    "КТП": ("трансформаторная подстанция", "трансформаторной подстанции", "трансформаторной подстанции"),
    "РП": ("распределительный пункт", "распределительного пункта", "распределительном пункте"),
}
_PLANT_SEEN = re.compile(r"(?:(?P<before>[А-Яа-яё]+) +)?\b(?P<short>" + "|".join(_PLANT) + r")\b")
_UNITS: dict[str, Noun] = {"мин": MINUTE, "руб": RUBLE, "м": METRE}
_LATIN = dict(zip("abcdefghijklmnopqrstuvwxyz", (
    "а", "б", "к", "д", "е", "ф", "г", "х", "и", "й", "к", "л", "м", "н", "о", "п", "к", "р", "с", "т", "у", "в", "в",
    "кс", "й", "з"), strict=True))  # fmt: skip
_OPENED = re.compile(
    r"(?<![А-Яа-яЁё])("
    + "|".join(re.escape(a) for a in sorted(_ABBREVIATIONS, key=len, reverse=True))
    + r")(?![А-Яа-яЁё])"
)
_DATE = re.compile(r"\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b")
_TIME = re.compile(r"\b([01]?\d|2[0-3]):([0-5]\d)\b")
_FRACTION = re.compile(r"\b(\d{1,6}),(\d{1,3})\b")
_COUNTED = re.compile(r"\b(\d{1,6}) ?(мин|руб|м)\b\.?")


def speakable(text: str) -> str:
    """`text` with dates, times, numbers and known abbreviations opened, and everything unspeakable gone.

    What is spoken Russian already comes out as it went in (doing it twice changes nothing), so every value
    that fills a prompt passes through here.
    """
    text = unicodedata.normalize("NFKC", text.replace("№", " номер "))
    kinds = ((c, unicodedata.category(c)[0]) for c in text)
    text = "".join(" " if kind in "CZ" else c for c, kind in kinds if kind != "M")
    text = re.sub(r"</?[A-Za-z][^<>]*>", " ", text)
    text = _PLANT_SEEN.sub(_plant, text)
    text = _open(text)
    text = _DATE.sub(_date, text)
    text = _TIME.sub(lambda m: clock_short(time(int(m[1]), int(m[2]))), text)
    text = _COUNTED.sub(lambda m: counted(int(m[1]), _UNITS[m[2]]), text)
    text = _FRACTION.sub(_fraction, text)
    text = re.sub(r"[0-9]+", lambda m: f" {_number(m[0])} ", text)
    text = re.sub(r"\b[БВГДЖЗЙКЛМНПРСТФХЦЧШЩ]{2,5}\b", lambda m: " ".join(LETTERS[c.lower()] for c in m[0]), text)
    text = re.sub(r"\b[A-Z]{1,5}\b", lambda m: " ".join(LETTERS[c.lower()] for c in m[0]), text)
    text = re.sub(r"[A-Za-z]", lambda m: _LATIN[m[0].lower()], text)
    text = re.sub(r"[^А-Яа-яЁё .,!?:;«»()-]", " ", text)
    text = re.sub(r"(?<![А-Яа-яЁё])-|-(?![А-Яа-яЁё])", " ", text)
    text = re.sub(r"\s+([.,!?:;])", r"\1", " ".join(text.split()))
    return _open(text)  # some come about only now: of Latin letters, of a stop that stood apart


def _open(text: str) -> str:
    return _OPENED.sub(lambda m: _ABBREVIATIONS[m[0]], text)


def _date(match: re.Match[str]) -> str:
    try:
        return date_words(date(int(match[3]), int(match[2]), int(match[1])), year=True)
    except ValueError:
        return match[0]


def _plant(match: re.Match[str]) -> str:
    before, forms = match["before"], _PLANT[match["short"]]
    if before is None:
        return forms[0]
    return f"{before} {forms[2 if before.lower() in ('в', 'во', 'на', 'о', 'об') else 1]}"


def _fraction(match: re.Match[str]) -> str:
    whole, part = int(match[1]), int(match[2])
    tenth = ("десят", "сот", "тысячн")[len(match[2]) - 1]
    return (
        f"{cardinal(whole, gender='f')} {'целая' if _one(whole) else 'целых'} "
        f"{cardinal(part, gender='f')} {tenth}{'ая' if _one(part) else 'ых'}"
    )


def _one(n: int) -> bool:
    return n % 10 == 1 and n % 100 != 11


def _number(digits: str) -> str:
    if len(digits) > 6 or (digits[0] == "0" and len(digits) > 1):
        return " ".join(cardinal(int(digit)) for digit in digits)
    return cardinal(int(digits))
