"""Kinds of settlements and streets in all their usual spellings: one table for comparing places and for saying them.

Short forms are those of the state address register (ГАР), ways are what people write instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
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
    Kind("г", "город", "гор"),
    Kind("п", "посёлок", "пос"),
    Kind("пгт", "посёлок городского типа", "п.г.т пос.гор.типа"),
    Kind("рп", "рабочий посёлок", "р.п р/п раб.пос раб.п", key="пгт"),
    Kind("кп", "курортный посёлок", "к.п", key="пгт"),
    Kind("дп", "дачный посёлок", "д.п", key="пгт"),
    Kind("с", "село"),
    Kind("д", "деревня", "дер"),
    Kind("ст-ца", "станица", "стца станиц"),
    Kind("ст", "станция", "станц ж/д.ст ж.д.ст ж/д_ст жд_ст"),
    Kind("х", "хутор", "хут"),
    Kind("сл", "слобода", "слоб"),
    Kind("рзд", "разъезд", "раз-д р-зд"),
    Kind("нп", "населённый пункт", "н.п"),
    Kind("с/п", "сельское поселение", "с.п"),
    Kind("с/с", "сельсовет", "с.с"),
    Kind("р-н", "район"),
    Kind("обл", "область"),
    Kind("респ", "республика"),
)
STREETS = (
    Kind("ул", "улица", "ул-ца"),
    Kind("пр-кт", "проспект", "пр пр-т просп пркт"),
    Kind("пр-д", "проезд", "пр-зд пр-езд"),
    Kind("пер", "переулок", "пер-к"),
    Kind("пл", "площадь", "пл-дь площ"),
    Kind("б-р", "бульвар", "бул бульв бр"),
    Kind("ш", "шоссе", "шос"),
    Kind("наб", "набережная", "наб-я набер"),
    Kind("туп", "тупик"),
    Kind("ал", "аллея"),
    Kind("тр-т", "тракт"),
    Kind("лин", "линия"),
    Kind("мкр", "микрорайон", "мкрн мкр-н м-н мр-н микр м/р м/н"),
    Kind("кв-л", "квартал", "кварт"),
    Kind("тер", "территория", "терр"),
    Kind("снт", "садовое товарищество", "с.н.т с/т"),
    Kind("днт", "дачное товарищество", "д.н.т"),
    Kind("гск", "гаражный кооператив", "г.с.к"),
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
