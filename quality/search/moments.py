"""At which second of a recording the words of a question were said, with what was said around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from appeals.finding.words import asked, plain, stem
from quality.transcripts.transcripts import SpokenChannel, SpokenWord, utterances

MOST = 3
"""Moments of one recording that are shown."""


@dataclass(frozen=True, slots=True)
class SaidMoment:
    """One utterance that holds words that were asked for."""

    at: float
    """Seconds from the recording's start, of the first word that fits."""
    who: str
    words: tuple[tuple[str, bool], ...]
    """Each word, and whether it is one of those asked for."""


def of_words(query: str, channels: Sequence[SpokenChannel], *, most: int = MOST) -> list[SaidMoment]:
    """The first utterances that hold the most of the words, in the order of time."""
    wanted = {stem(word) for word in asked(query)}
    found = [
        (len({stem(plain(word.text)) for word in said} & wanted), _moment(channel.who, said, wanted))
        for channel in channels
        for said in utterances(channel.words)
        if any(stem(plain(word.text)) in wanted for word in said)
    ]
    best = islice(sorted(found, key=lambda one: (-one[0], one[1].at)), most)
    return sorted((moment for _, moment in best), key=lambda moment: moment.at)


def _moment(who: str, said: Sequence[SpokenWord], wanted: set[str]) -> SaidMoment:
    fits = [stem(plain(word.text)) in wanted for word in said]
    at = next(word.start for word, fit in zip(said, fits, strict=True) if fit)
    return SaidMoment(at, who, tuple((word.text, fit) for word, fit in zip(said, fits, strict=True)))
