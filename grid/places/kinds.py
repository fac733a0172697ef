"""Kinds of settlements and streets in all their usual spellings: one table for comparing places and for saying them.

Short forms are those of the state address register (ГАР), ways are what people write instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlaceKind:
    """One kind of place."""

    short: str
    """As it is printed, without its stop: `пр-кт`."""
    word: str
    """As it is said: `проспект`."""
    ways: str = ""
    """Further spellings, divided by spaces; a letter and a stop (or a slash) each: `р.п` is `р. п.` and `р.п.` too."""
    key: str = ""
    """What places of this kind are compared by, where another kind is the same: `short` if empty."""


SETTLEMENTS = (
    PlaceKind("г", "город", "гор"),
    PlaceKind("п", "посёлок", "пос"),
    PlaceKind("пгт", "посёлок городского типа", "п.г.т пос.гор.типа"),
    PlaceKind("рп", "рабочий посёлок", "р.п р/п раб.пос раб.п", key="пгт"),
    PlaceKind("кп", "курортный посёлок", "к.п", key="пгт"),
    PlaceKind("дп", "дачный посёлок", "д.п", key="пгт"),
    PlaceKind("с", "село"),
    PlaceKind("д", "деревня", "дер"),
    PlaceKind("ст-ца", "станица", "стца станиц"),
    PlaceKind("ст", "станция", "станц ж/д.ст ж.д.ст ж/д_ст жд_ст"),
    PlaceKind("х", "хутор", "хут"),
    PlaceKind("сл", "слобода", "слоб"),
    PlaceKind("рзд", "разъезд", "раз-д р-зд"),
    PlaceKind("нп", "населённый пункт", "н.п"),
    PlaceKind("с/п", "сельское поселение", "с.п"),
    PlaceKind("с/с", "сельсовет", "с.с"),
    PlaceKind("р-н", "район"),
    PlaceKind("обл", "область"),
    PlaceKind("респ", "республика"),
)
STREETS = (
    PlaceKind("ул", "улица", "ул-ца"),
    PlaceKind("пр-кт", "проспект", "пр пр-т просп пркт"),
    PlaceKind("пр-д", "проезд", "пр-зд пр-езд"),
    PlaceKind("пер", "переулок", "пер-к"),
    PlaceKind("пл", "площадь", "пл-дь площ"),
    PlaceKind("б-р", "бульвар", "бул бульв бр"),
    PlaceKind("ш", "шоссе", "шос"),
    PlaceKind("наб", "набережная", "наб-я набер"),
    PlaceKind("туп", "тупик"),
    PlaceKind("ал", "аллея"),
    PlaceKind("тр-т", "тракт"),
    PlaceKind("лин", "линия"),
    PlaceKind("мкр", "микрорайон", "мкрн мкр-н м-н мр-н микр м/р м/н"),
    PlaceKind("кв-л", "квартал", "кварт"),
    PlaceKind("тер", "территория", "терр"),
    PlaceKind("снт", "садовое товарищество", "с.н.т с/т"),
    PlaceKind("днт", "дачное товарищество", "д.н.т"),
    PlaceKind("гск", "гаражный кооператив", "г.с.к"),
)
KINDS = (*SETTLEMENTS, *STREETS)
_PHRASES = {
    "садоводческое некоммерческое товарищество": "снт",
    "садовое некоммерческое товарищество": "снт",
    "дачное некоммерческое товарищество": "днт",
    "гаражно-строительный кооператив": "гск",
}


def _bare(way: str) -> str:
    return re.sub(r"[\s._]", "", way.casefold().replace("ё", "е"))


def _pattern(way: str) -> str:
    """`р.п` also as `р. п`, `рабочий посёлок` with any spaces and without its dots."""
    escaped = re.escape(way).replace(r"\.", r"\.\s?").replace("_", r"\s").replace(r"\ ", r"\s+")
    return re.sub("[её]", "[её]", escaped)


_SHORT = {way: kind.short for kind in KINDS for way in (kind.short, kind.word, *kind.ways.split())} | _PHRASES
SHORT_OF = {_bare(way): short for way, short in _SHORT.items()}
"""By every spelling, in small letters, without its stops and spaces, «е» for «ё»."""
SAID = {bare: kind.word for kind in KINDS for bare in map(_bare, (kind.short, *kind.ways.split()))}
"""Abbreviations and what is said for them."""
KEY_OF = {kind.short: kind.key or kind.short for kind in KINDS}

_INITIALS = re.compile(r"[А-ЯЁ]\.\s?[А-ЯЁ]\.")


def _any_of(ways: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(ways, key=len, reverse=True)
    return re.compile(
        rf"(?<![\w./-])(?:{'|'.join(_pattern(way) for way in longest_first)})(?:\.|(?![\w-]))", re.IGNORECASE
    )


_IN_PIECES = _any_of(way for way in _SHORT if re.search("[./_]", way))
_IN_WORDS = _any_of(way for way in _SHORT if " " in way)


def compact(text: str) -> str:
    """`text` with the short form for abbreviations in several pieces: «р. п. Яшкино» is «рп Яшкино».

    Two capitals with their stops stay: they are somebody's initials («ул. К. П. Иванова»).
    """
    return _IN_PIECES.sub(_shortened, text)


def shortest(text: str) -> str:
    """As `compact`, of kinds in words too: «рабочий посёлок Яшкино» is «рп Яшкино»."""
    return compact(_IN_WORDS.sub(_shortened, text))


def _shortened(match: re.Match[str]) -> str:
    return match[0] if _INITIALS.fullmatch(match[0]) else f"{SHORT_OF[_bare(match[0])]} "
