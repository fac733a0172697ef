"""What a menu may name: actions with their exits, prompts with their seconds, the company's topics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gridline.companies import Company

NOTICE, DANGER, PERSON = "play_notice", "danger", "operator"
"""The actions that the rules of a menu know by name."""

FAILED = "failed"
"""An exit of every action: where a call goes on from whatever nobody foresaw."""

WRONG_KEY, NOTHING_HEARD = "wrong-key", "nothing-heard"
"""Prompts the engine itself says before it asks again."""


@dataclass(frozen=True)
class Signature:
    """What a menu must know of an action to lead into it and on from it."""

    exits: frozenset[str]
    """Every way on; each needs its line in the menu. FAILED is always one of them."""
    takes_topic: bool = False
    """Whether the word `topic` may stand beside it."""
    exits_by_key: frozenset[str] = frozenset()
    """Exits that only a key of the caller's leads to: a way round through them is not endless, and counts as a key."""


@dataclass(frozen=True)
class Vocabulary:
    """The names one company's menu may use."""

    prompts: Mapping[str, float]
    """Id -> seconds for this company, of prompts without values to be filled: measured, or estimated
    where nothing was synthesised yet."""
    topics: frozenset[str]
    """The company's topics; each has its queue and its hours in the company's file."""
    actions: Mapping[str, Signature]

    @classmethod
    def of(cls, company: Company, prompts: Mapping[str, float], actions: Mapping[str, Signature]) -> Vocabulary:
        """The vocabulary of a company, given how long each prompt lasts in its wording."""
        return cls(prompts=prompts, topics=frozenset(company.topics), actions=actions)
