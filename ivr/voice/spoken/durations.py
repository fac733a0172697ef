"""Lengths of time in words: «два часа пять минут» exactly, «около пяти минут» as an honest estimate."""

from __future__ import annotations

import math

from ivr.voice.spoken.agreement import DAY, HOUR, MINUTE, SECOND, counted
from ivr.voice.spoken.numbers import GrammarCase


def duration(seconds: float, case: GrammarCase = GrammarCase.NOM) -> str:
    """The two largest units that are there: 7505 s is «два часа пять минут»; rounded down to a second."""
    left = int(seconds)
    if left < 0:
        raise ValueError(f"a duration cannot be negative: {seconds}")
    parts: list[str] = []
    for size, noun in ((86_400, DAY), (3600, HOUR), (60, MINUTE), (1, SECOND)):
        count, left = divmod(left, size)
        if count:
            parts.append(counted(count, noun, case))
        elif parts:
            break  # «два дня», never «два дня пять секунд»
        if len(parts) == 2:
            break
    return " ".join(parts) or counted(0, SECOND, case)


def about(seconds: float) -> str:
    """An estimate never shorter than the truth: «меньше минуты», «около пяти минут», «около полутора часов»."""
    if seconds < 60:
        return "меньше минуты"
    if seconds == 60:
        return "около минуты"
    minutes = math.ceil(seconds / 60)
    if minutes > 10:
        minutes = math.ceil(minutes / 5) * 5
    if minutes < 60:
        return f"около {counted(minutes, MINUTE, GrammarCase.GEN)}"
    halves = math.ceil(minutes / 30)
    if halves == 3:
        return "около полутора часов"
    hours = math.ceil(halves / 2)
    if hours == 1:
        return "около часа"
    return f"около {counted(hours, HOUR, GrammarCase.GEN)}" if hours <= 24 else "больше суток"
