"""Phone numbers in the groups people say them in: «восемь, девятьсот, сто двадцать три, сорок пять, ноль семь»."""

from __future__ import annotations

import re

from gridline.numbers.phones import parse
from ivr.voice.spoken.numbers import cardinal


def phone(number: str) -> str:
    """A number in any writing: a Russian one begins with «восемь» (3-3-2-2), others go in pairs, short ones whole.

    A number abroad begins with «плюс», Kazakhstan's +7 too. Raises ValueError when it holds no digit.
    """
    known = parse(number)
    digits = re.sub(r"\D", "", known.e164 if known else number)
    if not digits:
        raise ValueError("a phone number has digits")
    abroad = known.abroad if known else number.lstrip().startswith("+") and digits[0] != "7"
    if len(digits) == 10 and not abroad:
        digits = "7" + digits
    if len(digits) == 11 and digits[0] in "78" and not abroad:
        groups = ["8", digits[1:4], digits[4:7], digits[7:9], digits[9:]]
        return ", ".join(group_of_digits(group) for group in groups)
    if len(digits) <= 3:
        return group_of_digits(digits)
    odd = len(digits) % 2
    groups = ([digits[:3]] if odd else []) + [digits[at : at + 2] for at in range(3 if odd else 0, len(digits), 2)]
    spoken = ", ".join(group_of_digits(group) for group in groups)
    return f"плюс, {spoken}" if abroad or len(digits) > 7 else spoken


def group_of_digits(digits: str) -> str:
    """At most three digits as one number, its leading zeros said: «050» is «ноль пятьдесят»."""
    zeros = len(digits) - len(digits.lstrip("0"))
    rest = digits[zeros:]
    return " ".join(["ноль"] * zeros + ([cardinal(int(rest))] if rest else []))
