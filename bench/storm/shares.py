"""A share of a whole, and the value below which a share lies: None where there is nothing to reckon with."""

from __future__ import annotations

import math
from collections.abc import Sequence


def share_of(part: int, whole: int) -> float | None:
    """The part as a share of the whole, 0 to 1."""
    return round(part / whole, 4) if whole else None


def at_share(values: Sequence[float], share: float) -> float | None:
    """The value below which this share lies."""
    ordered = sorted(values)
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 1) if ordered else None
