"""Names of settlements and streets: made comparable, and put together into the one line of an address."""

from __future__ import annotations

import re

_KINDS = {
    "г": "г город",
    "п": "п пос поселок",
    "пгт": "пгт",
    "рп": "рп",
    "с": "с село",
    "д": "д дер деревня",
    "ст": "ст станица",
    "х": "х хутор",
    "снт": "снт",
    "ул": "ул улица",
    "пер": "пер переулок",
    "пр-кт": "пр-кт пр-т просп проспект",
    "пр-д": "пр-д проезд",
    "б-р": "б-р бул бульвар",
    "ш": "ш шоссе",
    "пл": "пл площадь",
    "наб": "наб набережная",
    "мкр": "мкр мкрн микрорайон",
    "туп": "туп тупик",
    "ал": "ал аллея",
}
_MEANT = {"г", "ул"}
_CANONICAL = {way: kind for kind, ways in _KINDS.items() for way in ways.split()}
_WORD = re.compile(r"[^\W_]+(?:[-/][^\W_]+)*")


def key(name: str) -> str:
    """What the ways of writing one place have in common: «ул. Ленина», «Ленина улица», «Ленина» -> `ленина`.

    Case, ё, dots and spaces do not matter. Town and street are what a bare name means; every other kind is
    kept and goes first: «ул. Ленина» and «пр-кт Ленина» are two streets.
    """
    words = _WORD.findall(name.casefold().replace("ё", "е"))
    kinds = [_CANONICAL[word] for word in words if word in _CANONICAL]
    names = [word for word in words if word not in _CANONICAL]
    return " ".join([kind for kind in kinds if kind not in _MEANT] + names)


def one_line(*, settlement: str, street: str, house: str, building: str, flat: str) -> str:
    """The address as a bill shows it; whatever is empty is left out."""
    parts = [
        settlement,
        street,
        _numbered("д.", house),
        _numbered("корп.", building),
        _numbered("кв.", flat),
    ]
    return ", ".join(part for part in parts if part)


def _numbered(word: str, number: str) -> str:
    """`д. 5`; what already says what it is («уч. 12») stays as it is."""
    return f"{word} {number}" if number[:1].isdigit() else number
