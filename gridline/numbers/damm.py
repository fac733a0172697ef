"""The Damm check digit: finds every single wrong digit and every swap of neighbours in a number keyed by phone."""

from __future__ import annotations

# H. Michael Damm's totally anti-symmetric quasigroup of order 10 (dissertation, Marburg 2004).
_TABLE = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)


def check_digit(digits: str) -> str:
    """The digit to append to `digits`. Raises ValueError when they are not all 0-9."""
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError("digits only")
    interim = 0
    for digit in digits:
        interim = int(_TABLE[interim][int(digit)])
    return str(interim)


def is_valid(digits: str) -> bool:
    """Whether the last of `digits` is the check digit of those before it."""
    return len(digits) > 1 and digits.isascii() and digits.isdigit() and check_digit(digits) == "0"
