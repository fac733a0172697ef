"""All number ranges in memory, in arrays: whose a caller's number is and of which region, in a microsecond."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from gridline.numbers import regions

_HOME = re.compile(r"\+7(\d{10})", re.ASCII)
_SEVERAL = re.compile(r"\s*[*;,]\s*")
"""Between the regions of a range that serves several: «г. Москва * Московская область»."""
_NONE = ("", "-", "–", "—")


@dataclass(frozen=True)
class Origin:
    """Where a number was given out: «ПАО "МТС"», «Белгородская область».

    The operator is the one the number was given to: a subscriber may have taken it to another since.
    """

    operator: str
    region: str
    """Empty where the tables do not say it."""

    @cached_property
    def region_keys(self) -> frozenset[str]:
        """Its regions as `gridline.numbers.regions.key` compares them; none of numbers of the whole country."""
        keys = (regions.key(name) for name in _SEVERAL.split(self.region))
        return frozenset(key for key in keys if key and key != regions.key(regions.WHOLE_COUNTRY))


class Ranges:
    """Ranges in the order of their numbers: 20 bytes each."""

    def __init__(self, origins: Mapping[int, Origin]) -> None:
        """`origins` are the ones that the ranges name, by their ids."""
        self._firsts = array("Q")
        self._lasts = array("Q")
        self._ids = array("I")
        self._origins = origins

    def __len__(self) -> int:
        return len(self._firsts)

    def add(self, first: int, last: int, origin_id: int) -> None:
        """The next range: each begins after the one before has ended."""
        self._firsts.append(first)
        self._lasts.append(last)
        self._ids.append(origin_id)

    def find(self, e164: str | None) -> Origin | None:
        """Where a number in E.164 was given out; None for withheld, foreign and short ones, and unknown ranges."""
        national = _HOME.fullmatch(e164) if e164 else None
        if national is None:
            return None
        number = int(national[1])
        at = bisect_right(self._firsts, number) - 1
        if at < 0 or number > self._lasts[at]:
            return None
        return self._origins.get(self._ids[at])


def region_of(region: str, territory: str) -> str:
    """The region of a row: «г.о. Курск|Курская область» is «Курская область», «Город Москва» is «Москва».

    «Территория ГАР» says it in every row; «Регион» is a dash in some, and stands in where the other is empty.
    """
    for written in (territory, region):
        last = written.rpartition("|")[2].strip()
        if last not in _NONE:
            return last.removeprefix("Город ").removeprefix("г. ")
    return ""
