"""Account numbers (лицевые счета): digits, one limit wherever they are written or keyed, and zeros that got lost."""

from __future__ import annotations

import re

from gridline.errors import InvalidInput

MOST_DIGITS = 20
"""Of an account in a table, on a keypad, on a page."""


def read(written: str) -> str:
    """The digits of an account; spaces and hyphens between them are left out. Raises InvalidInput."""
    digits = re.sub(r"[\s\-\u2010-\u2014]", "", written)
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidInput(f"нужны только цифры, а не «{written[:20]}»")
    if len(digits) > MOST_DIGITS:
        raise InvalidInput(f"длиннее {MOST_DIGITS} цифр")
    return digits


def tidy(written: str) -> str:
    """`read(written)`, or what is no account of ours as it is: an applicant may name any."""
    try:
        return read(written)
    except InvalidInput:
        return written


def bare(number: str) -> str:
    """What a spreadsheet leaves of a number: `0012345678` is `12345678`. Whatever is not all digits stays as it is."""
    return (number.lstrip("0") or "0") if number.isascii() and number.isdigit() else number


def spellings(account: str) -> list[str]:
    """Every account that differs from this one by leading zeros alone, itself included."""
    digits = bare(account)
    return [digits.zfill(length) for length in range(len(digits), MOST_DIGITS + 1)]
