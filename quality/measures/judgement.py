"""What the rules find in one talk: kept, broken or not to be told, each with the second that shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from appeals.finding.words import plain, stem, tokens
from quality.masking import numerals
from quality.masking.numbers import FILLERS
from quality.measures.rules import TalkRule
from quality.transcripts.transcripts import SpokenWord


class RuleVerdict(StrEnum):
    """How a rule came out."""

    KEPT = "kept"
    BROKEN = "broken"
    UNHEARD = "unheard"
    """There are no words to look at."""


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """One rule in one talk."""

    title: str
    verdict: RuleVerdict
    at: float | None = None
    """Seconds from the recording's start: where it was said, or by when it was not; None where no second shows it."""
    said: str = ""
    """The words that broke it."""


@dataclass(frozen=True, slots=True)
class TalkFacts:
    """What is known of a talk beside its words."""

    notice_heard: bool
    numbers: tuple[str, ...]
    """Of the appeals registered in the call."""
    seconds: float
    called_out: bool = False
    """Whether the agent had called."""


Sides = dict[str, Sequence[SpokenWord]]
"""By `TalkRule.who`, the words of each side that was heard."""


def judged(rules: Sequence[TalkRule], facts: TalkFacts, sides: Sides) -> list[RuleOutcome]:
    """Every rule that concerns this talk."""
    return [_judged(rule, facts, sides.get(rule.who)) for rule in rules if _concerns(rule, facts)]


def _concerns(rule: TalkRule, facts: TalkFacts) -> bool:
    if rule.calls != "all" and (rule.calls == "out") != facts.called_out:
        return False
    return rule.when == "always" or bool(facts.numbers)


def _judged(rule: TalkRule, facts: TalkFacts, words: Sequence[SpokenWord] | None) -> RuleOutcome:
    if rule.fact == "notice":
        return RuleOutcome(rule.title, RuleVerdict.KEPT if facts.notice_heard else RuleVerdict.BROKEN)
    if words is None:
        return RuleOutcome(rule.title, RuleVerdict.UNHEARD)
    if rule.never:
        broken = _first(rule.never, words)
        if broken is None:
            return RuleOutcome(rule.title, RuleVerdict.KEPT)
        return RuleOutcome(rule.title, RuleVerdict.BROKEN, broken[0], broken[1])
    if rule.fact == "number":
        at = _number_at(facts.numbers, words)
    else:
        found = _first(rule.says, words)
        at = found[0] if found else None
    by = min(rule.within_s or facts.seconds, facts.seconds)
    if at is None or at > by:
        return RuleOutcome(rule.title, RuleVerdict.BROKEN, round(by, 1))
    return RuleOutcome(rule.title, RuleVerdict.KEPT, at)


def _first(phrases: Sequence[str], words: Sequence[SpokenWord]) -> tuple[float, str] | None:
    """The second of the first phrase that was said, in any form of its words, and as it was said."""
    said = [stem(plain(word.text)) for word in words]
    wanted = [tokens(phrase) for phrase in phrases]
    for at, word in enumerate(words):
        for phrase in wanted:
            if said[at : at + len(phrase)] == phrase:
                return word.start, " ".join(one.text for one in words[at : at + len(phrase)])
    return None


def _number_at(numbers: Sequence[str], words: Sequence[SpokenWord]) -> float | None:
    texts = [word.text for word in words]
    for first, behind in numerals.runs(texts, FILLERS):
        written = numerals.digits(texts[first:behind])
        if any(number in written for number in numbers):
            return words[first].start
    return None
