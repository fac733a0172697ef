"""Numbers that can be said aloud and typed back: YYNNNNNNC with a Damm check digit, and receipts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gridline.errors import InvalidInput, Unavailable

# A totally anti-symmetric quasigroup of order 10 (H. Michael Damm, 2004): finds every single wrong digit
# and every swap of neighbours, the two mistakes people make when they key a number they have heard.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
LARGEST_SEQUENCE = 999_999
LARGEST_RECEIPT = 9_999_999
NUMBER_LENGTH = 9
RECEIPT_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Number:
    """An appeal's incoming number: the year's last two digits and the gapless sequence."""

    digits: str

    @property
    def written(self) -> str:
        """As it stands in letters: 26-000123-7."""
        return f"{self.digits[:2]}-{self.digits[2:8]}-{self.digits[8]}"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A number spoken while the database was down: a node's own series, told apart by its length."""

    digits: str


def check_digit(digits: str) -> str:
    """The Damm check digit of a string of decimal digits."""
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return str(interim)


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
    return digits + check_digit(digits)


def read(typed: str) -> Number | Receipt:
    """Understand a number as a person wrote or keyed it; spaces and hyphens do not matter.

    Raises InvalidInput on letters, a wrong length or a wrong check digit.
    """
    digits = re.sub(r"[\s\u2010-\u2015-]", "", typed)
    if not re.fullmatch(r"[0-9]+", digits) or len(digits) not in (NUMBER_LENGTH, RECEIPT_LENGTH):
        raise InvalidInput("Номер обращения состоит из девяти цифр (квитанция — из десяти), например 26-000123-7.")
    if check_digit(digits[:-1]) != digits[-1]:
        raise InvalidInput("В номере ошибка: контрольная цифра не сходится. Проверьте номер и повторите.")
    return Number(digits) if len(digits) == NUMBER_LENGTH else Receipt(digits)


def written(digits: str) -> str:
    """The stored nine digits as they stand in letters."""
    return Number(digits).written
