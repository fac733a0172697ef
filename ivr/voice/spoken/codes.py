"""Numbers that are written down digit by digit: appeal, account and application numbers."""

from __future__ import annotations

import re

from ivr.voice.spoken.numbers import cardinal

_RUSSIAN = (
    "а, бэ, вэ, гэ, дэ, е, ё, жэ, зэ, и, и краткое, ка, эль, эм, эн, о, пэ, эр, эс, тэ, у, эф, ха, цэ, "
    "че, ша, ща, твёрдый знак, ы, мягкий знак, э, ю, я"
)
_LATIN = (
    "а, бэ, цэ, дэ, е, эф, жэ, аш, и, йот, ка, эль, эм, эн, о, пэ, ку, эр, эс, тэ, у, вэ, дубль вэ, икс, игрек, зет"
)
LETTERS = {
    **dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", _RUSSIAN.split(", "), strict=True)),
    **dict(zip("abcdefghijklmnopqrstuvwxyz", _LATIN.split(", "), strict=True)),
}
_GROUP = 3


def digit_by_digit(code: str) -> str:
    """«два шесть, ноль ноль ноль, один два три, семь» for `26-000123-7`.

    A comma (a pause) where the code has a sign between, and after every third character of a longer run:
    people write down three digits at a time.
    """
    runs = re.findall(r"[0-9A-Za-zА-Яа-яЁё]+", code)
    groups = [run[at : at + _GROUP] for run in runs for at in range(0, len(run), _GROUP)]
    return ", ".join(" ".join(spelled(character) for character in group) for group in groups)


def spelled(character: str) -> str:
    """The name of one digit or letter."""
    return cardinal(int(character)) if character.isdecimal() else LETTERS[character.lower()]
