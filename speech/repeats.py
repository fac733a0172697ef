"""Knows a decoder that loops: the same said again and again, or more words than a tongue can say.

Whisper does that on sound full of numbers and on noise; what it gives then are no words of the caller's.
"""

from __future__ import annotations

from collections.abc import Sequence

from speech.port import Word

LONGEST_PHRASE = 12
LEAST_TIMES = 6
LEAST_WORDS = 24
"""«Алло» may be said ten times and a long number has zeros, but nobody says one thing for two dozen words."""
TONGUE = 30
TONGUE_S = 3.0
"""Thirty words in three seconds: twice as fast as anybody speaks."""


def loop_in(words: Sequence[Word]) -> str:
    """What is wrong with these words, in Russian; empty when people may have said them."""
    said = [word.text for word in words]
    for length in range(1, LONGEST_PHRASE + 1):
        times = max(LEAST_TIMES, -(-LEAST_WORDS // length))
        run = 0  # how many words in a row are the ones that stand `length` before them
        for at in range(length, len(said)):
            run = run + 1 if said[at] == said[at - length] else 0
            if run >= length * (times - 1):
                return f"зациклилось: «{' '.join(said[at - length + 1 : at + 1])}»"
    for first, last in zip(words, words[TONGUE - 1 :], strict=False):
        if last.end_s - first.start_s < TONGUE_S:
            return f"слов больше, чем можно выговорить: {TONGUE} за {last.end_s - first.start_s:.1f} с"
    return ""
