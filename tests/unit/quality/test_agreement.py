"""Cohen's kappa, against an example worked by hand."""

from __future__ import annotations

import pytest

from quality.cards.card import Grade
from quality.reviews.agreement import agreement

MET, PARTLY, MISSED = Grade.MET, Grade.PARTLY, Grade.MISSED


def test_an_example_worked_by_hand() -> None:
    """Fifty talks: 20 both met, 15 both missed, 5 and 10 apart: p_o 0.7, p_e 0.5, kappa 0.4."""
    pairs = [(MET, MET)] * 20 + [(MISSED, MISSED)] * 15 + [(MET, MISSED)] * 5 + [(MISSED, MET)] * 10
    found = agreement(pairs)
    assert (found.talks, found.same) == (50, 0.7)
    assert found.kappa == pytest.approx(0.4)


def test_whole_agreement_none_beyond_chance_and_nothing_to_tell() -> None:
    assert agreement([(MET, MET), (MISSED, MISSED), (PARTLY, PARTLY)]).kappa == pytest.approx(1.0)
    assert agreement([(MET, MET), (MET, MISSED), (MISSED, MET), (MISSED, MISSED)]).kappa == pytest.approx(0.0)
    assert agreement([(MET, MISSED), (MISSED, MET)]).kappa == pytest.approx(-1.0)
    assert agreement([(MET, MET)] * 9).kappa is None
