"""Stretches of a recording: put together, added up and told, whatever order they came in."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agent_console.calls.listening.stretches import length, merged, told

PAIRS = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), max_size=6)


def test_what_meets_is_one_stretch() -> None:
    assert merged([[5, 7], [0, 3.0]], [[3.4, 4], [6, 6.5], [9, 9]]) == [[0, 4], [5, 7]]


def test_stretches_are_told_as_clock_times() -> None:
    assert told([[0, 192.4], [3600, 3661]]) == "0:00–3:12, 1:00:00–1:01:01"
    assert told([]) == "—"


@given(PAIRS, PAIRS)
def test_every_second_heard_once_is_heard(first: list[tuple[int, int]], second: list[tuple[int, int]]) -> None:
    whole = merged(first, second)
    seconds = {at for begin, end in [*first, *second] for at in range(begin, end)}
    assert length(whole) == len(seconds)  # whole seconds never lie half a second apart
    assert merged(second, whole, first) == whole
    assert all(one[1] < other[0] for one, other in pairwise(whole))
