"""Phone numbers as they come from a line, a file or a person, brought to E.164; and text made safe to keep."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers

_WRITTEN = re.compile(r"\+?[0-9][0-9 ().\-\u00a0\u2010-\u2013]*", re.ASCII)
_URI = re.compile(r"(?:sips?|tel):([^@;>]*)(?:[@;>].*)?", re.IGNORECASE)
_SHORTEST = 10
"""Digits of a Russian number without 8 or +7; below that: 112, an extension, a short code."""
_LONGEST = 17
"""`810` and the 14 digits it may stand before; a longer one is not worth reading (attack A19)."""


def e164(raw: str) -> str | None:
    """The number in E.164 (`+78005009494`), or None when it is not one that could be called back.

    8, +7, 7 and ten digits are one number. None: withheld (`anonymous`, `Restricted`, empty), SIP names,
    extensions, 112 and other short codes, numbers that no numbering plan knows, anything with control characters.
    """
    text = raw.strip()
    uri = _URI.fullmatch(text)
    if uri:
        text = uri.group(1)
    if len(text) > 40 or not _WRITTEN.fullmatch(text):
        return None
    digits = re.sub(r"\D", "", text)
    if not _SHORTEST <= len(digits) <= _LONGEST:
        return None
    readings = ["+" + digits] if text.startswith("+") else [digits]
    if not text.startswith(("+", "8")):  # a trunk may leave out a foreign number's plus; 8 is our own trunk prefix
        readings.append("+" + digits)
    for reading in readings:
        try:
            number = phonenumbers.parse(reading, "RU")
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


def printable(raw: str, *, at_most: int = 64) -> str:
    """`raw` without control, format and line-breaking characters (attack A1), cut to `at_most` characters."""
    kept = raw[: at_most * 4]
    if not kept.isprintable():  # nearly always it is: seven fields of every step of every call pass here
        kept = "".join(
            letter for letter in kept if unicodedata.category(letter)[0] != "C" and letter not in "\u2028\u2029"
        )
    return " ".join(kept.split())[:at_most]
