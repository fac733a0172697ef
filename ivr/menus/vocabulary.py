"""What a menu may name: actions with their exits, prompts with their seconds, the company's topics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from gridline.companies import Company

NOTICE, DANGER, PERSON = "play_notice", "danger", "operator"
"""The actions that the rules of a menu know by name."""

EXITS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        NOTICE: frozenset({"done", "failed"}),
        "find_branch": frozenset({"done", "operator", "failed"}),
        "open_matters": frozenset({"said", "none", "failed"}),
        DANGER: frozenset({"queued", "failed"}),
        "power_status": frozenset({"done", "report", "operator", "failed"}),
        "report_outage": frozenset({"done", "operator", "failed"}),
        "connection_status": frozenset({"done", "operator", "failed"}),
        "register_complaint": frozenset({"done", "operator", "failed"}),
        "appeal_status": frozenset({"done", "operator", "failed"}),
        PERSON: frozenset({"closed", "unanswered", "failed"}),
        "leave_message": frozenset({"done", "silent", "operator", "failed"}),
    }
)
"""Every action and the exits a menu must lead on from; `failed` is in each, for whatever nobody foresaw."""

BY_KEY = frozenset({("leave_message", "operator")})
"""Exits that only a key of the caller's leads to: a way round through them is not endless, and counts as a key."""

WITH_TOPIC = frozenset({PERSON, "leave_message", "register_complaint"})
"""Actions that the word `topic` may stand beside."""

WRONG_KEY, NOTHING_HEARD = "wrong-key", "nothing-heard"
"""Prompts the engine itself says before it asks again."""


@dataclass(frozen=True)
class Vocabulary:
    """The names one company's menu may use."""

    prompts: Mapping[str, float]
    """Id -> seconds for this company, of prompts without values to be filled: measured, or estimated
    where nothing was synthesised yet."""
    topics: frozenset[str]
    """The company's topics; each has its queue and its hours in the company's file."""
    actions: Mapping[str, frozenset[str]] = field(default_factory=lambda: EXITS)
    with_topic: frozenset[str] = WITH_TOPIC

    @classmethod
    def of(cls, company: Company, prompts: Mapping[str, float]) -> Vocabulary:
        """The vocabulary of a company, given how long each prompt lasts in its wording."""
        return cls(prompts=prompts, topics=frozenset(company.topics))
