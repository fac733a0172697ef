"""The closed lists of reviews, as the database stores them, with their words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

LEASE: Final = timedelta(hours=1)
"""How long a claimed talk waits for its reviewer; each grade begins the hour anew."""
ANSWER_DAYS: Final = 3
"""Working days an agent has to answer a review, and the second person to decide a dispute."""


class Risk(StrEnum):
    """Why a talk should be heard, and that it was drawn by lot."""

    DANGER = "danger"
    COMPLAINT = "complaint"
    LONG = "long"
    REPEATED = "repeated"
    LOW_SURVEY = "low-survey"
    """The caller rated the talk low."""
    LOT = "lot"


RISK_TITLES: Final[Mapping[Risk, str]] = MappingProxyType(
    {
        Risk.DANGER: "опасность",
        Risk.COMPLAINT: "жалоба",
        Risk.LONG: "долгий разговор",
        Risk.REPEATED: "звонит снова",
        Risk.LOW_SURVEY: "низкая оценка звонящего",
        Risk.LOT: "по жребию",
    }
)
RISK_WEIGHTS: Final[Mapping[Risk, int]] = MappingProxyType(
    {Risk.DANGER: 40, Risk.COMPLAINT: 30, Risk.LOW_SURVEY: 25, Risk.REPEATED: 15, Risk.LONG: 10}
)
"""Ours, no act's: the talk with the greatest sum is heard first."""


CALLED_OUT: Final = "out"
"""How an address of a page names the talks of calls that agents made, beside the queues; stored is an empty queue."""


class ReviewState(StrEnum):
    """How far a review got."""

    JUDGING = "judging"
    FINISHED = "finished"


class AgentAnswer(StrEnum):
    """What the agent said of it."""

    ACCEPTED = "accepted"
    DISPUTED = "disputed"


ANSWER_TITLES: Final[Mapping[AgentAnswer, str]] = MappingProxyType(
    {AgentAnswer.ACCEPTED: "согласен", AgentAnswer.DISPUTED: "оспорил"}
)
