"""Numbers of applications for connection: a company writes them its own way, and a caller keys their digits alone."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from gridline.numbers.damm import is_valid

MOST_WRITTEN: Final = 40
"""Characters of a number: «ТП-1234/2026-ФЛ»."""
MOST_DIGITS: Final = 20

Fault = Literal["too-few", "too-many", "wrong-check"]
"""Why digits are no number of this company's."""


def _length(written: object) -> object:
    """`8` or `6-12` as the fewest and the most digits."""
    match = re.fullmatch(r"(\d{1,2})(?:-(\d{1,2}))?", written) if isinstance(written, str) else None
    if match is None:
        raise ValueError("Длина номера заявки — сколько в нём цифр: 8 или 6-12.")
    fewest, most = int(match[1]), int(match[2] or match[1])
    if not 1 < fewest <= most <= MOST_DIGITS:
        raise ValueError(f"Длина номера заявки — от 2 до {MOST_DIGITS} цифр, меньшее число первым: 6-12.")
    return fewest, most


class ApplicationNumbers(BaseModel):
    """How long a company's numbers are, counted in digits, and whether the last one is a check digit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    digits: Annotated[tuple[int, int], BeforeValidator(_length)] = (3, MOST_DIGITS)
    check_digit: Literal["none", "damm"] = "none"

    @property
    def most(self) -> int:
        """Digits of the longest number."""
        return self.digits[1]

    def fault(self, digits: str) -> Fault | None:
        """What is wrong with the digits that somebody keyed, or None."""
        fewest, most = self.digits
        if len(digits) < fewest:
            return "too-few"
        if len(digits) > most:
            return "too-many"
        return "wrong-check" if self.check_digit == "damm" and not is_valid(digits) else None


def digits_of(written: str) -> str:
    """What is keyed of a number as it is written: of «ТП-1234/2026» 12342026."""
    return re.sub(r"[^0-9]", "", written)


def tidy(written: str) -> str:
    """A number as it is kept: spaces once, or gone where it is all digits, and hyphens with them."""
    bare = re.sub(r"[\s\-\u2010-\u2014]", "", written)
    return bare if bare.isascii() and bare.isdigit() else " ".join(written.split())
