"""Numbers that can be said aloud and typed back: YYNNNNNNC with a Damm check digit, and receipts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gridline.errors import InvalidInput, Unavailable
from gridline.numbers.damm import check_digit, is_valid

LARGEST_SEQUENCE = 999_999
LARGEST_RECEIPT = 9_999_999
NUMBER_LENGTH = 9
RECEIPT_LENGTH = 10
_RECEIPT = "9"
"""Prefixed to a receipt's digits for the check: otherwise a number with a stray 0 after it would pass."""


@dataclass(frozen=True, slots=True)
class Number:
    """An appeal's incoming number: the year's last two digits and the gapless sequence."""

    digits: str

    @property
    def written(self) -> str:
        """As written in letters: 26-000123-7."""
        return f"{self.digits[:2]}-{self.digits[2:8]}-{self.digits[8]}"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A number spoken while the database was down: a node's own series, told apart by its length."""

    digits: str


def number(year: int, sequence: int) -> str:
    """The nine digits of the `sequence`-th appeal (from 1) of `year`.

    Raises Unavailable when the year's million is used up: a wrong number must never be given.
    """
    if not 1 <= sequence <= LARGEST_SEQUENCE:
        raise Unavailable(f"Номера обращений {year} года исчерпаны (последний возможный — {LARGEST_SEQUENCE}).")
    digits = f"{year % 100:02d}{sequence:06d}"
    return digits + check_digit(digits)


def receipt(series: int, sequence: int) -> str:
    """The ten digits of a receipt from a node's own `series` (0-99). Raises Unavailable past the last."""
    if not (0 <= series <= 99 and 1 <= sequence <= LARGEST_RECEIPT):
        raise Unavailable(f"Номера квитанций серии {series} исчерпаны.")
    digits = f"{series:02d}{sequence:07d}"
    return digits + check_digit(_RECEIPT + digits)


def read(typed: str) -> Number | Receipt:
    """Understand a number as a person wrote or keyed it; spaces and hyphens do not matter.

    Raises InvalidInput on letters, a wrong length or a wrong check digit.
    """
    digits = re.sub(r"[\s\u2010-\u2015-]", "", typed)
    if not re.fullmatch(r"[0-9]+", digits) or len(digits) not in (NUMBER_LENGTH, RECEIPT_LENGTH):
        raise InvalidInput("Номер обращения состоит из девяти цифр (квитанция — из десяти), например 26-000123-7.")
    if not is_valid(digits if len(digits) == NUMBER_LENGTH else _RECEIPT + digits):
        raise InvalidInput("В номере ошибка: контрольная цифра не сходится. Проверьте номер и повторите.")
    return Number(digits) if len(digits) == NUMBER_LENGTH else Receipt(digits)


def written(digits: str) -> str:
    """The stored nine digits as written in letters."""
    return Number(digits).written
