"""Numbers: read back as given, and a typing slip is recognised."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeals import numbering
from gridline.errors import InvalidInput, Unavailable

YEARS = st.integers(2020, 2099)
SEQUENCES = st.integers(1, numbering.LARGEST_SEQUENCE)


@settings(max_examples=100, deadline=None)
@given(YEARS, SEQUENCES)
def test_a_number_reads_back_in_every_spelling(year: int, sequence: int) -> None:
    digits = numbering.number(year, sequence)
    assert len(digits) == 9
    for spelling in (
        digits,
        numbering.written(digits),
        " ".join(digits),
        numbering.written(digits).replace("-", "\u2013"),
    ):
        assert numbering.read(spelling) == numbering.Number(digits)


@settings(max_examples=100, deadline=None)
@given(YEARS, SEQUENCES, st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_is_always_recognised(year: int, sequence: int, place: int, shift: int) -> None:
    digits = numbering.number(year, sequence)
    wrong = digits[:place] + str((int(digits[place]) + shift) % 10) + digits[place + 1 :]
    with pytest.raises(InvalidInput, match="контрольная"):
        numbering.read(wrong)


@settings(max_examples=100, deadline=None)
@given(YEARS, SEQUENCES, st.integers(0, 7))
def test_swapped_neighbours_are_always_recognised(year: int, sequence: int, place: int) -> None:
    digits = numbering.number(year, sequence)
    swapped = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
    if swapped != digits:
        with pytest.raises(InvalidInput, match="контрольная"):
            numbering.read(swapped)


@settings(max_examples=50, deadline=None)
@given(YEARS, SEQUENCES, YEARS, SEQUENCES)
def test_the_order_of_texts_is_the_order_of_the_register(y1: int, s1: int, y2: int, s2: int) -> None:
    assert (numbering.number(y1, s1) < numbering.number(y2, s2)) == ((y1, s1) < (y2, s2))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 99), st.integers(1, numbering.LARGEST_RECEIPT))
def test_a_receipt_is_never_taken_for_a_number(series: int, sequence: int) -> None:
    assert isinstance(numbering.read(numbering.receipt(series, sequence)), numbering.Receipt)


@pytest.mark.parametrize(
    "typed", ["", "1", "26-000123", "абв", "26-000123-3-4-5", "²60001233", "2600012330", "9" * 500]
)
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput):
        numbering.read(typed)


@pytest.mark.parametrize("sequence", [0, -1, 1_000_000])
def test_a_wrong_number_is_never_given(sequence: int) -> None:
    with pytest.raises(Unavailable):
        numbering.number(2026, sequence)


def test_the_number_of_the_founding_example() -> None:
    assert numbering.written(numbering.number(2026, 123)) == "26-000123-3"
