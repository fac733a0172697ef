"""Text written for the eye (a cause, a note, a name) made speakable: no digit, Latin letter or markup is left."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from ivr.voice.spoken.codes import LETTERS
from ivr.voice.spoken.numbers import cardinal
from ivr.voice.spoken.written.abbreviations import spoken_abbreviations, spoken_signs
from ivr.voice.spoken.written.counts import spoken_counts
from ivr.voice.spoken.written.dates import spoken_dates
from ivr.voice.spoken.written.times import spoken_times

KEPT = 1024
"""Texts whose words are remembered: an outage tells every caller its one cause, and finding them takes 2 ms."""
_LATIN = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        [*"абкдефгхийклмнопкрстув", "в", "кс", "й", "з"],
        strict=True,
    )
)


@lru_cache(KEPT)
def speakable(text: str) -> str:
    """`text` with dates, times, numbers and known abbreviations opened, and everything unspeakable gone.

    What is spoken Russian already comes out as it went in (doing it twice changes nothing), so every value
    that fills a prompt passes through here.
    """
    text = unicodedata.normalize("NFKC", text.replace("№", " номер "))
    kinds = ((c, unicodedata.category(c)[0]) for c in text)
    text = "".join(" " if kind in "CZ" else c for c, kind in kinds if kind != "M")
    text = " ".join(re.sub(r"</?[A-Za-z][^<>]*>", " ", text).split())
    if re.search("[0-9]", text):
        text = re.sub(r"(?<=[А-Яа-яЁё])-(?=[0-9])", " ", spoken_dates(text))
    text = spoken_abbreviations(text)
    if re.search("[0-9]", text):
        text = spoken_counts(spoken_times(text))
        text = re.sub(r"[0-9]+", lambda m: f" {_number(m[0])} ", text)
    text = spoken_signs(text)
    text = re.sub(r"\b[БВГДЖЗЙКЛМНПРСТФХЦЧШЩ]{2,5}\b", lambda m: " ".join(LETTERS[c.lower()] for c in m[0]), text)
    text = re.sub(r"\b[A-Z]{1,5}\b", lambda m: " ".join(LETTERS[c.lower()] for c in m[0]), text)
    text = re.sub(r"[A-Za-z]", lambda m: _LATIN[m[0].lower()], text)
    text = re.sub(r"[^А-Яа-яЁё .,!?:;«»()-]", " ", text)
    text = re.sub(r"(?<![А-Яа-яЁё])-|-(?![А-Яа-яЁё])", " ", text)
    text = re.sub(r"([.,!?:;])(?=[А-Яа-яЁё])", r"\1 ", text)
    text = re.sub(r"\s+([.,!?:;])", r"\1", " ".join(text.split()))
    # Some come about only now: of Latin letters, of a stop that stood apart.
    return spoken_signs(spoken_abbreviations(text))


def _number(digits: str) -> str:
    if len(digits) > 6 or (digits[0] == "0" and len(digits) > 1):
        return " ".join(cardinal(int(digit)) for digit in digits)
    return cardinal(int(digits))
