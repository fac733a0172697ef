"""What a call card shows, as frozen values: everything is read and decided before a template sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from agent_console.calls.calls import FoundCall
from agent_console.calls.journey import Journey
from grid.connections import ConnectionStatus
from grid.ledger import SupplyLedger
from grid.outages.models import Outage, TellingWay
from recordings.models import RecordingKind


@dataclass(frozen=True, slots=True)
class CardPremise:
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
    checking: tuple[Outage, ...] = ()
    """Said to be over, and confirmed by nobody."""
    told: Mapping[str, Mapping[TellingWay, int]] = field(default_factory=dict)
    """By outage (id) and way: how many were told of it."""
    ledger: SupplyLedger | None = None
    """Its breaks this year; where several premises are shown, of the first ones."""


class Same(StrEnum):
    """What an appeal has in common with the call a card is about."""

    PHONE = "phone"
    PREMISE = "premise"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class CardAppeal:
    """An appeal of this caller or about one of their premises."""

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
    same: Same
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen(Candidate):
    """The candidate that somebody chose for a call."""

    by: str
    """The name of who chose."""
    at: datetime


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
class SpokenRecording:
    """Something the caller said to the robot; the fields are those a player asks for."""

    id: str
    started_at: datetime
    seconds: float | None
    channels: int
    kind: RecordingKind


@dataclass(frozen=True, slots=True)
class Callback:
    """A call that they are owed."""

    item_id: str
    promised: bool
    """Else they were lost in a queue, and nobody has promised anything."""
    due_at: datetime
    late: bool
    attempts: int
    this_call: bool


@dataclass(frozen=True, slots=True)
class CardView:
    """The whole card."""

    call: FoundCall
    candidates: tuple[Candidate, ...]
    chosen: Chosen | None
    places: tuple[CardPremise, ...]
    appeals: tuple[CardAppeal, ...]
    """Open ones."""
    registered: tuple[CardAppeal, ...]
    """Those of this very call, whatever became of them."""
    applications: tuple[ConnectionStatus, ...]
    last_calls: tuple[LastCall, ...]
    journey: Journey
    consultation: str
    """What they said of themselves when they asked how to connect, in words; or empty."""
    notes: tuple[Note, ...]
    spoken: tuple[SpokenRecording, ...]
    callbacks: tuple[Callback, ...]
