"""The walk of a search through its buckets: every appeal is visited once, the newest first, in few queries."""

from __future__ import annotations

import pytest

from appeals import numbering
from appeals.finding import buckets, words

SERIES = [(2026, 9), (2025, 70), (2024, 3)]
NUMBERS = [numbering.number(year, sequence) for year, last in SERIES for sequence in range(last, 0, -1)]


@pytest.mark.parametrize("rare", [True, False])
@pytest.mark.parametrize("before", [None, NUMBERS[0], NUMBERS[4], NUMBERS[8], NUMBERS[30], NUMBERS[-1], "270000016"])
def test_every_appeal_is_asked_for_once_and_the_newest_first(
    monkeypatch: pytest.MonkeyPatch, before: str | None, rare: bool
) -> None:
    for module in (buckets, words):
        monkeypatch.setattr(module, "SIZES", (4, 16, 1_000))
    wanted = [number for number in NUMBERS if before is None or number < before]
    asked: list[str] = []
    for bucket in buckets.walk("skek", SERIES, before=before, rare=rare):
        inside = [number for number in NUMBERS if bucket.mark in words.marks("skek", number) and number < bucket.below]
        assert not set(inside) & set(asked)
        asked += inside
        assert asked == wanted[: len(asked)]
    assert asked == wanted


def test_a_register_of_a_million_that_holds_no_match_is_a_dozen_questions() -> None:
    series = [(2026, 500_000), (2025, 500_000)]
    assert len(list(buckets.walk("skek", series, before=None, rare=False))) <= 8
    assert len(list(buckets.walk("skek", series, before=None, rare=True))) == 2


def test_the_first_questions_are_small() -> None:
    first = next(buckets.walk("skek", [(2026, 999_999)], before=None, rare=False))
    assert first == buckets.Bucket(f"{words.company_mark('skek')}26b61", "26~")
