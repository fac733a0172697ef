"""What a menu may name: actions with their exits, prompts with their seconds, the company's topics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gridline.companies import Company
from ivr.voice.prompts import PromptBook

NOTICE, DANGER, POWER, PERSON = "play_notice", "danger", "no_supply", "operator"
"""The actions that the menu rules refer to by name."""

FAILED = "failed"
"""An exit of every action: where the call goes after an unexpected failure."""

WRONG_KEY, NOTHING_HEARD, BY_KEYPAD = "wrong-key", "nothing-heard", "by-keypad"
"""Prompts the engine itself plays before it asks again."""


def asks_again(key: str, bad: int) -> str:
    """What is said before a question is asked again: why; after the second bad try, in plain words, how to answer."""
    if bad > 1:
        return BY_KEYPAD
    return WRONG_KEY if key else NOTHING_HEARD


@dataclass(frozen=True)
class Signature:
    """What a menu must know about an action to lead into it and out of it."""

    exits: frozenset[str]
    """Every exit; each needs its line in the menu. FAILED is always one of them."""
    takes_topic: bool = False
    """Whether it accepts the word `topic`."""
    exits_by_key: frozenset[str] = frozenset()
    """Exits reached only by a key press: a loop through them is not endless, and they count as a key."""


@dataclass(frozen=True)
class Vocabulary:
    """The names a company's menu may use."""

    prompts: Mapping[str, float]
    """Id -> seconds for this company, for prompts without placeholders: measured, or estimated
    where nothing has been synthesised yet."""
    topics: frozenset[str]
    """The company's topics; each has its queue and its hours in the company's file."""
    actions: Mapping[str, Signature]

    @classmethod
    def of(cls, company: Company, prompts: Mapping[str, float], actions: Mapping[str, Signature]) -> Vocabulary:
        """The vocabulary of a company, given how long each prompt lasts in its wording."""
        return cls(prompts=prompts, topics=frozenset(company.topics), actions=actions)

    @classmethod
    def by_book(cls, company: Company, book: PromptBook, actions: Mapping[str, Signature]) -> Vocabulary:
        """The same with prompts as long as their letters say: for checks before anything is synthesised."""
        seconds = {id: entry.estimate_s(company.id) for id, entry in book.items() if not entry.placeholders}
        return cls.of(company, seconds, actions)
