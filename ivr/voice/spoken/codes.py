"""Numbers that are written down digit by digit: appeal, account and application numbers."""

from __future__ import annotations

import re

from ivr.voice.spoken.numbers import cardinal

LETTERS = {
    "а": "а", "б": "бэ", "в": "вэ", "г": "гэ", "д": "дэ", "е": "е", "ё": "ё", "ж": "жэ", "з": "зэ", "и": "и",
    "й": "и краткое", "к": "ка", "л": "эль", "м": "эм", "н": "эн", "о": "о", "п": "пэ", "р": "эр", "с": "эс",
    "т": "тэ", "у": "у", "ф": "эф", "х": "ха", "ц": "цэ", "ч": "че", "ш": "ша", "щ": "ща", "ъ": "твёрдый знак",
    "ы": "ы", "ь": "мягкий знак", "э": "э", "ю": "ю", "я": "я",
    "a": "а", "b": "бэ", "c": "цэ", "d": "дэ", "e": "е", "f": "эф", "g": "жэ", "h": "аш", "i": "и", "j": "йот",
    "k": "ка", "l": "эль", "m": "эм", "n": "эн", "o": "о", "p": "пэ", "q": "ку", "r": "эр", "s": "эс", "t": "тэ",
    "u": "у", "v": "вэ", "w": "дубль вэ", "x": "икс", "y": "игрек", "z": "зет",
}  # fmt: skip
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
