"""Where a search on PostgreSQL looks: buckets of the register, the newest first, larger as they prove empty.

GIN gives all matches of a query or none: a word of every third appeal would be 300 000 rows to sort for one page. So
every appeal has the bucket it is in as one more word, and is asked for bucket by bucket until the page is full. Small
buckets alone would be 60 questions at 1 000 000 appeals when hardly any matches, so there are three sizes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from appeals.finding.words import SIZES, mark

ENOUGH: Final = 2
"""After so many appeals, in buckets of a size, whatever did not fill a page is rare enough for the next size."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One question: appeals with this word, and a number below this one."""

    mark: str
    below: str


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
            yield Bucket(mark(company_id, year, size, at), below)
            first = at - at % SIZES[size]
            looked += at - first + 1
            at, below = first - 1, f"{year:02d}{first:06d}"


def _size(looked: int) -> int:
    """The size of the next bucket after so many appeals."""
    return sum(looked >= ENOUGH * size for size in SIZES[:-1])
