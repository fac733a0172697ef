"""Where a search on PostgreSQL looks: buckets of the register, the newest first, larger as they prove empty.

GIN gives all matches of a query or none: a word of every third appeal would be 300 000 rows to sort for one page. So
every appeal has the bucket it is in as one more word, and is asked for bucket by bucket until the page is full. Small
buckets alone would be 60 questions at 1 000 000 appeals when hardly any matches, so there are three sizes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

SIZES: Final = (16_384, 131_072, 1_048_576)
"""Appeals of one series (a company's year) in a bucket; one of the last size holds the whole series."""
ENOUGH: Final = 2
"""After so many appeals, in buckets of a size, whatever did not fill a page is rare enough for the next size."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One question: appeals with this word, and a number below this one."""

    mark: str
    below: str


def company_mark(company_id: str) -> str:
    """A company's word: it begins with a private character, so that nobody's query can hold it."""
    return "\ue000" + re.sub(r"[^a-z0-9]", "", company_id)


def marks(company_id: str, number: str) -> list[str]:
    """The words of the buckets an appeal is in, one of each size."""
    return [_mark(company_id, int(number[:2]), size, int(number[2:8])) for size in range(len(SIZES))]


def walk(company_id: str, series: Iterable[tuple[int, int]], *, before: str | None, rare: bool) -> Iterator[Bucket]:
    """The buckets of the `series` (year and last sequence, the newest year first) in the order they are asked.

    `before` is the number the search goes on below. With `rare` the largest are asked at once: the most
    selective word alone has no more matches than can be sorted.
    """
    looked = 0
    for year, last in series:
        year %= 100
        at, below = last, f"{year:02d}~"  # greater than every number of the year
        if before is not None and before[:2] <= f"{year:02d}":
            at, below = (int(before[2:8]), before) if before[:2] == f"{year:02d}" else (-1, "")
        while at >= 0:
            size = len(SIZES) - 1 if rare else _size(looked)
            yield Bucket(_mark(company_id, year, size, at), below)
            first = at - at % SIZES[size]
            looked += at - first + 1
            at, below = first - 1, f"{year:02d}{first:06d}"


def _size(looked: int) -> int:
    """The size of the next bucket after so many appeals."""
    return sum(looked >= ENOUGH * size for size in SIZES[:-1])


def _mark(company_id: str, year: int, size: int, sequence: int) -> str:
    return f"{company_mark(company_id)}{year:02d}{'bmy'[size]}{sequence // SIZES[size]}"
