"""The total of a card from its points' grades. Pure; the page's script counts the same way while somebody judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from quality.cards.card import Grade, Scorecard

WORTH: Final[Mapping[Grade, Fraction]] = {
    Grade.MET: Fraction(1),
    Grade.PARTLY: Fraction(1, 2),
    Grade.MISSED: Fraction(0),
}
"""What a grade earns of its point's weight; a point that had no occasion is not in the sum at all."""


@dataclass(frozen=True, slots=True)
class Score:
    """What a card comes to."""

    total: int | None
    """0-100; None while no weighted point has counted."""
    failed: str
    """The code of the failing point that ended it at 0, or empty."""
    graded: int
    points: int

    @property
    def finished(self) -> bool:
        """Whether nothing is left to grade: every point has its grade, or a failing one has ended it."""
        return bool(self.failed) or (self.graded == self.points and self.total is not None)


def score(card: Scorecard, grades: Mapping[str, Grade]) -> Score:
    """The score of these grades (by the point's code): earned weight in per cent of the weight that counted.

    Half a per cent goes up. Codes that the card does not have are not counted.
    """
    known = {point.code: grades[point.code] for point in card.points if point.code in grades}
    failed = next((one.code for one in card.points if one.fails and known.get(one.code) is Grade.MISSED), "")
    counted = [one for one in card.points if one.weight and known.get(one.code, Grade.ABSENT) is not Grade.ABSENT]
    whole = sum(one.weight for one in counted)
    earned = sum((one.weight * WORTH[known[one.code]] for one in counted), Fraction(0))
    total = int(earned * 100 / whole + Fraction(1, 2)) if whole else None
    return Score(0 if failed else total, failed, len(known), len(card.points))
