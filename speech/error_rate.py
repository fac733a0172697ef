"""How far what was heard is from what was said: the word error rate."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+")


def error_rate(said: str, heard: str) -> float:
    """Words wrong, missing or too many, for each word said; 0.0 is perfect, 1.0 and more is nothing understood.

    Case, punctuation, hyphens and «ё» make no difference. Raises ValueError when nothing was said.
    """
    wanted, got = _words(said), _words(heard)
    if not wanted:
        raise ValueError("nothing was said")
    row = list(range(len(got) + 1))
    for at, word in enumerate(wanted, 1):
        above, row[0] = row[0], at
        for to, other in enumerate(got, 1):
            above, row[to] = row[to], min(row[to] + 1, row[to - 1] + 1, above + (word != other))
    return row[-1] / len(wanted)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower().replace("ё", "е").replace("+", ""))
