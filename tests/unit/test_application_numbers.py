"""Numbers of applications: as a company writes them, as a caller keys them, and what a company's file may say."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gridline.numbers.applications import ApplicationNumbers, Fault, digits_of, tidy


@pytest.mark.parametrize(
    ("written", "kept", "keyed"),
    [
        ("2600-1016", "26001016", "26001016"),
        (" 26 001 016 ", "26001016", "26001016"),
        ("ТП-1234/2026", "ТП-1234/2026", "12342026"),
        ("П  26 –  7781", "П 26 – 7781", "267781"),
        ("٢٦٠٠١٠١٦", "٢٦٠٠١٠١٦", ""),
    ],
)
def test_a_number_is_kept_as_written_and_keyed_by_its_digits(written: str, kept: str, keyed: str) -> None:
    assert (tidy(written), digits_of(tidy(written))) == (kept, keyed)


@pytest.mark.parametrize(
    ("digits", "fault"),
    [
        ("2600101", "too-few"),
        ("26001016", None),
        ("260010160", "too-many"),
        ("26001017", "wrong-check"),
        ("", "too-few"),
    ],
)
def test_what_is_wrong_with_keyed_digits(digits: str, fault: Fault | None) -> None:
    assert ApplicationNumbers.model_validate({"digits": "8", "check_digit": "damm"}).fault(digits) == fault


def test_without_a_word_any_number_of_three_to_twenty_digits_will_do() -> None:
    anything = ApplicationNumbers()
    assert [anything.fault("1" * length) for length in (2, 3, 20, 21)] == ["too-few", None, None, "too-many"]


@pytest.mark.parametrize("written", ["", "8-", "12-6", "1", "8-21", "восемь", 8, None])
def test_a_length_that_cannot_be(written: object) -> None:
    with pytest.raises(ValidationError, match="Длина номера заявки"):
        ApplicationNumbers.model_validate({"digits": written})
