"""Numbers of booked visits: six digits drawn by lot and a check digit, short enough to write down and key.

By lot, not in a row: whoever keys a number may cancel the visit, so the neighbour's must not be guessed from one's own.
"""

from __future__ import annotations

import secrets
from typing import Final

from gridline.numbers.damm import check_digit, is_valid

LENGTH: Final = 7
_FIRST: Final = 10 ** (LENGTH - 2)


def fresh() -> str:
    """A number; whether it is free is for the table to say."""
    digits = str(_FIRST + secrets.randbelow(9 * _FIRST))
    return digits + check_digit(digits)


def is_number(digits: str) -> bool:
    """Whether somebody may have been told these digits."""
    return len(digits) == LENGTH and is_valid(digits)


def written(number: str) -> str:
    """As people read it: «482-913-5»."""
    return "-".join(filter(None, (number[:3], number[3:6], number[6:])))
