"""The words of one side of a talk with a mark in place of each run of personal data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain

from quality.masking import addresses, names, numbers
from quality.masking.masks import Hidden
from quality.transcripts.transcripts import SpokenWord

Shown = Callable[[Sequence[SpokenWord]], Sequence[SpokenWord]]
"""What somebody may read of one side's words."""


def whole(words: Sequence[SpokenWord]) -> Sequence[SpokenWord]:
    """All of them, for whoever may read personal data."""
    return words


def masked_words(words: Sequence[SpokenWord]) -> list[SpokenWord]:
    """The same words for whoever may not read personal data; a mark lasts as long as what it hides."""
    shown: list[SpokenWord] = []
    at = 0
    for span in spans([word.text for word in words]):
        shown += words[at : span.first]
        shown.append(SpokenWord(span.mask, words[span.first].start, words[span.behind - 1].end))
        at = span.behind
    return [*shown, *words[at:]]


def spans(words: Sequence[str]) -> list[Hidden]:
    """What is to be hidden, in order and without overlaps; addresses first, for their numbers are no others'."""
    found: list[Hidden] = []
    taken: set[int] = set()
    for span in chain(addresses.find(words), numbers.find(words), names.find(words)):
        free = [at for at in range(span.first, span.behind) if at not in taken]
        taken |= set(free)
        found += _pieces(free, span)
    return sorted(found, key=lambda span: span.first)


def _pieces(free: Sequence[int], span: Hidden) -> list[Hidden]:
    """What others have left of a span."""
    pieces: list[Hidden] = []
    for at in free:
        if pieces and pieces[-1].behind == at:
            pieces[-1] = Hidden(pieces[-1].first, at + 1, span.mask)
        else:
            pieces.append(Hidden(at, at + 1, span.mask))
    return pieces
