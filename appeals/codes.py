"""The register's closed lists, as the database stores them: states, channels, kinds, promises, tasks."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class AppealState(StrEnum):
    """The state of an appeal; `appeals/casework/lifecycle.py` holds the transitions."""

    REGISTERED = "registered"
    IN_WORK = "in-work"
    ASKED = "asked"
    """Waiting for a department or a third party."""
    CONSIDERED = "considered"
    ANSWERED = "answered"
    CLOSED = "closed"
    REFUSED = "refused"
    JOINED = "joined"
    """To an earlier appeal on the same matter."""
    WITHDRAWN = "withdrawn"


OPEN_STATES: Final = (AppealState.REGISTERED, AppealState.IN_WORK, AppealState.ASKED, AppealState.CONSIDERED)
"""The states in which an answer is still owed."""


class AppealChannel(StrEnum):
    """The way an appeal came in; its columns of forms 4.1 and 4.9 are in `appeals/data/taxonomy.yaml`."""

    OFFICE = "office"
    PHONE = "phone"
    WEB_FORM = "web_form"
    ACCOUNT = "account"
    """The applicant's account on the company's site."""
    EMAIL = "email"
    POST = "post"
    OTHER = "other"


class AppealKind(StrEnum):
    """What an appeal asks for; its group and what it must carry are in `appeals/data/taxonomy.yaml`."""

    APPEAL = "appeal"
    COMPLAINT = "complaint"
    REQUEST = "request"
    CLAIM = "claim"
    """On the reliability and quality of supply (ПП РФ № 55)."""
    THEFT = "theft"
    TRUST = "trust"
    """A report to the trust line: for the security service only."""


class PromiseKind(StrEnum):
    """What an applicant was told would happen."""

    ANSWER = "answer"
    CALLBACK = "callback"
    RESTORATION = "restoration"
    VISIT = "visit"
    MEASURE = "measure"
    TASK = "task"


class PromiseOutcome(StrEnum):
    """How a promise ended."""

    KEPT = "kept"
    BROKEN = "broken"
    """Kept too late, or not at all."""
    VOID = "void"
    """Nobody is owed it any more."""


class TaskKind(StrEnum):
    """Whom a task was given to."""

    SUBTASK = "subtask"
    """A department of our own."""
    REFERRAL = "referral"
    """A third party, with return control."""
