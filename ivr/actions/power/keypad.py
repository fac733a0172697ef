"""Names spelled on the keys of a telephone: one key a letter, as Russian telephones have them printed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from grid.places.kinds import SHORT_OF

T = TypeVar("T")

LETTERS: Final = ("абвг", "дежз", "ийкл", "мноп", "рсту", "фхцч", "шщъы", "ьэюя")
"""Of the keys 2 to 9; ё is е."""
_KEY_OF: Final = {letter: str(key) for key, letters in enumerate(LETTERS, start=2) for letter in letters}
_SILENT: Final = {"им", "имени"}
_WORD: Final = re.compile(r"[^\W_]+")


def keyed(word: str) -> str:
    """The keys of one word; a digit is its own key, and what is on no key is left out."""
    letters = word.casefold().replace("ё", "е")
    return "".join(letter if letter.isdecimal() else _KEY_OF.get(letter, "") for letter in letters)


def begins(name: str, keys: str) -> bool:
    """Whether the name, or a later word of it, begins so: «ул. Карла Маркса» is found by «кар» and by «мар»."""
    words = _WORD.findall(name.casefold().replace("ё", "е"))
    telling = [word for word in words if word not in SHORT_OF and word not in _SILENT] or words
    spelled = [keyed(word) for word in telling]
    return any("".join(spelled[at:]).startswith(keys) for at in range(len(spelled)))


def matching(things: Iterable[T], keys: str, name: Callable[[T], str]) -> list[T]:
    """The things whose name begins with these keys, in their order."""
    return [one for one in things if begins(name(one), keys)]
