"""Addresses as a bill has them, in words: «ул. Ленина, д. 5, корп. 2» is «улица Ленина, дом пять, корпус два»."""

from __future__ import annotations

import re

from grid.places.kinds import SAID, STREETS, compact
from ivr.voice.spoken.codes import spelled
from ivr.voice.spoken.dates import MONTHS
from ivr.voice.spoken.free_text import speakable
from ivr.voice.spoken.numbers import Gender, GrammarCase, cardinal
from ivr.voice.spoken.ordinals import ordinal

_PARTS = {
    **{"д": "дом", "корп": "корпус", "к": "корпус", "стр": "строение", "кв": "квартира", "лит": "литера"},
    **{"вл": "владение", "влд": "владение", "влад": "владение", "оф": "офис", "пом": "помещение", "под": "подъезд"},
    **{"эт": "этаж", "уч": "участок", "гар": "гараж", "ком": "комната", "комн": "комната", "им": "имени"},
}
_WORDS = {**SAID, **_PARTS}
_FULL = {kind.word for kind in STREETS}
_ENDINGS: dict[str, tuple[GrammarCase, Gender]] = {
    **dict.fromkeys(("й", "ый", "ой", "ий"), (GrammarCase.NOM, Gender.M)),
    **dict.fromkeys(("я", "ая", "ья"), (GrammarCase.NOM, Gender.F)),
    **dict.fromkeys(("е", "ое"), (GrammarCase.NOM, Gender.N)),
    **dict.fromkeys(("го", "ого"), (GrammarCase.GEN, Gender.M)),
}
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50}

_TOKEN = re.compile(
    r"(?P<join>\d+\s*[кс]\d+\b)"  # 5к2, 5с1
    r"|(?P<years>\d+-летия\b)"
    r"|(?P<ordinal>\d+-(?:й|ый|ой|ий|я|ая|ья|е|ое|го|ого)\b)"
    r"|(?P<number>\d+(?:\s?[А-Яа-яё](?![А-Яа-яё.-]))?(?:[/-]\d+)?(?:[А-Яа-яё](?![А-Яа-яё.]))?)"
    r"|(?P<roman>\b[IVXL]+\b)"
    r"|(?P<initial>\b[А-ЯЁ]\.)"
    r"|(?P<word>[А-Яа-яЁё]+(?:[-/][А-Яа-яЁё]+)*\.?)"
    r"|(?P<latin>[A-Za-z]+)",
)


def address(written: str) -> str:
    """The address in words, without the postal code. Nothing is guessed: a word that is no known abbreviation stays."""
    parts = [
        part for part in (p.strip() for p in re.split(r"[,;]", written)) if part and not re.fullmatch(r"\d{6}", part)
    ]
    spoken: list[str] = []
    street_before = house_named = False
    for part in parts:
        words = _part(part)
        if street_before and not house_named and re.match(r"\d", part):
            words, house_named = f"дом {words}", True  # «ул. Ленина, 5»
        house_named = house_named or words.startswith(("дом ", "владение ", "участок "))
        street_before = street_before or any(word in _FULL for word in words.split())
        spoken.append(words)
    return speakable(", ".join(word for word in spoken if word))


def _part(part: str) -> str:
    tokens = [(m.lastgroup or "", m[0]) for m in _TOKEN.finditer(compact(part))]
    out: list[str] = []
    for at, (kind, text) in enumerate(tokens):
        following = tokens[at + 1][1] if at + 1 < len(tokens) else ""
        next_kind = tokens[at + 1][0] if at + 1 < len(tokens) else ""
        if kind == "word":
            out.append(_word(text, first=not out, before_number=next_kind in ("number", "join")))
        elif kind == "number":
            if out and not following and _FULL & set(out[:-1]) and out[-1][:1].isupper():
                out[-1] += ","
                out.append("дом")  # «ул. Ленина 5»
            out.append(_number(text, following))
        elif kind == "join":
            house, letter, block = re.split(r"\s*([кс])", text)
            out.append(f"{cardinal(int(house))}, {'корпус' if letter == 'к' else 'строение'} {cardinal(int(block))}")
        elif kind == "years":
            out.append(cardinal(int(text.split("-")[0]), GrammarCase.GEN).replace(" ", "") + "летия")
        elif kind == "ordinal":
            number, ending = text.split("-")
            out.append(_ordinal(int(number), *_ENDINGS[ending]))
        elif kind == "roman":
            out.append(ordinal(_roman(text), GrammarCase.GEN))
        elif kind == "initial":
            out.append(spelled(text[0]))
        else:
            out.append(text)
    return " ".join(out)


def _word(text: str, *, first: bool, before_number: bool) -> str:
    bare = text.rstrip(".")
    key = bare.lower()
    dotted = text.endswith(".")
    if bare != key and not first:  # a capital inside is a name: «улица Пер Гюнта» is nobody's, «Г» is a letter
        return spelled(bare) if len(bare) == 1 else bare
    if key == "д" and not before_number:
        return "деревня"
    if key in ("с", "к", "п", "г", "х", "ш", "д", "ст") and not (dotted or before_number or first):
        return bare if len(bare) > 1 else spelled(bare)
    if key == "с" and before_number:
        return "строение"
    if key == "кв" and not before_number:
        return "квартал"
    return _WORDS.get(key, bare)


def _number(text: str, following: str) -> str:
    month = following.lower().rstrip(".")
    if text.isdecimal() and following[:1].isupper() and month in MONTHS:
        return _ordinal(int(text), GrammarCase.GEN, Gender.N)  # улица 8 Марта
    if text.isdecimal() and month == "года":
        return _ordinal(int(text), GrammarCase.GEN, Gender.M)  # улица 1905 года
    if text.isdecimal() and (month == "лет" or following[:1].isupper()) and not following.endswith("."):
        return cardinal(int(text), GrammarCase.GEN)  # 40 лет Октября, 26 Бакинских Комиссаров
    signs = {"/": "дробь", "-": "тире"}
    pieces = re.findall(r"\d+|[А-Яа-яё]|[/-]", text)
    return " ".join(signs.get(p) or (_whole(p) if p.isdecimal() else spelled(p)) for p in pieces)


def _whole(digits: str) -> str:
    if len(digits) > 6 or (digits[0] == "0" and len(digits) > 1):
        return " ".join(spelled(digit) for digit in digits)
    return cardinal(int(digits))


def _ordinal(number: int, case: GrammarCase, gender: Gender) -> str:
    return ordinal(number, case, gender) if number < 1_000_000 else _whole(str(number))


def _roman(text: str) -> int:
    values = [_ROMAN[letter] for letter in text]
    return sum(-v if v < max(values[at:]) else v for at, v in enumerate(values))
