"""The Damm digit: the published example, every single mistake and every swap of neighbours is found."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridline.numbers.damm import check_digit, is_valid

DIGITS = st.text(alphabet="0123456789", min_size=1, max_size=12)


def test_the_published_example() -> None:
    assert check_digit("572") == "4"


@given(DIGITS)
@settings(max_examples=100, deadline=None)
def test_one_wrong_digit_or_a_swap_of_neighbours_is_found(digits: str) -> None:
    right = digits + check_digit(digits)
    assert is_valid(right)
    for place, digit in enumerate(right):
        for wrong in set("0123456789") - {digit}:
            assert not is_valid(right[:place] + wrong + right[place + 1 :])
        swapped = right[:place] + right[place + 1 : place + 2] + digit + right[place + 2 :]
        assert swapped == right or not is_valid(swapped)


@pytest.mark.parametrize("text", ["", "7", "12a4", "٤٢", "1 2"])
def test_what_is_no_number_is_not_valid(text: str) -> None:
    assert not is_valid(text)


def test_only_digits_have_a_check_digit() -> None:
    with pytest.raises(ValueError, match="digits"):
        check_digit("12-3")
