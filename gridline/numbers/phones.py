"""Phone numbers, read one way wherever they come from (a line, a keypad, a file, a person), and text safe to keep."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberMatcher

from gridline.errors import InvalidInput

HOME = "RU"
_WRITTEN = re.compile(r"\+?[0-9(][0-9 ().\-/\u00a0\u2010-\u2014]*", re.ASCII)
_URI = re.compile(r"(?:sips?|tel):([^@;>]*)(?:[@;>].*)?", re.IGNORECASE)
_AREA = re.compile(r"\((\d{3,5})\)")
_DIGITS = re.compile(r"\+?\d(?:[ ().\-\u2010-\u2014]*\d)*")
_BEGINS = re.compile(r" (?=(?:\+7|8)[ (\-]{0,2}\d{3})")
"""Where the next number begins when only a space, or a line's end in its cell, stands between two."""
_SHORTEST = 10
"""Digits of a Russian number without 8 or +7; below that: 112, an extension, a short code."""
_LONGEST = 17
"""`810` and the 14 digits it may stand before; a longer one is not worth reading (attack A19)."""
_LOCAL = range(5, 8)
"""Digits of a number inside its town; fewer in the middle of words are a flat, an hour, a floor."""
MOST_E164 = 16
"""Characters of a number in E.164, the plus and fifteen digits."""
MOST_WRITTEN = 400
"""Characters of a text that is looked through for numbers."""


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """One number that can be called."""

    e164: str
    """`+78005009494`: what is stored, compared and dialled. The plus is part of it."""
    country: str
    """ISO 3166 code of its country (`RU`, `KZ`: both begin with +7), `001` for numbers of no country."""

    @property
    def abroad(self) -> bool:
        """Whether a call to it leaves the country."""
        return self.country != HOME

    @property
    def shown(self) -> str:
        """The number as its own country groups it: `+45 12 34 56 78`."""
        return phonenumbers.format_number(phonenumbers.parse(self.e164), PhoneNumberFormat.INTERNATIONAL)


class NotAPhone(InvalidInput):
    """What was written is no number, or not one that may stand here; the message says what to write instead."""

    code = "not-a-phone"


class Abroad(NotAPhone):
    """A number of another country where only one of ours will do."""

    code = "phone-abroad"


def parse(raw: str) -> PhoneNumber | None:
    """The number that `raw` is and nothing else, or None: how lines, carriers and keypads give it.

    8, +7, 7 and ten digits are one number; brackets, dots, hyphens, slashes and spaces do not matter. None:
    withheld (`anonymous`, `Restricted`, empty), SIP names, extensions, 112 and other short codes, numbers that no
    numbering plan knows, anything with control characters.
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
    if text.isdigit() and not text.startswith("8"):
        # A trunk may leave out a foreign number's plus; 8 is our own trunk prefix, and people write the plus.
        readings.append("+" + digits)
    for reading in readings:
        try:
            number = phonenumbers.parse(reading, HOME)
        except phonenumbers.NumberParseException:
            continue
        if _exists(number, abroad=text.startswith("+") and number.country_code != 7):
            return _phone(number)
    return None


@lru_cache(maxsize=4096)
def e164(raw: str) -> str | None:
    """`parse(raw)` in E.164 alone."""
    phone = parse(raw)
    return phone.e164 if phone else None


def takes_messages(e164: str) -> bool:
    """Whether short messages reach this number (E.164): a mobile's, as far as its numbering plan says."""
    kind = phonenumbers.number_type(phonenumbers.parse(e164))
    return kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)


def read_all(written: str, *, at_most: int = 10) -> list[PhoneNumber]:
    """The numbers in what a person wrote, in their order, each once; at least one.

    Words around them do not matter («т. (3842) 45-67-89 доб. 5, жена»). A number without its area code takes the
    one in brackets before it. Raises NotAPhone for digits that are left over, and where there is no number.
    """
    text = " ".join(written.split())
    if len(text) > MOST_WRITTEN:
        raise _not_a_phone(text)
    if whole := parse(text):
        return [whole]
    found: list[PhoneNumber] = []
    area, rest = "", 0
    for match in PhoneNumberMatcher(text, HOME):
        found += _between(text[rest : match.start], area)
        found.append(_phone(match.number))
        if written_area := _AREA.search(match.raw_string):
            area = written_area[1]
        rest = match.end
    found += _between(text[rest:], area)
    found = list(dict.fromkeys(found))
    if not found:
        raise _not_a_phone(text)
    if len(found) > at_most:
        raise NotAPhone(f"«{text[:60]}»: телефонов больше, чем {at_most}.")
    return found


def read(written: str) -> PhoneNumber:
    """The one number in what a person wrote. Raises NotAPhone, also for two."""
    return read_all(written, at_most=1)[0]


def read_home(written: str) -> PhoneNumber:
    """As `read`, for a number that is to be called. Raises NotAPhone; Abroad for one of another country."""
    phone = read(written)
    if phone.abroad:
        raise Abroad(f"{phone.shown} — номер другой страны, а звонить можно только по России.")
    return phone


def printable(raw: str, *, at_most: int = 64) -> str:
    """`raw` without control, format and line-breaking characters (attack A1), cut to `at_most` characters."""
    if len(raw) <= at_most and raw.isprintable() and " " not in raw:  # nearly always: seven fields of every step pass
        return raw
    kept = raw[: at_most * 4]
    if not kept.isprintable():
        kept = "".join(
            letter for letter in kept if unicodedata.category(letter)[0] != "C" and letter not in "\u2028\u2029"
        )
    return " ".join(kept.split())[:at_most]


def _between(words: str, area: str) -> list[PhoneNumber]:
    """Numbers in what stands between those found: local ones, foreign ones without a plus. Raises NotAPhone."""
    found = []
    for part in re.split("[,;/]", words):
        for run in _DIGITS.findall(part):
            digits = re.sub(r"\D", "", run)
            if len(digits) < _LOCAL.start and re.search(r"[^\W\d]", part):
                continue  # a flat, an hour, an extension
            local = area if len(digits) in _LOCAL else ""
            phones = [parse(local + number) for number in ([run] if parse(local + run) else _BEGINS.split(run))]
            found += [phone for phone in phones if phone]
            if None in phones:
                raise _not_a_phone(run)
    return found


def _not_a_phone(text: str) -> NotAPhone:
    shown = f"«{printable(text, at_most=30)}»"
    if len(re.sub(r"\D", "", text)) in _LOCAL and not _BEGINS.match(f" {text}"):
        return NotAPhone(f"{shown} — нет кода города: нужно (3842) 45-67-89.")
    return NotAPhone(f"{shown} — не телефонный номер: нужно 8 913 234-56-78, (3842) 45-67-89 или +375 29 123-45-67.")


def _exists(number: phonenumbers.PhoneNumber, *, abroad: bool) -> bool:
    """Whether a numbering plan knows it; of a foreign one, plans of which we learn late, only its length."""
    known = phonenumbers.is_possible_number(number) if abroad else phonenumbers.is_valid_number(number)
    return known and len(_phone(number).e164) <= MOST_E164


def _phone(number: phonenumbers.PhoneNumber) -> PhoneNumber:
    country = phonenumbers.region_code_for_number(number)
    return PhoneNumber(phonenumbers.format_number(number, PhoneNumberFormat.E164), country or "001")
