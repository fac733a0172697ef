"""What a call card shows, as frozen values: everything is read and decided before a template sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from grid.connections import ConnectionStatus
from grid.models import Outage
from ivr.live.view import LiveCall


@dataclass(frozen=True, slots=True)
class CallFacts:
    """The call itself, from its record or, before that is stored, from the board."""

    id: str
    company_id: str
    branch: str
    caller: str | None
    """E.164; None: withheld, or no number."""
    caller_raw: str
    linkedid: str
    started_at: datetime
    ended_at: datetime | None
    live: LiveCall | None
    """While the caller is on the line."""


@dataclass(frozen=True, slots=True)
class Place:
    """A premise with whom it belongs to and what is off there."""

    premise_id: str
    address: str
    name: str
    account: str
    kind: str
    """Of the subscriber: person, company, entrepreneur."""
    branch: str
    current: tuple[Outage, ...] = ()
    planned: tuple[Outage, ...] = ()


@dataclass(frozen=True, slots=True)
class AppealLine:
    """An appeal of this caller or of one of his premises."""

    appeal_id: str
    number: str
    """As it is written: 26-000123-4."""
    topic: str
    topic_title: str
    kind_title: str
    state_title: str
    received_at: datetime
    deadline: date
    urgency: str
    """late, soon or empty: the colour of its deadline."""
    name: str
    text: str
    """The beginning of what was told."""
    same: str
    """What it has in common with this call: phone, premise, call."""
    premise_id: str | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be calling, with every reason to think so. Only the agent chooses."""

    ref: str
    """`premise:ID`, `application:NUMBER` or `appeal:ID`."""
    name: str
    address: str
    account: str
    kind: str
    reasons: tuple[str, ...]
    confirmed: bool = False
    """By the caller's own keys in the menu."""
    premise_id: str | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The candidate that somebody chose for this call."""

    ref: str
    name: str
    address: str
    account: str
    kind: str
    reasons: tuple[str, ...]
    premise_id: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MenuStep:
    """What the caller heard in one place of the menu, and what he did then."""

    at: datetime
    heard: str
    did: str
    """Empty: he only listened."""


@dataclass(frozen=True, slots=True)
class Journey:
    """The way through the menu."""

    steps: tuple[MenuStep, ...]
    keys: tuple[str, ...]
    """What was pressed, in short: «2 нет света», «счёт 120034001»."""
    topic: str
    """The topic of the register that the way led to, or empty."""
    accounts: tuple[str, ...]
    """Account numbers that were keyed, the last one first."""
    applications: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]
    """Words of the questions about an address with the key that answered each."""


@dataclass(frozen=True, slots=True)
class LastCall:
    """An earlier call from the same number."""

    call_id: str
    at: datetime
    about: str
    outcome: str
    answered_by: str
    chosen: str


@dataclass(frozen=True, slots=True)
class Note:
    """A remark of an agent."""

    at: datetime
    author: str
    text: str
    this_call: bool


@dataclass(frozen=True, slots=True)
class Spoken:
    """Something the caller said to the robot; the fields are those a player asks for."""

    id: str
    started_at: datetime
    seconds: float | None
    channels: int
    kind: str


@dataclass(frozen=True, slots=True)
class Callback:
    """A promise to call back that is still owed."""

    promise_id: str
    due_at: datetime
    late: bool
    this_call: bool


@dataclass(frozen=True, slots=True)
class CardView:
    """The whole card."""

    call: CallFacts
    candidates: tuple[Candidate, ...]
    chosen: Chosen | None
    places: tuple[Place, ...]
    appeals: tuple[AppealLine, ...]
    """Open ones."""
    registered: tuple[AppealLine, ...]
    """Those of this very call, whatever became of them."""
    applications: tuple[ConnectionStatus, ...]
    last_calls: tuple[LastCall, ...]
    journey: Journey
    notes: tuple[Note, ...]
    spoken: tuple[Spoken, ...]
    callbacks: tuple[Callback, ...]
