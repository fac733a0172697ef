"""Names of settlements and streets: made comparable, and put together into the one line of an address."""

from __future__ import annotations

import re

from grid.places.kinds import KEY_OF, SHORT_OF, shortest

_MEANT = {"г", "ул"}
_SILENT = {"им", "имени"}
_WORD = re.compile(r"[^\W_]+(?:[-/][^\W_]+)*")


def key(name: str) -> str:
    """What the ways of writing one place have in common: «ул. Ленина», «Ленина улица», «им. Ленина» -> `ленина`.

    Case, ё, dots and spaces do not matter. Town and street are what a bare name means; every other kind is
    kept and goes first, in one spelling: «ул. Ленина» and «пр-кт Ленина» are two streets, «пр. Ленина» is the latter.
    """
    words = _WORD.findall(shortest(name.casefold()).replace("ё", "е"))
    kinds = [KEY_OF[SHORT_OF[word]] for word in words if word in SHORT_OF]
    names = [word for word in words if word not in SHORT_OF and word not in _SILENT]
    return " ".join([kind for kind in kinds if kind not in _MEANT] + names)


def bare(name: str) -> str:
    """The name's own words, in the same spelling, without any kind: «п. Барзас», «Барзас» -> `барзас`."""
    words = _WORD.findall(shortest(name.casefold()).replace("ё", "е"))
    return " ".join(word for word in words if word not in SHORT_OF and word not in _SILENT)


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
