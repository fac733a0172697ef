"""Text written for the eye (a cause, a note, a name) made speakable: no digit, Latin letter or markup is left."""

from __future__ import annotations

import re
import unicodedata

from ivr.voice.spoken.numbers import cardinal

_LATIN = dict(zip("abcdefghijklmnopqrstuvwxyz", (
    "а", "б", "к", "д", "е", "ф", "г", "х", "и", "й", "к", "л", "м", "н", "о", "п", "к", "р", "с", "т", "у", "в", "в",
    "кс", "й", "з"), strict=True))  # fmt: skip


def speakable(text: str) -> str:
    """`text` with digits in words and everything that is neither a Russian word nor punctuation gone."""
    text = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c)[0] not in "CM" or c == "й")
    text = re.sub(r"\d+", lambda m: f" {_number(m[0])} ", text)
    text = re.sub(r"[A-Za-z]", lambda m: _LATIN[m[0].lower()], text)
    text = re.sub(r"[^А-Яа-яЁё .,!?:;«»()-]", " ", text)
    return re.sub(r"\s+([.,!?:;])", r"\1", " ".join(text.split()))


def _number(digits: str) -> str:
    if digits[0] == "0" or len(digits) > 6:
        return ", ".join(cardinal(int(d)) for d in digits)
    return cardinal(int(digits))
