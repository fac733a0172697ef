"""Numbering tables of the official shape and size, their rows invented, for `gridline bench numbering` and tests."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final

HEADER: Final = "АВС/ DEF;От;До;Емкость;Оператор;Регион;Территория ГАР;ИНН"
SIZES: Final[Mapping[str, int]] = {"ABC-3xx": 140_000, "ABC-4xx": 140_000, "ABC-8xx": 149_000, "DEF-9xx": 17_000}
"""Rows of each: 446 000 in all."""
CODES: Final = 100
_OPERATORS = 3000
_EVERYWHERE = 300
"""Operators with numbers in every region; the others have them in one."""
_REGIONS = 85
_TOWNS = 20


def write(folder: Path, sizes: Mapping[str, int] = SIZES) -> list[Path]:
    """A file for each table, UTF-8 with a BOM as the site gives them."""
    files = []
    for name, rows in sizes.items():
        file = folder / f"{name}.csv"
        text = "\r\n".join((HEADER, *_rows(int(name[4]), rows), ""))
        file.write_text(text, encoding="utf-8-sig", newline="")
        files.append(file)
    return files


def _rows(digit: int, count: int) -> Iterator[str]:
    """`count` ranges (to the next hundred below), as many of each of the hundred codes."""
    lot = random.Random(digit)
    for code in range(digit * CODES, (digit + 1) * CODES):
        bounds = [0, *sorted(lot.sample(range(1, 10_000), count // CODES - 1)), 10_000]
        for first, last in pairwise(bounds):
            operator = lot.randrange(_OPERATORS)
            region = lot.randrange(_REGIONS) if operator < _EVERYWHERE else operator % _REGIONS
            yield (
                f"{code};{first * 1000:07};{last * 1000 - 1:07};{(last - first) * 1000};"
                f'ООО "Связь {operator}";{"-" if region == 7 else f"Область {region} обл."};'
                f"г. Город {lot.randrange(_TOWNS)}|Область {region};7700000000"
            )
