"""Stretches of a recording: pairs of seconds `[from, to]`, in order and apart from each other. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

from agent_console import words
from gridline.errors import InvalidInput

Stretches = list[list[float]]

TOGETHER_S: Final = 0.5
"""A gap no longer than this is none: a player reports its place four times a second."""
MOST: Final = 1000
"""Stretches in one report: some ten seconds of listening are in it."""


def read(given: object, whole: float) -> Stretches:
    """What a page reports of a recording of `whole` seconds, cut to it. Raises InvalidInput for what is no stretch."""
    if not isinstance(given, list) or len(given) > MOST:
        raise InvalidInput("Прослушанное названо неверно: обновите страницу.")
    return merged([_stretch(one, whole) for one in given])


def merged(*several: Iterable[Sequence[float]]) -> Stretches:
    """All of them as one: in order, those that meet or overlap put together, empty ones left out."""
    whole: Stretches = []
    for begin, end in sorted((one[0], one[1]) for stretches in several for one in stretches):
        if end <= begin:
            continue
        if whole and begin - whole[-1][1] <= TOGETHER_S:
            whole[-1][1] = max(whole[-1][1], end)
        else:
            whole.append([begin, end])
    return whole


def length(stretches: Iterable[Sequence[float]]) -> float:
    """Seconds in all."""
    return sum(one[1] - one[0] for one in stretches)


def told(stretches: Iterable[Sequence[float]]) -> str:
    """«0:00–3:12, 5:00–5:20»; a dash for none."""
    return ", ".join(f"{words.span(begin)}–{words.span(end)}" for begin, end in stretches) or "—"


def _stretch(given: object, whole: float) -> list[float]:
    if isinstance(given, list) and len(given) == 2 and all(isinstance(one, int | float) for one in given):
        begin, end = (float(one) for one in given)
        if math.isfinite(begin) and math.isfinite(end):
            return [round(min(max(0.0, one), whole), 1) for one in (begin, end)]
    raise InvalidInput("Прослушанное названо неверно: обновите страницу.")
