"""How far two people agree who judged the same talks without knowing of each other: Cohen's kappa. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from quality.cards.card import Grade

Pairs = Sequence[tuple[Grade, Grade]]
"""Of each talk the grade of the one and the grade of the other."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of one point."""

    talks: int
    same: float
    """The share of talks with the same grade, 0-1."""
    kappa: float | None


def agreement(pairs: Pairs) -> Agreement:
    """Of at least one pair.

    Kappa is (p_o - p_e) / (1 - p_e): what was agreed beyond what chance would agree, 1 at most, 0 where there is
    nothing beyond it; None where both always gave one and the same grade, so that chance explains all.
    Source: J. Cohen, A coefficient of agreement for nominal scales, Educational and Psychological Measurement, 1960.
    """
    n = len(pairs)
    observed = sum(first == second for first, second in pairs) / n
    of_first, of_second = Counter(first for first, _ in pairs), Counter(second for _, second in pairs)
    chance = sum(of_first[grade] * of_second[grade] for grade in Grade) / n**2
    return Agreement(n, observed, (observed - chance) / (1 - chance) if chance < 1 else None)
